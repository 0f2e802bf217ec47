/** Many clients come at once: the queue of those that wait to be accepted has to take them all. */
import type { Model } from '../models/model.ts';
import { isOSError } from '../models/userland/errors.ts';
import { patiently } from '../models/userland/patience.ts';
import { retrying, Socket } from '../models/userland/sockets.ts';
import { encode } from '../models/userland/text.ts';
import type { FaultName } from '../sim/kernel/choices.ts';
import { LAW_SERVED } from '../sim/laws/served.ts';
import { type Scenario, scenario } from '../sim/schedule/scenario.ts';
import { POLLIN, POLLOUT, type Program, type Sys, SysError } from '../sys/index.ts';
import { SERVER_FAULTS, type Variant, variantText } from './echo.ts';

const PORT = 65_432;
/** `listen(5)` takes six; the rest are some that are accepted meanwhile. */
const CLIENTS = 16;
/** What a client waits before it asks again, when nobody took notice of it (RFC 6298). */
const ASKS_AGAIN_MS = 1000;
/** These keep clients waiting at the door, or turn them away, whatever the server does. */
const AT_THE_DOOR: readonly FaultName[] = [
  'refuse',
  'slowConnect',
  'backlog',
  'stall',
  'reset',
  'slow',
];

export const LAW_LET_IN = 'no client has to knock twice';

/** How a crowd of clients fares. */
export interface Crowd {
  /** Are connected, or have been. */
  connected: number;
  /** Got their own byte back. */
  served: number;
}

/**
 * One task is all of them: they connect all at once, and when all are connected each sends a byte,
 * reads one, and leaves. No `sys` call waits for a single one of them.
 */
export function* crowd(sys: Sys, port: number, size: number, told: Crowd): Program {
  const visitors: Socket[] = [];
  for (let i = 0; i < size; i++) {
    const socket = yield* patiently(sys, () => Socket.create(sys));
    yield* socket.setblocking(sys, false);
    visitors.push(socket);
  }
  for (const socket of visitors) {
    try {
      yield* socket.connect(sys, { host: '127.0.0.1', port });
    } catch (error) {
      if (!isOSError(error, 'EINPROGRESS')) throw error;
    }
  }
  yield* forAll(sys, visitors, POLLOUT, function* (socket) {
    const errno = yield* sys.getsockopt(socket.fileno(), 'SO_ERROR');
    if (errno !== 0) throw new SysError('connect', errno);
    told.connected++;
  });
  for (const socket of visitors) yield* unlessGone(() => socket.send(sys, encode('a')));
  yield* forAll(sys, visitors, POLLIN, function* (socket) {
    const answer = yield* socket.recv(sys, 1024);
    if (answer.length > 0) told.served++;
    yield* socket.close(sys);
  });
}

/** What is to be done with each of them once it is ready. */
function* forAll(
  sys: Sys,
  visitors: readonly Socket[],
  events: number,
  attend: (socket: Socket) => Program,
): Program {
  const waiting = new Map(visitors.map((socket) => [socket.fileno(), socket]));
  while (waiting.size > 0) {
    const entries = [...waiting.keys()].map((fd) => ({ fd, events }));
    for (const { fd } of yield* retrying(() => sys.poll(entries))) {
      if (yield* unlessGone(() => attend(waiting.get(fd) as Socket))) waiting.delete(fd);
    }
  }
}

/** False where it was not ready after all; what a connection ends with is its own affair. */
function* unlessGone(call: () => Program<unknown>): Program<boolean> {
  try {
    yield* call();
  } catch (error) {
    if (!isOSError(error)) throw error;
    return error.code !== 'EAGAIN';
  }
  return true;
}

export function burstScenario(model: Model, variant: Variant, size: number = CLIENTS): Scenario {
  return scenario(
    `${model.id} (${variantText(variant)}): ${size} clients at once`,
    (world) => {
      const told: Crowd = { connected: 0, served: 0 };
      world.process('server').spawn('server', (sys) => model[variant](sys, { port: PORT }));
      world
        .process('crowd')
        .spawn('crowd', (sys) => crowd(sys, PORT, size, told), { afterListen: PORT });
      world.always(LAW_LET_IN, () => {
        if (told.connected === size || world.nowMs < ASKS_AGAIN_MS) return true;
        return `after ${Math.floor(world.nowMs)} ms only ${told.connected} of ${size} clients are connected`;
      });
      world.finally(LAW_SERVED, () => told.served === size || `${told.served} of ${size} were`);
    },
    {
      network: { mode: 'loopback' },
      faults:
        variant === 'asWritten' ? [] : SERVER_FAULTS.filter((name) => !AT_THE_DOOR.includes(name)),
    },
  );
}
