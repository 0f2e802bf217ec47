/**
 * Node's own network inside realm scenarios: `setupFiles: ['heddle/realm']` of vitest, `node
 * --import heddle/realm`, or `import 'heddle/realm'` before whatever loads `node:net`.
 */
import { installOnce } from './node/realm/install.ts';
import { provideNodeRealms } from './node/realm/provide.ts';

installOnce();
provideNodeRealms();

export { Realm, RealmHost, realm } from './sim/schedule/realm.ts';
