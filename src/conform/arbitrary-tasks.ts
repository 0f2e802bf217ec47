import fc from 'fast-check';
import * as c from '../sys/constants.ts';
import { UnsupportedError } from '../sys/errors.ts';
import {
  eventsOf,
  type Intention,
  on,
  READABLE,
  sizeOf,
  WRITERS,
  type Write,
  Writer,
  type Writers,
} from './arbitrary.ts';
import { simulatedArm } from './arms.ts';
import {
  OPTIONS,
  type Program,
  SECOND_ADDRESS,
  type Step,
  WAIT_BELOW_ZERO,
  waitAt,
} from './program.ts';

/** Objects whose room is worth filling: what is sent has somewhere to go. */
const FILLED = ['writer', 'unix', 'seqpacket', 'dgram'] as const;
/** More than still fits into a connection that is full. */
const LONG_BYTES = 5000;
const CHUNK_BYTES = 4096;
const WORDS = 2;
/** Tasks 0 and 1 are there from the beginning. */
const TASKS = [0, 1, 2, 3] as const;
const PORTS = [7001, 7002] as const;
const LINGER_S = 100;
const NOTHING_MORE: readonly number[] = [];

/** A step of whichever task, not of the one whose turn it is. */
function by(writer: Writer, task: number, step: Omit<Step, 'task'>): void {
  writer.steps.push({ task, ...step });
}

const one = (
  call: Step['call'],
  fd: string,
  numbers: readonly number[] = NOTHING_MORE,
): Omit<Step, 'task'> => ({ call, fds: [fd], numbers, makes: [] });

/**
 * What may be done at a TCP connection that is full: how much has to be read before there is room
 * again, and how much still fits, is nobody's law.
 */
const OF_WHAT_IS_FULL: ReadonlySet<Step['call']> = new Set(['drain', 'close']);

const isLongWrite = ({ call, numbers }: Step): boolean =>
  call === 'write' && numbers[0] === LONG_BYTES;

const LOCKS = [c.LOCK_EX, c.LOCK_SH, c.LOCK_UN] as const;

/** What makes tasks sleep together, and what wakes them. */
const SLEEPING = {
  /** Two who take from one object, and something comes. */
  readers(writer, { x, y, z }) {
    const fd = writer.pick(x, [...READABLE]);
    if (fd === undefined) return;
    const from = writer.peerOf(fd) ?? fd;
    const call = z % 2 === 0 ? ('read' as const) : ('recv' as const);
    const numbers = call === 'read' ? [sizeOf(y) || 8] : [sizeOf(y), 0];
    for (const task of [y % 4, (y + 1) % 4]) by(writer, task, one(call, fd, numbers));
    for (let times = 0; times <= z % 3; times++) writer.add('write', [from], [8, 1 + (z % 2)]);
    if (z % 5 === 4) writer.add('close', [from]);
  },
  /** Two who send to one that is full, and somebody takes, or goes. */
  writers(writer, { x, y, z }) {
    const fd = writer.pick(x, [...FILLED]);
    if (fd === undefined) return;
    const to = writer.peerOf(fd);
    writer.add('fill', [fd], [[CHUNK_BYTES, 1000, 8192][y % 3] as number]);
    for (const task of [y % 4, (y + 1) % 4]) by(writer, task, one('write', fd, [sizeOf(z)]));
    if (to === undefined) return;
    if (z % 4 === 0) writer.add('shutdown', [z % 8 === 0 ? to : fd], [1 + (y % 3)]);
    else if (z % 4 === 1) writer.add('close', [to]);
    else if (z % 4 === 2) writer.add('drain', [to]);
    else writer.add('read', [to], [100]);
  },
  /** Likewise of TCP, where it has to be all that is taken. */
  stuffed(writer, { x, y, z }) {
    const fd = writer.pick(x, ['tcp']);
    const to = fd === undefined ? undefined : writer.peerOf(fd);
    if (fd === undefined || to === undefined) return;
    writer.add('fill', [fd], [CHUNK_BYTES]);
    for (let i = 0; i <= z % 2; i++) by(writer, (y + i) % 4, one('write', fd, [LONG_BYTES]));
    writer.add('drain', [to]);
  },
  acceptors(writer, { x, y, z }) {
    const fd = writer.pick(x, ['listener', 'gate']);
    if (fd === undefined) return;
    for (const task of [y % 4, (y + 1) % 4]) {
      const made = `x${writer.made.length}`;
      writer.made.push({ name: made, kind: 'tcp', closed: false });
      by(writer, task, { call: 'accept', fds: [fd], numbers: [z & 1], makes: [made] });
    }
    if (z % 3 === 0) writer.add('shutdown', [fd], [1 + (z % 2)]);
    if (z % 3 === 1) writer.add('close', [fd]);
  },
  watchers(writer, { x, y, z }) {
    const fd = writer.pick(x);
    if (fd === undefined) return;
    for (const task of [y % 4, (y + 1) % 4]) {
      const epoll = writer.name('epoll');
      writer.add('epollCreate', [], [], [epoll]);
      const events = [c.EPOLLIN, c.EPOLLOUT, c.EPOLLIN | c.EPOLLET, c.EPOLLIN | c.EPOLLOUT][y % 4];
      const exclusive = z % 2 === 0 ? c.EPOLLEXCLUSIVE : 0;
      writer.add('epollCtl', [epoll, fd], [1, (events as number) | exclusive]);
      by(writer, task, one('epollWait', epoll, [8, 1]));
    }
  },
  /** Several asleep on one epoll. */
  shareEpoll(writer, { x, y, z }) {
    const fd = writer.pick(x);
    const epoll = writer.pick(z << 4, ['epoll']);
    if (fd === undefined || epoll === undefined) return;
    writer.add('epollCtl', [epoll, fd], [1, eventsOf(y)]);
    for (const task of [y % 4, (y + 1) % 4]) by(writer, task, one('epollWait', epoll, [1, 1]));
  },
  /** Some who lock one file, each by an open of its own or by one that they share. */
  lockers(writer, { x, y, z }) {
    const path = x % 2;
    const [first, second] = [writer.name('file'), writer.name('file')];
    for (const name of [first, second]) {
      by(writer, y % 4, {
        call: 'open',
        fds: [],
        numbers: [c.O_RDWR | c.O_CREAT, path],
        makes: [name],
      });
    }
    writer.add('flock', [first], [LOCKS[y % 3] as number]);
    const third = z % 3 === 0 ? first : second;
    by(writer, (y + 1) % 4, one('flock', second, [LOCKS[(y >> 2) % 2] as number]));
    by(writer, (y + 2) % 4, one('flock', third, [LOCKS[(y >> 4) % 2] as number]));
    if (z % 4 === 1) writer.add('close', [first]);
    else if (z % 4 === 2) writer.add('flock', [first], [c.LOCK_SH]);
    else writer.add('flock', [first], [c.LOCK_UN]);
  },
  lock: on(['file'], 'flock', ({ y }) => [LOCKS[y % 3] as number]),
  urgent: on(['tcp', 'unix'], 'send', ({ y }) => [sizeOf(y) % 100, c.MSG_OOB]),
  takeUrgent: on(['tcp', 'unix'], 'recv', ({ y }) => [1 + (y % 4), c.MSG_OOB]),
  linger(writer, { x, z }) {
    const fd = writer.pick(x, ['tcp']);
    if (fd === undefined) return;
    writer.add('setsockopt', [fd], [OPTIONS.indexOf('SO_LINGER'), LINGER_S]);
    if (z % 2 === 0) writer.add('fill', [fd], [CHUNK_BYTES]);
    if (z % 3 === 0) writer.add('close', [fd]);
  },
  fill: on(FILLED, 'fill', ({ y }) => [[CHUNK_BYTES, 1000][y % 2] as number]),
  drain: on([...READABLE], 'drain'),
  futexWait(writer, { x, y, z }) {
    const timeout = z % 4 === 3 ? 5000 : z % 16 === 14 ? WAIT_BELOW_ZERO : -1;
    writer.add('futexWait', [], [x % WORDS, y % 3 === 2 ? 1 : 0, timeout]);
  },
  futexWake(writer, { x, y }) {
    writer.add('futexWake', [], [x % WORDS, y % 3]);
  },
  futexSet(writer, { x, y }) {
    writer.add('futexSet', [], [x % WORDS, y % 2]);
  },
  handle(writer, { x }) {
    writer.add('handle', [], [x % 2]);
  },
  tkill(writer, { x }) {
    writer.add('tkill', [], [x % 4]);
  },
  otherAddress: on(['tcp', 'listener', 'udp'], 'bind', ({ y }) => [
    SECOND_ADDRESS + (PORTS[y % 2] as number),
  ]),
  reachOther: on(['tcp', 'udp'], 'connect', ({ y }) => [SECOND_ADDRESS + (PORTS[y % 2] as number)]),
  sendOther: on(['udp'], 'sendto', ({ y }) => [
    sizeOf(y),
    0,
    SECOND_ADDRESS + (PORTS[y % 2] as number),
  ]),
  ports: on(['tcp', 'listener', 'udp'], 'setsockopt', ({ y }) => [
    OPTIONS.indexOf(y % 2 === 0 ? 'SO_REUSEPORT' : 'SO_REUSEADDR'),
    y % 3 === 2 ? 0 : 1,
  ]),
  exit(writer, { x }) {
    by(writer, 2 + (x % 2), { call: 'exit', fds: [], numbers: [], makes: [] });
  },
} satisfies { readonly [what: string]: Write };

const ALL: Writers = { ...WRITERS, ...SLEEPING };

/** How often each is meant; what is not here makes no sense with tasks that sleep. */
const WEIGHTS: { readonly [what: string]: number } = {
  connection: 8,
  unixConnection: 6,
  datagrams: 5,
  pipe: 4,
  socketpair: 5,
  eventfd: 3,
  timerfd: 1,
  timer: 2,
  socket: 2,
  send: 8,
  recv: 10,
  read: 8,
  write: 8,
  sendto: 3,
  sendtoName: 3,
  recvfrom: 4,
  accept: 5,
  connect: 5,
  connectName: 4,
  listen: 2,
  bind: 2,
  bindName: 2,
  wrongFamily: 1,
  close: 7,
  closeUnread: 3,
  reset: 3,
  shutdown: 6,
  epollAdd: 7,
  epollCtl: 4,
  epollWait: 8,
  poll: 6,
  select: 5,
  dup: 2,
  dup2: 3,
  dup3: 1,
  fcntl: 2,
  ioctl: 2,
  getsockopt: 2,
  setsockopt: 3,
  getsockname: 1,
  getpeername: 1,
  lowWater: 2,
  unlink: 1,
  readers: 7,
  writers: 7,
  stuffed: 2,
  acceptors: 4,
  watchers: 6,
  shareEpoll: 4,
  urgent: 3,
  takeUrgent: 2,
  linger: 2,
  fill: 2,
  drain: 3,
  futexWait: 2,
  futexWake: 2,
  futexSet: 1,
  handle: 1,
  tkill: 4,
  otherAddress: 2,
  reachOther: 1,
  sendOther: 2,
  ports: 3,
  exit: 1,
  openFile: 5,
  pread: 1,
  pwrite: 2,
  sync: 1,
  ftruncate: 1,
  fstat: 2,
  flock: 1,
  paths: 4,
  twoPaths: 2,
  lseek: 1,
  lockers: 5,
  lock: 3,
};

/** Calls that make descriptors, by the place of the number that says O_NONBLOCK. */
const NONBLOCK_AT: { readonly [call: string]: number } = {
  socket: 0,
  accept: 0,
  pipe: 0,
  socketpair: 0,
  timerfdCreate: 0,
  eventfd: 1,
};
const WAITING = new Set<Step['call']>(['poll', 'select', 'epollWait']);

interface Given {
  readonly watch: Program['watch'];
  /** Of each task beyond the first two: whether it is of a process of its own. */
  readonly forks: readonly boolean[];
  readonly intentions: readonly Intention[];
  /** Taken in turn where a step can be told to sleep or not. */
  readonly sleeps: readonly boolean[];
}

function programOf({ watch, forks, intentions, sleeps }: Given): Program {
  const writer = new Writer();
  // The first things are there before there are children to inherit them.
  const births = forks.map((isFork, i): Step => {
    const call = isFork ? 'fork' : 'thread';
    return { task: 0, call, fds: [], numbers: [i + 2], makes: [] };
  });
  const birthEvery = Math.max(1, Math.floor(intentions.length / (2 * (forks.length + 1))));
  intentions.forEach((intention, i) => {
    const birth = i % birthEvery === birthEvery - 1 ? births.shift() : undefined;
    if (birth !== undefined) writer.steps.push(birth);
    writer.write(intention, ALL);
  });
  let turn = 0;
  const sleepsNext = (): boolean => sleeps[turn++ % sleeps.length] === true;
  const steps = writer.steps.map((step): Step => {
    const at = NONBLOCK_AT[step.call];
    if (at !== undefined) return { ...step, numbers: replaced(step, at, sleepsNext() ? 0 : 1) };
    if (WAITING.has(step.call) && step.numbers[waitAt(step)] === 0 && sleepsNext()) {
      return { ...step, numbers: replaced(step, waitAt(step), 1) };
    }
    return step;
  });
  return assigned({ asleep: 'really', watch, steps });
}

function replaced({ numbers }: Step, at: number, number: number): number[] {
  return numbers.map((old, i) => (i === at ? number : old));
}

/**
 * A program in which each step is done by somebody who is awake, if its own task is not: the
 * simulated kernel is asked, where everybody moves in order. Steps that nobody could do are left
 * out.
 */
function assigned(program: Program): Program {
  const arm = simulatedArm(false);
  arm.noteSignals();
  const steps: Step[] = [];
  for (const planned of program.steps) {
    const able = TASKS.map((i) => (planned.task + i) % TASKS.length).find((i) => arm.isIdle(i));
    if (able === undefined || !planned.fds.every((name) => arm.knows(name))) continue;
    const step = { ...planned, task: able };
    const isFull = step.fds.some((name) => arm.isFull(able, name));
    if (step.call === 'fill' && !step.fds.every((name) => arm.canFill(able, name))) continue;
    if (isFull && step.call === 'drain' && arm.isShutForReading(able, step.fds)) continue;
    if (isFull && !OF_WHAT_IS_FULL.has(step.call) && !isLongWrite(step)) continue;
    try {
      arm.attempt(step, false);
    } catch (error) {
      if (error instanceof UnsupportedError) continue;
      throw error;
    }
    steps.push(step);
  }
  arm.end();
  return { ...program, steps };
}

/** Programs of one to so many tasks: threads and processes that sleep on what they share. */
export function taskPrograms(tasksMax: number): fc.Arbitrary<Program> {
  const intention: fc.Arbitrary<Intention> = fc.record({
    what: fc.oneof(
      ...Object.entries(WEIGHTS).map(([what, weight]) => ({
        weight,
        arbitrary: fc.constant(what),
      })),
    ),
    task: fc.nat(TASKS.length - 1),
    x: fc.nat(4095),
    y: fc.nat(4095),
    z: fc.nat(4095),
  });
  return fc
    .record({
      watch: fc.constantFrom('each' as const, 'end' as const),
      forks: fc.array(fc.boolean(), { maxLength: Math.max(0, tasksMax - 2) }),
      intentions: fc.array(intention, { minLength: 8, maxLength: 30, size: 'max' }),
      sleeps: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
    })
    .map(programOf);
}
