import { createRequire } from 'node:module';
import { HOW_TO_INSTALL, provideRealms } from '../../sim/schedule/runtime/realm-run.ts';
import { activeRuntime } from '../../sim/schedule/runtime/virtual-runtime.ts';
import { UsageError } from '../../sys/errors.ts';
import type { Internal } from '../guest/internals.ts';
import { installed, Seam } from './seam.ts';
import { Session } from './session.ts';

let seam: Seam | undefined;

/**
 * Realm scenarios run on Node's own library wherever that is installed. Where it is not, a body
 * that reaches for the network is told.
 */
export function provideNodeRealms(): void {
  provideRealms((run, runtime) => {
    const found = installed();
    if (found === undefined) {
      refuseRealNetwork();
      return undefined;
    }
    if (seam?.present !== found.present) seam = new Seam(found);
    return new Session(seam, run, runtime);
  }, outside);
}

function outside<T>(code: () => T): T {
  const found = installed();
  return found === undefined ? code() : found.present.without(code);
}

/** Where programs reach for the network of the real machine. */
const REACHING: readonly [module: 'net' | 'dgram', name: string, methods: readonly string[]][] = [
  ['net', 'Server', ['listen']],
  ['net', 'Socket', ['connect']],
  ['dgram', 'Socket', ['bind', 'send', 'connect']],
];

let refuses = false;

/** A real socket would be none of the run's, and the run would wait for it in vain. */
function refuseRealNetwork(): void {
  if (refuses) return;
  refuses = true;
  // Not before: who has no such scenario need not load them.
  const require = createRequire(import.meta.url);
  const modules = { net: require('node:net'), dgram: require('node:dgram') } as Internal;
  for (const [module, name, methods] of REACHING) {
    const { prototype } = modules[module][name];
    for (const method of methods) {
      const real = prototype[method];
      prototype[method] = function (this: Internal, ...args: Internal[]): Internal {
        if (activeRuntime()?.world.isRealm === true && installed() === undefined) {
          throw new UsageError(
            `${module}.${name}.${method} was called in a realm without Node's own network. ${HOW_TO_INSTALL}`,
          );
        }
        return real.apply(this, args);
      };
    }
  }
}
