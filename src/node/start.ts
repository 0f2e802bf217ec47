/**
 * What `heddle/node` is once it is built: loads the bundle beside it, `preload.cjs`, together with
 * the code that V8 has made of it before. To compile it again would be more than half of the time
 * that the preload adds to a program's start.
 *
 * The code is kept beside the bundle, one file for each version of Node: V8 refuses what another V8
 * has made. Where the folder cannot be written, each start compiles. (`module.enableCompileCache`
 * does the same, but for the program's own modules too.)
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { refuseOtherContexts } from './other-contexts.ts';
import type { simulation as Simulated } from './preload.ts';

const require = createRequire(import.meta.url);
// Not by `import`, which looks at each export of node:fs and loads Node's streams with that.
const fs = require('node:fs') as typeof import('node:fs');
const vm = require('node:vm') as typeof import('node:vm');

const BUNDLE = fileURLToPath(new URL('preload.cjs', import.meta.url));
const CODE = `${BUNDLE}.${process.version}-${process.arch}`;
/** Named before the program's process id is a simulated one. */
const FRESH = `${CODE}.${process.pid}`;

interface Exports {
  simulation: typeof Simulated;
}

function read(path: string): Buffer | undefined {
  try {
    return fs.readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Under another name first: somebody may be reading. */
function keep(code: Buffer): void {
  try {
    fs.writeFileSync(FRESH, code);
    fs.renameSync(FRESH, CODE);
  } catch {
    // A folder that cannot be written.
  }
}

function load(): Exports {
  const source = `(function (exports, require, module, __filename) {${fs.readFileSync(BUNDLE, 'utf8')}\n})`;
  const cachedData = read(CODE);
  const script = new vm.Script(source, {
    filename: BUNDLE,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module = { exports: {} as Exports };
  script.runInThisContext()(module.exports, require, module, BUNDLE);
  // By now it has run, and what it needs at the start is compiled.
  if (cachedData === undefined || script.cachedDataRejected === true) {
    keep(script.createCachedData());
  }
  return module.exports;
}

refuseOtherContexts(vm, 'heddle/node');
export const simulation: Exports['simulation'] = load().simulation;
