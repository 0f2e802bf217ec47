/**
 * Node's own network inside realm scenarios: `setupFiles: ['heddle/realm']` of vitest, `node
 * --import heddle/realm`, or `import 'heddle/realm'` before whatever loads `node:net`.
 */
import vm from 'node:vm';
import { refuseOtherContexts } from './node/other-contexts.ts';
import { installOnce } from './node/realm/install.ts';
import { provideNodeRealms } from './node/realm/provide.ts';

refuseOtherContexts(vm, 'heddle/realm');
installOnce();
provideNodeRealms();

export { Realm, RealmHost, realm } from './sim/schedule/realm.ts';
