/**
 * Laws that concern one architecture: what its process leaves behind, and what it says in its own
 * log.
 */
import { noZombieLaw } from '../sim/laws/children.ts';
import { LAW_NO_SPIN, noSpinLaw, watchSpin } from '../sim/laws/spin.ts';
import { noStallLaw } from '../sim/laws/stalls.ts';
import type { World } from '../sim/schedule/world.ts';

export const LAW_OWN_NAME = 'what the server logs about a connection names that connection';
export const LAW_ORDERLY_END = 'the end of a stream is no error';

/** Longer than that nobody is kept waiting by somebody else's callback. */
const STALL_MS_MAX = 20;

export const LAW_CAUGHT = 'whatever a client does, nobody dies of it';

/** What Python prints of an exception that nothing has caught. */
const UNCAUGHT = /^Traceback \(most recent call last\):\n(.*)$/m;

/** asyncio says so, pauses, and goes on. */
const HANDLED = 'socket.accept() out of system resource\nTraceback';

/** No thread, child or coroutine of a server ends with an exception that nothing catches. */
export function caughtLaw(world: World): void {
  world.finally(LAW_CAUGHT, () => caught(world));
}

function caught(world: World): true | string {
  const output = world.output('server').replaceAll(HANDLED, '');
  const [, exception] = UNCAUGHT.exec(output) ?? [];
  return exception === undefined || `it died of an exception that nothing catches: ${exception}`;
}

const PEER = String.raw`\('127\.0\.0\.1', \d+\)`;
const STARTED = String.raw`Server started at 127\.0\.0\.1:\d+`;
const TEXT = '[A-Za-z, ]*';

/** Lines that several threads print, by the id of the model. */
export const LOG_LINES: Readonly<Record<string, RegExp>> = {
  threaded: new RegExp(`^(${STARTED}|Connected by ${PEER}|Received from ${PEER}: ${TEXT})$`),
  'threaded-queue': new RegExp(
    `^(${STARTED}|Connected by ${PEER}|Processed message from ${PEER}: ${TEXT})$`,
  ),
  'got-threaded': new RegExp(String.raw`^(connect from ${PEER}|connection closed\.)$`),
};

/** By the id of the model; each client connects once. */
export const OWN_LAWS: Readonly<Record<string, (world: World, clients: number) => void>> = {
  'threaded-queue': spinLastLaw,
  nonblocking: (world) => noSpinLaw(world),
  'coroutine-scheduler': (world) => noSpinLaw(world),
  'time-sleep': (world) => noStallLaw(world, 'server', STALL_MS_MAX),
  fork: (world) => noZombieLaw(world, 'server'),
  'select-queues': ownNameLaw,
  gevent: orderlyEndLaw,
};

/**
 * Where a task spins, a run has no end at which it could be judged who has died: it is judged once
 * nothing but the spin is left.
 */
function spinLastLaw(world: World): void {
  const spins = watchSpin(world);
  let spin: string | undefined;
  world.always(LAW_CAUGHT, () => {
    spin = spins();
    return spin === undefined || caught(world);
  });
  world.always(LAW_NO_SPIN, () => spin ?? true);
}

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
 * A handler meets the end of its stream or an error, one of them and once: whoever goes on after
 * the end of a stream meets it again, and then an error of its own making. The log does not say
 * which connection a line is about, so they are counted.
 */
function orderlyEndLaw(world: World, clients: number): void {
  world.finally(LAW_ORDERLY_END, () => {
    const lines = world.output('server').split('\n');
    const ends = lines.filter((line) => line === "recv: b''").length;
    const errors = lines.filter((line) => line.startsWith('[Errno '));
    if (ends + errors.length <= clients) return true;
    const met = errors.length === 0 ? 'no error' : errors.join(', ');
    return `of at most ${clients} connections the server met ${ends} ends of a stream, and ${met}`;
  });
}
