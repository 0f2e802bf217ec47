import { describe, it } from 'vitest';
import { runOnLinux } from '../../src/real/linux/run.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import * as c from '../../src/sys/constants.ts';
import { SysError } from '../../src/sys/errors.ts';
import type { InetAddress, Program, Sys } from '../../src/sys/sys.ts';
import type { Syscall } from '../../src/sys/syscall.ts';
import { onLinux, whyNoLinux } from '../real-linux/linux.ts';

/** A law's program: it asserts, and where it gives a value, that is what the law is about. */
type LawBody = (sys: Sys) => Program<unknown>;

interface Law {
  /** Holds on the simulated kernel and on Linux. */
  (name: string, body: LawBody): void;
  /** Holds on the simulated kernel; Linux cannot be asked, for the reason given. */
  simulated(because: string, name: string, body: LawBody): void;
}

const NETWORK = { mode: 'loopback' } as const;

function lawScenario(name: string, body: LawBody): Scenario {
  return scenario(
    name,
    (world) => {
      world.process('p').spawn(
        'p',
        function* (sys) {
          yield* body(sys);
          // Sleepers that the law has left behind end with their process.
          yield* sys.exit(0);
        },
        { daemon: false },
      );
    },
    { network: NETWORK },
  );
}

function throwFailure(failure: { error?: unknown; message: string } | undefined): void {
  if (failure !== undefined) throw failure.error ?? new Error(failure.message);
}

/** Run a program on the simulated kernel: loopback, the calm strategy. Gives its result. */
export function runSimulated<T>(
  body: (sys: Sys) => Program<T>,
  network: Scenario['options']['network'] = NETWORK,
): T {
  let result: { value: T } | undefined;
  const keeping: LawBody = function* (sys) {
    result = { value: yield* body(sys) };
  };
  const { failure } = new Run(
    { ...lawScenario('program', keeping), options: { network: network as typeof NETWORK } },
    { strategy: new Calm() },
  ).execute();
  throwFailure(failure);
  return (result as { value: T }).value;
}

/** The laws of one object, written once and held against both kernels. */
export function laws(subject: string, define: (law: Law) => void): void {
  describe(`${subject}, simulated`, () => {
    const law = ((name, body) => {
      it(name, () => void runSimulated(body));
    }) as Law;
    law.simulated = (_, name, body) => law(name, body);
    define(law);
  });
  describe.skipIf(whyNoLinux !== undefined)(onLinux(`${subject}, on Linux`), () => {
    const law = ((name, body) => {
      it(name, async () => throwFailure((await runOnLinux(lawScenario(name, body))).failure));
    }) as Law;
    law.simulated = (because, name) => it.skip(`${name} [simulated only: ${because}]`);
    define(law);
  });
}

// ---- what programs of laws are made of ----

/** What a call gives, or the name of the error that it throws. */
export function* outcome<T>(call: Syscall<T>): Program<T | string> {
  try {
    return yield* call;
  } catch (error) {
    if (error instanceof SysError) return error.code;
    throw error;
  }
}

const ALL = c.POLLIN | c.POLLPRI | c.POLLOUT | c.POLLRDHUP;

/** The readiness of a descriptor now, in words. */
export function* mask(sys: Sys, fd: number): Program<string> {
  const [ready] = yield* sys.poll([{ fd, events: ALL }], 0);
  const seen = ALL | c.POLLERR | c.POLLHUP | c.POLLNVAL;
  return c.pollMaskText((ready?.revents ?? 0) & seen);
}

/** What epoll_wait reports without waiting, as `fd:MASK`. */
export function* reported(sys: Sys, epoll: number, eventsMax = 16): Program<string> {
  const events = yield* sys.epollWait(epoll, eventsMax, 0);
  return events.map(({ data, events: bits }) => `${data}:${c.pollMaskText(bits)}`).join(' ');
}

/**
 * Time for what is under way to arrive, and for others to fall asleep: twice, in case the machine
 * itself had paused.
 */
export function* pause(sys: Sys, ms = 3): Program {
  yield* sys.nanosleep({ ms });
  yield* sys.nanosleep({ ms: 1 });
}

export const HERE = '127.0.0.1';
const NONBLOCK = { nonblock: true };

export const bytes = (textOrSize: string | number): Uint8Array =>
  typeof textOrSize === 'number'
    ? new Uint8Array(textOrSize)
    : new TextEncoder().encode(textOrSize);

export const text = (given: Uint8Array | string): string =>
  typeof given === 'string' ? given : new TextDecoder().decode(given);

/** What recv gives: the text, or the error's name. */
export function* heard(sys: Sys, fd: number, bytesMax = 100, flags = 0): Program<string> {
  return text(yield* outcome(sys.recv(fd, bytesMax, flags)));
}

/** A non-blocking listener on a port of the kernel's choosing. */
export function* listening(sys: Sys, backlog = 5): Program<{ fd: number; address: InetAddress }> {
  const fd = yield* sys.socket('inet', 'stream', NONBLOCK);
  yield* sys.bind(fd, { host: HERE, port: 0 });
  yield* sys.listen(fd, backlog);
  return { fd, address: (yield* sys.getsockname(fd)) as InetAddress };
}

/** Start a non-blocking connect and give it time. */
export function* connecting(sys: Sys, address: InetAddress): Program<number> {
  const fd = yield* sys.socket('inet', 'stream', NONBLOCK);
  yield* outcome(sys.connect(fd, address));
  yield* pause(sys);
  return fd;
}

export interface TcpPair {
  readonly listener: number;
  readonly address: InetAddress;
  readonly client: number;
  readonly server: number;
}

/** An established connection, non-blocking at both ends. */
export function* tcpPair(sys: Sys): Program<TcpPair> {
  const { fd: listener, address } = yield* listening(sys);
  const client = yield* connecting(sys, address);
  yield* outcome(sys.connect(client, address));
  const { fd: server } = yield* sys.accept(listener, NONBLOCK);
  return { listener, address, client, server };
}

/** Close with an RST. */
export function* reset(sys: Sys, fd: number): Program {
  yield* sys.setsockopt(fd, 'SO_LINGER', 0);
  yield* sys.close(fd);
  yield* pause(sys);
}

/** A port of the loopback address on which nobody listens. */
export function* deafAddress(sys: Sys): Program<InetAddress> {
  const { fd, address } = yield* listening(sys);
  yield* sys.close(fd);
  return address;
}

/** Write until the descriptor is full; gives how many bytes went in. */
export function* fill(sys: Sys, fd: number, chunkBytes = 4096): Program<number> {
  let written = 0;
  for (;;) {
    const taken = yield* outcome(sys.write(fd, bytes(chunkBytes)));
    if (typeof taken === 'string') return written;
    written += taken;
  }
}
