import { describe, expect, it } from 'vitest';
import { runOnLinux } from '../../src/real/linux/run.ts';
import { runOnNode } from '../../src/real/node/index.ts';
import { Run, type RunResult } from '../../src/sim/schedule/run.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import * as c from '../../src/sys/constants.ts';
import { UsageError } from '../../src/sys/errors.ts';
import { ABSENT } from '../../src/sys/fences.ts';
import type { Address, ClockId, Program, RingEntry, SocketFamily, Sys } from '../../src/sys/sys.ts';
import type { Syscall } from '../../src/sys/syscall.ts';
import { whyNoLinux } from '../real-linux/linux.ts';
import { bytes, HERE } from './harness.ts';

type Kernel = 'simulated' | 'Linux' | 'node:net';
const RUN: Readonly<Record<Kernel, (each: Scenario) => Promise<RunResult>>> = {
  simulated: async (each) => new Run(each, { strategy: new Calm() }).execute(),
  Linux: (each) => runOnLinux(each),
  'node:net': (each) => runOnNode(each),
};
const ALL = Object.keys(RUN) as Kernel[];
/** They share the kernel's own code; what is below is their sockets. */
const OURS: readonly Kernel[] = ['simulated', 'node:net'];

interface Fence {
  /** What the message has to name. */
  readonly named: string;
  readonly on: readonly Kernel[];
  readonly ask: (sys: Sys) => Program<unknown>;
}

const fences: Fence[] = [];
/** A call that needs nothing but the sys. */
const call = (named: string, make: (sys: Sys) => Syscall<unknown>, on = ALL): void => {
  fences.push({
    named,
    on,
    *ask(sys) {
      yield* make(sys);
    },
  });
};
/** One on a descriptor, made for it. */
const callOn = (
  named: string,
  open: (sys: Sys) => Syscall<number>,
  make: (sys: Sys, fd: number) => Syscall<unknown>,
  on = ALL,
): void => {
  fences.push({
    named,
    on,
    *ask(sys) {
      yield* make(sys, yield* open(sys));
    },
  });
};

const tcp = (sys: Sys): Syscall<number> => sys.socket('inet', 'stream');
const unix = (sys: Sys): Syscall<number> => sys.socket('unix', 'stream');
const counter = (sys: Sys): Syscall<number> => sys.eventfd();
const BITS = Array.from({ length: 32 }, (_, bit) => 1 << bit);

// Every flag that send, recv, sendto and recvfrom do not know, on every kind of socket that takes
// them.
const MESSAGE_FLAGS =
  c.MSG_PEEK | c.MSG_DONTWAIT | c.MSG_NOSIGNAL | c.MSG_TRUNC | c.MSG_WAITALL | c.MSG_OOB;
const NAMES: Readonly<Record<number, string>> = { 8192: 'MSG_ERRQUEUE', 32768: 'MSG_MORE' };
for (const bit of BITS.filter((each) => (each & MESSAGE_FLAGS) === 0)) {
  const flag = NAMES[bit] ?? '';
  for (const open of [tcp, unix]) {
    callOn(`send ${flag}`, open, (sys, fd) => sys.send(fd, bytes(1), bit));
    callOn(`recv ${flag}`, open, (sys, fd) => sys.recv(fd, 1, bit));
    callOn(`sendto ${flag}`, open, (sys, fd) => sys.sendto(fd, bytes(1), null, bit));
    callOn(`recvfrom ${flag}`, open, (sys, fd) => sys.recvfrom(fd, 1, bit));
  }
}

// Every command of fcntl and every status flag.
const COMMANDS = new Set([
  ...[c.F_DUPFD, c.F_DUPFD_CLOEXEC, c.F_GETFD, c.F_SETFD, c.F_GETFL, c.F_SETFL],
  ...[c.F_GETOWN, c.F_SETOWN, c.F_GETPIPE_SZ, c.F_SETPIPE_SZ],
]);
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);
for (const command of [...numbers(0, 45), ...numbers(1024, 1050)]) {
  if (COMMANDS.has(command)) continue;
  callOn(`fcntl command ${command}`, counter, (sys, fd) => sys.fcntl(fd, command));
}
/** O_LARGEFILE is the machine's own, and Linux passes it over. */
const STATUS_FLAGS =
  c.O_ACCMODE | c.O_NONBLOCK | c.O_ASYNC | c.O_APPEND | c.O_DIRECTORY | c.O_LARGEFILE;
for (const bit of BITS.filter((each) => (each & STATUS_FLAGS) === 0)) {
  callOn('fcntl F_SETFL', counter, (sys, fd) => sys.fcntl(fd, c.F_SETFL, bit));
}
// FIOASYNC, TIOCOUTQ, SIOCATMARK, FIOCLEX.
for (const request of [0x5452, 0x5411, 0x8904, 0x5451]) {
  const named = `ioctl request 0x${request.toString(16)}`;
  callOn(named, tcp, (sys, fd) => sys.ioctl(fd, request));
}

// Names of things there are none of.
for (const family of ['inet6', 'netlink', 'packet', 'vsock']) {
  call(`socket family ${family}`, (sys) => sys.socket(family as SocketFamily, 'stream'));
}
call('socket type raw', (sys) => sys.socket('inet', 'raw' as 'stream'));
call('socketpair type raw', (sys) => sys.socketpair('raw' as 'stream'));
for (const option of ['SO_BROADCAST', 'SO_PRIORITY', 'SO_BUSY_POLL', 'TCP_CORK', 'TCP_QUICKACK']) {
  for (const open of [tcp, unix]) {
    const named = `socket option ${option}`;
    callOn(named, open, (sys, fd) => sys.setsockopt(fd, option as 'SO_LINGER', 1));
    callOn(named, open, (sys, fd) => sys.getsockopt(fd, option as 'SO_LINGER'));
  }
}
call('clock boottime', (sys) => sys.clockGettime('boottime' as ClockId));
call('clock boottime', (sys) => sys.timerfdCreate('boottime' as ClockId));
const CREATION_FLAGS = c.O_CREAT | c.O_EXCL | c.O_TRUNC | c.O_DIRECTORY;
const OPEN_FLAGS = c.O_ACCMODE | c.O_NONBLOCK | c.O_CLOEXEC | c.O_APPEND | CREATION_FLAGS;
for (const bit of BITS.filter((each) => (each & OPEN_FLAGS) === 0)) {
  call(`open with flags 0o${bit.toString(8)}`, (sys) => sys.open('/dev/null', bit));
}

// Processes and signals.
for (const pid of [0, -7]) call(`waitpid(${pid})`, (sys) => sys.waitpid(pid));
for (const pid of [0, -1, -7]) call(`kill(${pid})`, (sys) => sys.kill(pid, c.SIGTERM));
for (const signal of [c.SIGSTOP, 20, 21, 22]) {
  fences.push({
    named: `kill with signal ${signal}`,
    on: ALL,
    *ask(sys) {
      yield* sys.kill(yield* sys.getpid(), signal);
    },
  });
}

// Completion rings.
const ring = (named: string, entry: (fd: number) => unknown): void => {
  fences.push({
    named,
    on: OURS,
    *ask(sys) {
      const [fd] = yield* sys.socketpair();
      yield* sys.ringSubmit(yield* sys.ringSetup(4), [entry(fd) as RingEntry]);
    },
  });
};
ring('ring op fsync', (fd) => ({ op: 'fsync', fd, data: 1 }));
ring('ring recv MSG_ERRQUEUE', (fd) => ({ op: 'recv', fd, bytesMax: 1, flags: 8192, data: 1 }));
ring('ring recv MSG_WAITALL', (fd) => ({
  ...{ op: 'recv', fd, bytesMax: 2, data: 1 },
  flags: c.MSG_WAITALL,
}));
ring('ring send MSG_MORE', (fd) => ({ op: 'send', fd, bytes: bytes(1), flags: 32_768, data: 1 }));

for (const how of [c.LOCK_SH, c.LOCK_EX, c.LOCK_UN]) {
  callOn('flock of a descriptor of type', counter, (sys, fd) => sys.flock(fd, how));
}
callOn('fstat of a descriptor of type', counter, (sys, fd) => sys.fstat(fd));

// What one of them alone does not do.
call('/a/../b on Linux itself', (sys) => sys.mkdir('/a/../b'), ['Linux']);
call('ringSetup', (sys) => sys.ringSetup(4), ['Linux']);
callOn('F_SETOWN', tcp, (sys, fd) => sys.fcntl(fd, c.F_SETOWN, 1), ['Linux']);
callOn('O_ASYNC', tcp, (sys, fd) => sys.fcntl(fd, c.F_SETFL, c.O_ASYNC), ['Linux']);
call('UDP', (sys) => sys.socket('inet', 'dgram'), ['node:net']);

// Syscalls that there are none of.
for (const name of Object.keys(ABSENT)) {
  call(
    name,
    (sys) => (sys as unknown as Record<string, () => Syscall<unknown>>)[name]?.() as never,
  );
}

// Keys of options that there are none of, and values that are none.
const MISSPELT = { nonblocking: true } as object;
const odd = (address: Address): Address => ({ ...address, ...MISSPELT });
const FLAGGED: Readonly<Record<string, (sys: Sys) => Syscall<unknown>>> = {
  socket: (sys) => sys.socket('inet', 'stream', MISSPELT),
  accept: (sys) => sys.accept(3, MISSPELT),
  pipe: (sys) => sys.pipe(MISSPELT),
  socketpair: (sys) => sys.socketpair('stream', MISSPELT),
  eventfd: (sys) => sys.eventfd(0, MISSPELT),
  epollCreate: (sys) => sys.epollCreate(MISSPELT),
  timerfdCreate: (sys) => sys.timerfdCreate('monotonic', MISSPELT),
  memfdCreate: (sys) => sys.memfdCreate('m', MISSPELT),
  dup3: (sys) => sys.dup3(0, 7, MISSPELT),
  ringSetup: (sys) => sys.ringSetup(4, MISSPELT),
  waitpid: (sys) => sys.waitpid(-1, MISSPELT),
  spawn: (sys) => sys.spawn(function* () {}, MISSPELT),
  fork: (sys) => sys.fork(function* () {}, MISSPELT),
  nanosleep: (sys) => sys.nanosleep(MISSPELT),
  select: (sys) => sys.select(MISSPELT, 0),
  timerfdSettime: (sys) =>
    sys.timerfdSettime(3, { valueMs: 1, intervalMs: 0, ...MISSPELT } as {
      valueMs: 1;
      intervalMs: 0;
    }),
  sigaction: (sys) =>
    sys.sigaction(c.SIGUSR1, { handler: () => {}, ...MISSPELT } as { handler: () => void }),
  'bind address': (sys) => sys.bind(3, odd({ host: HERE, port: 1 })),
  'connect address': (sys) => sys.connect(3, odd({ path: '/a' })),
  'sendto address': (sys) => sys.sendto(3, bytes(1), odd({ path: '/a' })),
};
for (const [name, make] of Object.entries(FLAGGED)) call(`${name} option nonblocking`, make);
call('dup3 option nonblock', (sys) => sys.dup3(0, 7, { nonblock: true } as object));
call('epollCreate option nonblock', (sys) => sys.epollCreate({ nonblock: true } as object));
call('pipe option 0', (sys) => sys.pipe(['nonblock'] as object));
ring('ring recv option bytes', (fd) => ({ op: 'recv', fd, bytes: 10, data: 1 }));
ring('ring accept option cloexec', (fd) => ({ op: 'accept', fd, cloexec: true, data: 1 }));

const none = (value: unknown): never => value as never;
const WRONG: readonly (readonly [named: string, make: (sys: Sys) => Syscall<unknown>])[] = [
  [
    'socket: its options must be an object, not 2048',
    (sys) => sys.socket('inet', 'stream', none(2048)),
  ],
  ['nanosleep: its options must be an object, not 50', (sys) => sys.nanosleep(none(50))],
  ['nanosleep: its time must be a number, not NaN', (sys) => sys.nanosleep({ ms: Number.NaN })],
  ['recv: its number of bytes must be', (sys) => sys.recv(0, -1)],
  ['read: its number of bytes must be', (sys) => sys.read(0, 1.5)],
  ['recvfrom: its number of bytes must be', (sys) => sys.recvfrom(0, none(undefined))],
  ['send: its bytes must be a Uint8Array', (sys) => sys.send(1, none('hello'))],
  ['write: its bytes must be a Uint8Array', (sys) => sys.write(1, none(undefined))],
  ['sendto: its bytes must be a Uint8Array', (sys) => sys.sendto(1, none([1]), null)],
  ['bind: its address must be', (sys) => sys.bind(3, none({ port: 7000 }))],
  ['bind address: its options must be an object, not null', (sys) => sys.bind(3, none(null))],
  ['connect: its address must be', (sys) => sys.connect(3, none({ host: HERE, port: '80' }))],
  ['connect: its address must be', (sys) => sys.connect(3, none({ host: HERE, path: '/a' }))],
  [
    'setsockopt SO_REUSEADDR: its value must be',
    (sys) => sys.setsockopt(3, 'SO_REUSEADDR', none(true)),
  ],
  ['poll: its entries must be', (sys) => sys.poll([none({ fd: 0, event: c.POLLIN })], 0)],
  ['poll: its timeout must be', (sys) => sys.poll([], Number.NaN)],
  [
    'timerfdSettime: its valueMs must be a number, not the BigInt 1n',
    (sys) => sys.timerfdSettime(3, none({ valueMs: 1n, intervalMs: 0 })),
  ],
  [
    'timerfdSettime: its intervalMs must be a number, not undefined',
    (sys) => sys.timerfdSettime(3, none({ valueMs: 1 })),
  ],
  ['epollCtl: its events must be', (sys) => sys.epollCtl(3, 'add', 4, none('in'))],
  ['spawn: its program must be', (sys) => sys.spawn(none(undefined), { name: 'x' })],
  ['exec: its program must be', (sys) => sys.exec(none({}))],
  ["sigaction: its action must be 'default'", (sys) => sys.sigaction(c.SIGUSR1, none('ign'))],
  ['sigaction: its handler must be a function', (sys) => sys.sigaction(c.SIGUSR1, none({}))],
];
for (const [named, make] of WRONG) call(named, make);

/**
 * What is wrong with a fence: undefined if the program that ran into it was told so, with its name.
 */
async function complaint(kernel: Kernel, { named, ask }: Fence): Promise<string | undefined> {
  const each = scenario(named, (world) => {
    world.process('p').spawn('p', function* (sys) {
      yield* ask(sys);
    });
  });
  const { failure } = await RUN[kernel](each);
  if (failure?.error instanceof UsageError && failure.message.includes(named)) return;
  return `${named}: ${failure?.message ?? 'passed over in silence'}`;
}

describe.each(ALL.filter((kernel) => kernel !== 'Linux' || whyNoLinux === undefined))(
  'on %s',
  (kernel) => {
    const asked = fences.filter(({ on }) => on.includes(kernel));

    it('what is not there fails with a message that names it', async () => {
      expect(asked.length).toBeGreaterThan(300);
      const complaints: string[] = [];
      for (const fence of asked) {
        const what = await complaint(kernel, fence);
        if (what !== undefined) complaints.push(what);
      }
      expect(complaints).toEqual([]);
    }, 120_000);
  },
);
