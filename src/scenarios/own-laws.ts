/** Laws that concern one architecture: what its process leaves behind, and what it says in its own log. */
import { FAULT_RESET } from '../sim/kernel/choices.ts';
import { noZombieLaw } from '../sim/laws/children.ts';
import { noSpinLaw } from '../sim/laws/spin.ts';
import type { World } from '../sim/schedule/world.ts';

export const LAW_OWN_NAME = 'what the server logs about a connection names that connection';
export const LAW_ORDERLY_END = 'the end of a stream is no error';

/** By the id of the model. */
export const OWN_LAWS: Readonly<Record<string, (world: World) => void>> = {
  'threaded-queue': (world) => noSpinLaw(world),
  nonblocking: (world) => noSpinLaw(world),
  'coroutine-scheduler': (world) => noSpinLaw(world),
  fork: (world) => noZombieLaw(world, 'server'),
  'select-queues': ownNameLaw,
  gevent: orderlyEndLaw,
};

const CLOSING = /^closing \('.*', (\d+)\) after/gm;

/** A connection is closed once, so no two lines `closing …` are about the same client. */
function ownNameLaw(world: World): void {
  world.finally(LAW_OWN_NAME, () => {
    const seen = new Set<string>();
    for (const [, port = ''] of world.output('server').matchAll(CLOSING)) {
      if (seen.has(port)) return `two connections were closed under the name of port ${port}`;
      seen.add(port);
    }
    return true;
  });
}

/**
 * A client that ends its stream, and takes all that is sent to it, meets no error of the server's. (A broken pipe is also how a
 * server may learn of a reset; so this is asked only where no fault makes one, and of an error that a rude client does not cause.)
 */
function orderlyEndLaw(world: World): void {
  world.finally(LAW_ORDERLY_END, () => {
    if ((world.faults & FAULT_RESET) !== 0) return true;
    const lines = world.output('server').split('\n');
    for (const [index, line] of lines.entries()) {
      if (line.startsWith('[Errno 32]') && lines[index - 1] === "recv: b''") {
        return `the server met ${line} after it had read the end of a stream`;
      }
    }
    return true;
  });
}
