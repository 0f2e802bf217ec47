import fc from 'fast-check';
import * as c from '../sys/constants.ts';
import {
  ANY_ADDRESS,
  NAME_FIRST,
  NO_ADDRESS,
  NO_EVENT,
  OPTIONS,
  PATHS,
  PORT_UNSPECIFIED,
  type Program,
  SOCKETS,
  type Step,
  TASK_CHILD,
  TIMES_MS,
  UNIX_NAMES,
  WAIT_BELOW_ZERO,
} from './program.ts';

/** What a descriptor was made as. */
export type Kind =
  | 'tcp'
  | 'listener'
  | 'reader'
  | 'writer'
  | 'unix'
  | 'eventfd'
  | 'epoll'
  | 'udp'
  | 'seqpacket'
  | 'dgram'
  | 'gate'
  | 'timerfd'
  | 'file'
  | 'null';

interface Made {
  readonly name: string;
  readonly kind: Kind;
  /** For a connection, the name of the other end; for a pipe, of the other one. */
  readonly peer?: string;
  closed: boolean;
}

/** A step before it is known what it refers to: three numbers choose among what there is. */
export interface Intention {
  readonly what: string;
  readonly task: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

const PORTS = [7001, 7002] as const;

/** Turns intentions into steps, keeping account of the descriptors that the program should have. */
export class Writer {
  readonly steps: Step[] = [];
  readonly made: Made[] = [];
  #count = 0;
  #task = 0;

  write(intention: Intention, writers: Writers = WRITERS): void {
    this.#task = intention.task;
    writers[intention.what]?.(this, intention);
  }

  add(
    call: Step['call'],
    fds: readonly string[],
    numbers: readonly number[] = [],
    makes: readonly string[] = [],
  ): void {
    this.steps.push({ task: this.#task, call, fds, numbers, makes });
  }

  name(kind: Kind, peer?: string): string {
    const name = `${kind === 'tcp' ? 's' : kind[0]}${++this.#count}`;
    this.made.push({ name, kind, closed: false, ...(peer === undefined ? {} : { peer }) });
    return name;
  }

  /** A name of one of these kinds: mostly a recent one that is still open. */
  pick(at: number, kinds?: readonly Kind[]): string | undefined {
    const fitting = this.made.filter(({ kind }) => kinds?.includes(kind) ?? true);
    const open = fitting.filter(({ closed }) => !closed);
    // One time in sixteen something closed, whose number may be another's by now.
    const from = at % 16 === 15 || open.length === 0 ? fitting : open;
    return from.length === 0 ? undefined : (from[(at >> 4) % from.length] as Made).name;
  }

  close(name: string): void {
    const found = this.made.find((each) => each.name === name);
    if (found !== undefined) found.closed = true;
  }

  peerOf(name: string): string | undefined {
    return this.made.find((each) => each.name === name)?.peer;
  }
}

export type Write = (writer: Writer, at: Intention) => void;
export type Writers = { readonly [what: string]: Write };

const STREAMS: readonly Kind[] = ['tcp', 'unix'];
const MESSAGES: readonly Kind[] = ['udp', 'seqpacket', 'dgram'];
export const CONNECTIONS: readonly Kind[] = [...STREAMS, ...MESSAGES];
export const READABLE: readonly Kind[] = [
  ...(['tcp', 'unix', 'reader', 'eventfd', 'timerfd', 'file', 'null'] as const),
  ...MESSAGES,
];
export const WRITABLE: readonly Kind[] = [
  ...(['tcp', 'unix', 'writer', 'eventfd', 'file', 'null'] as const),
  ...MESSAGES,
];
/** Sockets that are named by a path, or listen behind one. */
const NAMED: readonly Kind[] = ['unix', 'seqpacket', 'dgram', 'gate'];
/** What a socket of a kind is made by, as a place in SOCKETS. */
const SOCKET_OF: { readonly [kind in Kind]?: number } = {
  tcp: 0,
  udp: 1,
  unix: 2,
  seqpacket: 3,
  dgram: 4,
};

/** One in so many descriptors is a blocking one. */
const nonblock = (z: number): number => (z % 6 === 5 ? 0 : 1);
const SIZES = [1, 3, 8, 100, 0, 5000] as const;
export const sizeOf = (n: number): number => SIZES[n % SIZES.length] as number;

/** What goes with IN and OUT, or does not. */
const BANDS = [
  c.POLLRDNORM,
  c.POLLWRNORM,
  c.POLLWRBAND,
  c.POLLPRI | c.POLLRDBAND,
  c.POLLIN | c.POLLRDNORM | c.POLLOUT | c.POLLWRNORM | c.POLLWRBAND,
] as const;

const BAND = c.POLLRDNORM | c.POLLRDBAND | c.POLLWRNORM | c.POLLWRBAND;

/** Masks that epoll_ctl is asked for. */
export function eventsOf(y: number): number {
  const wanted = [
    c.EPOLLIN,
    c.EPOLLIN | c.EPOLLOUT,
    c.EPOLLOUT,
    c.EPOLLIN | c.EPOLLRDHUP,
    0,
    c.EPOLLIN | c.EPOLLOUT | c.EPOLLRDHUP,
  ][y % 6] as number;
  if ((y >> 9) % 8 === 7) return (BANDS[y % BANDS.length] as number) | c.EPOLLET;
  const how = [0, c.EPOLLET, c.EPOLLONESHOT, c.EPOLLET, c.EPOLLET | c.EPOLLONESHOT, 0][
    (y >> 3) % 6
  ] as number;
  return wanted | how | ((y >> 6) % 12 === 11 ? c.EPOLLEXCLUSIVE : 0);
}

/**
 * # Generated programs: urgent bytes are not sent
 * What becomes of one whose receiver answers it with RST depends on the segment it came in; the
 * laws of test/kernel/urgent.test.ts and a few saved programs are about all others.
 */
const SEND_FLAGS = [
  0,
  0,
  0,
  c.MSG_DONTWAIT,
  c.MSG_NOSIGNAL,
  c.MSG_NOSIGNAL | c.MSG_DONTWAIT,
] as const;
const RECV_FLAGS = [
  0,
  0,
  0,
  c.MSG_PEEK,
  c.MSG_DONTWAIT,
  c.MSG_TRUNC,
  c.MSG_WAITALL | c.MSG_DONTWAIT,
  c.MSG_OOB,
  c.MSG_PEEK | c.MSG_TRUNC,
  c.MSG_WAITALL,
  c.MSG_WAITALL | c.MSG_PEEK,
] as const;
const sendFlags = (z: number): number => SEND_FLAGS[z % SEND_FLAGS.length] as number;
const recvFlags = (z: number): number => RECV_FLAGS[z % RECV_FLAGS.length] as number;
const nameOf = (n: number): number => NAME_FIRST - (n % UNIX_NAMES.length);
/** A name that is one: not the empty one, which asks for any. */
const givenName = (n: number): number => NAME_FIRST - 1 - (n % (UNIX_NAMES.length - 1));
const SIZES_LOW_WATER = [1, 2, 100, 0] as const;
const TIMEOUTS_MS = [0, 3_600_000, -1] as const;

/** A value for an option, of those that mean the same on every machine. */
function optionValue(option: number, z: number): number {
  switch (OPTIONS[option]) {
    case 'SO_LINGER':
      return -(z % 2);
    case 'SO_RCVLOWAT':
      return SIZES_LOW_WATER[z % 4] as number;
    case 'SO_RCVTIMEO':
    case 'SO_SNDTIMEO':
      return TIMEOUTS_MS[z % 3] as number;
    case 'TCP_KEEPIDLE':
    case 'TCP_KEEPINTVL':
    case 'TCP_KEEPCNT':
    case 'TCP_USER_TIMEOUT':
      return [1, 100, 0, 127, 128, 32_767, 32_768, -1][z % 8] as number;
    default:
      return z % 2;
  }
}

const POLL_EVENTS = [
  c.POLLIN,
  c.POLLOUT,
  c.POLLIN | c.POLLOUT | c.POLLRDHUP,
  0,
  c.POLLIN | c.POLLPRI,
  ...BANDS,
] as const;

/** A step on some descriptor of these kinds, if there is one. */
export const on =
  (
    kinds: readonly Kind[] | undefined,
    call: Step['call'],
    numbers: (at: Intention) => readonly number[] = () => [],
  ): Write =>
  (writer, at) => {
    const fd = writer.pick(at.x, kinds);
    if (fd !== undefined) writer.add(call, [fd], numbers(at));
  };

const OPEN_FLAGS = [
  c.O_RDWR | c.O_CREAT,
  c.O_RDWR,
  c.O_RDONLY,
  c.O_WRONLY | c.O_CREAT | c.O_TRUNC,
  c.O_RDWR | c.O_CREAT,
  c.O_RDONLY | c.O_DIRECTORY,
  c.O_WRONLY | c.O_CREAT | c.O_EXCL,
  c.O_RDONLY | c.O_TRUNC,
  c.O_RDONLY | c.O_CREAT | c.O_DIRECTORY,
] as const;
/** Mostly one of those that can be there. */
const pathAt = (n: number): number => (n % 3 === 2 ? (n >> 2) % PATHS.length : (n >> 2) % 5);
const placeOf = (n: number): number => [0, 1, 5, 4094, -1][n % 5] as number;
const lockOf = (n: number): number =>
  [c.LOCK_EX, c.LOCK_SH, c.LOCK_UN, c.LOCK_EX, c.LOCK_SH | c.LOCK_EX][n % 5] as number;

/** On a file, and now and then on something else. */
const onFile =
  (call: Step['call'], numbers: (at: Intention) => readonly number[]): Write =>
  (writer, at) =>
    on(at.z % 9 === 8 ? undefined : ['file'], call, numbers)(writer, at);

const BY_NAME = {
  /** A connected pair, step by step; sometimes a step is missing. */
  connection(writer, { x, y, z }) {
    const port = PORTS[x % PORTS.length] as number;
    let listener = writer.pick(0x10 * y, ['listener']);
    if (listener === undefined || z % 7 === 6) {
      listener = writer.name('listener');
      writer.add('socket', [], [nonblock(z)], [listener]);
      if (y % 3 === 0) writer.add('setsockopt', [listener], [OPTIONS.indexOf('SO_REUSEADDR'), 1]);
      writer.add('bind', [listener], [port]);
      writer.add('listen', [listener], [(y % 5) - 1]);
    }
    const client = `s${writer.made.length}c`;
    const server = `s${writer.made.length}a`;
    writer.made.push({ name: client, kind: 'tcp', peer: server, closed: false });
    writer.add('socket', [], [nonblock(z >> 3)], [client]);
    writer.add('connect', [client], [port]);
    if (z % 11 === 10) return;
    writer.made.push({ name: server, kind: 'tcp', peer: client, closed: false });
    writer.add('accept', [listener], [nonblock(z >> 6)], [server]);
  },
  socket(writer, { x, z }) {
    const kind = (['tcp', 'udp', 'unix', 'seqpacket', 'dgram', 'tcp'] as const)[x % 6] as Kind;
    // One that there is none of.
    const made = z % 13 === 12 ? SOCKETS.length - 1 : (SOCKET_OF[kind] as number);
    writer.add('socket', [], [nonblock(z), made], [writer.name(kind)]);
  },
  /** Two that know each other, or one that knows the other. */
  datagrams(writer, { x, y, z }) {
    const kind = x % 2 === 0 ? 'udp' : 'dgram';
    const address = (n: number): number =>
      kind === 'udp' ? (PORTS[n % 2] as number) : givenName(n);
    const one = writer.name(kind);
    const other = writer.name(kind, one);
    const made = SOCKET_OF[kind] as number;
    writer.add('socket', [], [nonblock(z), made], [one]);
    writer.add('bind', [one], [address(y)]);
    writer.add('socket', [], [nonblock(z >> 3), made], [other]);
    if (z % 3 !== 0) writer.add('bind', [other], [address(y + 1)]);
    if (y % 4 !== 3) writer.add('connect', [other], [address(y)]);
    if (y % 4 === 1) writer.add('connect', [one], [address(y + 1)]);
    writer.add('send', [other], [sizeOf(z), 0]);
  },
  /** A connection behind a name, step by step. */
  unixConnection(writer, { x, y, z }) {
    const kind = x % 3 === 0 ? 'seqpacket' : 'unix';
    const made = SOCKET_OF[kind] as number;
    const gate = writer.name('gate');
    const name = givenName(y);
    writer.add('socket', [], [nonblock(z), made], [gate]);
    writer.add('bind', [gate], [name]);
    writer.add('listen', [gate], [(y % 4) - 1]);
    // More than one at a time may want to come in.
    for (let i = 0; i < x % 4; i++) {
      const early = writer.name(kind);
      writer.add('socket', [], [1, made], [early]);
      writer.add('connect', [early], [name]);
    }
    const client = writer.name(kind);
    writer.add('socket', [], [nonblock(z >> 3), made], [client]);
    writer.add('connect', [client], [name]);
    if (z % 7 === 6) return;
    writer.add('accept', [gate], [nonblock(z >> 6)], [writer.name(kind, client)]);
  },
  timerfd(writer, { y, z }) {
    writer.add('timerfdCreate', [], [nonblock(z), y % 4 === 3 ? 1 : 0], [writer.name('timerfd')]);
  },
  timer(writer, { x, y, z }) {
    let timer = writer.pick(x, ['timerfd']);
    if (timer === undefined) {
      timer = writer.name('timerfd');
      writer.add('timerfdCreate', [], [nonblock(z)], [timer]);
    }
    if (y % 5 === 4) writer.add('timerfdGettime', [timer]);
    else writer.add('timerfdSettime', [timer], [y % TIMES_MS.length, z % 3 === 2 ? 1 : 0]);
  },
  pipe(writer, { z }) {
    const reader = writer.name('reader');
    const end = writer.name('writer', reader);
    writer.add('pipe', [], [nonblock(z)], [reader, end]);
  },
  socketpair(writer, { x, z }) {
    const kind = (['unix', 'unix', 'seqpacket', 'dgram'] as const)[x % 4] as Kind;
    // Of the other family there are none.
    if (x % 29 === 28) {
      const other = [0, 1, 5][(x >> 2) % 3] as number;
      writer.add('socketpair', [], [nonblock(z), other], [writer.name('tcp'), writer.name('tcp')]);
      return;
    }
    const one = writer.name(kind);
    const other = writer.name(kind, one);
    writer.add('socketpair', [], [nonblock(z), SOCKET_OF[kind] as number], [one, other]);
  },
  eventfd(writer, { x, y, z }) {
    writer.add('eventfd', [], [x % 3, nonblock(y), z % 3 === 2 ? 1 : 0], [writer.name('eventfd')]);
  },
  epollCreate(writer, { y }) {
    const size = y % 5 === 4 ? [[0, 1, -1, 7][(y >> 3) % 4] as number] : [];
    writer.add('epollCreate', [], size, [writer.name('epoll')]);
  },
  bind: on(['tcp', 'listener', 'udp'], 'bind', ({ y }) => [
    [...PORTS, 0, PORTS[0] + ANY_ADDRESS, ANY_ADDRESS][y % 5] as number,
  ]),
  /** An address of the other family: who looks at its length first, and who at its family? */
  wrongFamily(writer, { x, y, z }) {
    const call = (['bind', 'connect', 'sendto'] as const)[y % 3] ?? 'bind';
    const fd = writer.pick(x, z % 2 === 0 ? ['tcp', 'udp'] : NAMED);
    const address = z % 2 === 0 ? nameOf(y >> 2) : (PORTS[0] as number);
    if (fd !== undefined) writer.add(call, [fd], call === 'sendto' ? [3, 0, address] : [address]);
  },
  bindName: on(NAMED, 'bind', ({ y }) => [nameOf(y)]),
  listen: on(['tcp', 'listener', ...CONNECTIONS, 'gate'], 'listen', ({ y }) => [(y % 5) - 1]),
  connect: on(['tcp', 'tcp', 'listener', 'udp'], 'connect', ({ y }) => [
    [...PORTS, PORT_UNSPECIFIED, ...PORTS, PORT_UNSPECIFIED, 0, PORTS[0] + ANY_ADDRESS][
      y % 8
    ] as number,
  ]),
  connectName: on(NAMED, 'connect', ({ y }) => [y % 9 === 8 ? PORT_UNSPECIFIED : givenName(y)]),
  unlink(writer, { y }) {
    writer.add('unlink', [], [givenName(y % 2)]);
  },
  accept(writer, { x, z }) {
    const listener = writer.pick(x, z % 9 === 8 ? undefined : ['listener', 'gate']);
    if (listener === undefined) return;
    const isGate = writer.made.find(({ name }) => name === listener)?.kind === 'gate';
    writer.add('accept', [listener], [nonblock(z)], [writer.name(isGate ? 'unix' : 'tcp')]);
  },
  send: on(CONNECTIONS, 'send', ({ y, z }) => [sizeOf(y), sendFlags(z)]),
  recv: on(CONNECTIONS, 'recv', ({ y, z }) => [sizeOf(y), recvFlags(z)]),
  sendto: on(['udp', 'udp', 'tcp'], 'sendto', ({ y, z }) => [
    sizeOf(y),
    sendFlags(z),
    [...PORTS, NO_ADDRESS][(y >> 3) % 3] as number,
  ]),
  sendtoName: on(['dgram', 'dgram', 'unix', 'seqpacket'], 'sendto', ({ y, z }) => [
    sizeOf(y),
    sendFlags(z),
    (y >> 3) % 5 === 4 ? NO_ADDRESS : givenName(y >> 3),
  ]),
  recvfrom: on(CONNECTIONS, 'recvfrom', ({ y, z }) => [sizeOf(y), recvFlags(z)]),
  read: on(READABLE, 'read', ({ y }) => [y % 2 === 0 ? 8 : sizeOf(y >> 1)]),
  write: on(WRITABLE, 'write', ({ y, z }) => [y % 2 === 0 ? 8 : sizeOf(y >> 1), z % 3]),
  shutdown: on(['tcp', 'unix', 'tcp', 'listener', ...MESSAGES, 'gate'], 'shutdown', ({ y }) => [
    [2, 2, 1, 3, 2, 0][y % 6] as number,
  ]),
  close(writer, { x }) {
    const fd = writer.pick(x);
    if (fd === undefined) return;
    writer.add('close', [fd]);
    writer.close(fd);
  },
  /** A reset: close with SO_LINGER 0. */
  reset(writer, { x }) {
    const fd = writer.pick(x, ['tcp']);
    if (fd === undefined) return;
    writer.add('setsockopt', [fd], [OPTIONS.indexOf('SO_LINGER'), 0]);
    writer.add('close', [fd]);
    writer.close(fd);
  },
  /** Another: close with unread data. */
  closeUnread(writer, { x, y, z }) {
    const fd = writer.pick(x, CONNECTIONS);
    const peer = fd === undefined ? undefined : writer.peerOf(fd);
    if (fd === undefined || peer === undefined) return;
    writer.add('send', [fd], [sizeOf(y), 0]);
    // What it has sent itself may come before its end, or not at all.
    if (z % 2 === 1) writer.add('send', [peer], [sizeOf(y >> 3), 0]);
    writer.add('close', [peer]);
    writer.close(peer);
    if (z % 2 === 1) writer.add('recv', [fd], [sizeOf(z >> 1), recvFlags(z >> 4)]);
  },
  getsockname: on([...CONNECTIONS, 'listener', 'gate'], 'getsockname'),
  getpeername: on([...CONNECTIONS, 'listener', 'gate'], 'getpeername'),
  getsockopt: on([...CONNECTIONS, 'listener', 'gate'], 'getsockopt', ({ y }) => [
    y % 3 === 0 ? y % OPTIONS.length : 0,
  ]),
  setsockopt: on([...CONNECTIONS, 'listener', 'gate'], 'setsockopt', ({ y, z }) => {
    const option = y % 2 === 0 ? (y >> 1) % OPTIONS.length : 1 + ((y >> 1) % 2);
    return [option, optionValue(option, z)];
  }),
  /** One who wants more than there is, and what comes then. */
  lowWater(writer, { x, y, z }) {
    const kind = x % 3 === 0 ? 'tcp' : 'unix';
    const to = writer.pick(x, [kind]);
    const from = to === undefined ? undefined : writer.peerOf(to);
    if (to === undefined || from === undefined) return;
    const low = SIZES_LOW_WATER[y % 4] as number;
    writer.add('setsockopt', [to], [OPTIONS.indexOf('SO_RCVLOWAT'), low]);
    if (y % 5 !== 4) writer.add('ioctl', [to], [c.FIONBIO, 0]);
    if (z % 2 === 0) writer.add('send', [from], [sizeOf(z >> 1), 0]);
    const take: Step['call'] = (['recv', 'recvfrom', 'read'] as const)[(y >> 2) % 3] ?? 'recv';
    writer.steps.push({
      task: 1,
      call: take,
      fds: [to],
      numbers: [sizeOf(z >> 4), ...(take === 'read' ? [] : [recvFlags(y >> 4)])],
      makes: [],
    });
    writer.add('send', [from], [sizeOf(z >> 7), 0]);
    writer.add('send', [from], [sizeOf(z >> 9), 0]);
  },
  sigaction(writer, { x }) {
    writer.add('sigaction', [], [x % 3 === 2 ? 0 : 1]);
  },
  dup(writer, { x }) {
    const fd = writer.pick(x);
    if (fd === undefined) return;
    const kind = writer.made.find(({ name }) => name === fd)?.kind as Kind;
    writer.add('dup', [fd], [], [writer.name(kind)]);
  },
  /** What is always ready. */
  file(writer, { y }) {
    if (y % 2 === 0) writer.add('memfdCreate', [], [], [writer.name('file')]);
    else writer.add('open', [], [(y >> 1) % 3], [writer.name('null')]);
  },
  /** Of the disk: what is at a path, or is made there. */
  openFile(writer, { x, y, z }) {
    const flags = OPEN_FLAGS[z % OPEN_FLAGS.length] as number;
    writer.add(
      'open',
      [],
      [flags | (x % 7 === 6 ? c.O_APPEND : 0), pathAt(y)],
      [writer.name('file')],
    );
  },
  pread: onFile('pread', ({ y, z }) => [sizeOf(y), placeOf(z)]),
  pwrite: onFile('pwrite', ({ y, z }) => [sizeOf(y), placeOf(z)]),
  sync: (writer, at) => onFile(at.y % 2 === 0 ? 'fsync' : 'fdatasync', () => [])(writer, at),
  ftruncate: onFile('ftruncate', ({ y }) => [[0, 3, 100, 5000, -1][y % 5] as number]),
  fstat: on(['file'], 'fstat'),
  /** Who would sleep by itself in another program is told. */
  flock: on(['file'], 'flock', ({ y }) => [lockOf(y) | c.LOCK_NB]),
  /** Where a description appends, what is written at a place goes behind the rest. */
  appended(writer, { y, z }) {
    const file = writer.name('file');
    writer.add('open', [], [c.O_RDWR | c.O_CREAT | c.O_APPEND, pathAt(y)], [file]);
    writer.add('write', [file], [sizeOf(z), 0]);
    writer.add('pwrite', [file], [sizeOf(z >> 4), placeOf(z >> 8)]);
    writer.add('fstat', [file]);
  },
  /** Two who share a lock, and each of whom then wants it alone. */
  sharedLock(writer, { x, y }) {
    const pair = [writer.name('file'), writer.name('file')];
    for (const file of pair) {
      writer.add('open', [], [c.O_RDWR | c.O_CREAT, pathAt(y)], [file]);
      writer.add('flock', [file], [(x % 4 === 3 ? c.LOCK_EX : c.LOCK_SH) | c.LOCK_NB]);
    }
    for (const file of pair) writer.add('flock', [file], [c.LOCK_EX | c.LOCK_NB]);
  },
  paths(writer, { x, y }) {
    const call =
      (['mkdir', 'readdir', 'stat', 'unlink', 'mkdir', 'rmdir'] as const)[x % 6] ?? 'stat';
    writer.add(call, [], [pathAt(y)]);
  },
  twoPaths(writer, { x, y, z }) {
    writer.add(x % 4 === 3 ? 'link' : 'rename', [], [pathAt(y), pathAt(z)]);
  },
  lseek: on(undefined, 'lseek', ({ y, z }) => [[0, 1, -1, 5, 100][y % 5] as number, z % 4]),
  dupFrom(writer, { x, y }) {
    const fd = writer.pick(x);
    if (fd === undefined) return;
    const kind = writer.made.find(({ name }) => name === fd)?.kind as Kind;
    const command = y % 2 === 0 ? c.F_DUPFD : c.F_DUPFD_CLOEXEC;
    writer.add('fcntl', [fd], [command, (y >> 1) % 12], [writer.name(kind)]);
  },
  dup2(writer, { x, y }) {
    const from = writer.pick(x);
    const to = writer.pick(y);
    if (from === undefined || to === undefined) return;
    writer.add('dup2', [from, to]);
  },
  dup3(writer, { x, y, z }) {
    const from = writer.pick(x);
    const to = writer.pick(y);
    if (from === undefined || to === undefined) return;
    writer.add('dup3', [from, to], [z % 2]);
  },
  fcntl: on(
    undefined,
    'fcntl',
    ({ y, z }) =>
      (
        [
          [c.F_GETFL, 0],
          [c.F_SETFL, (z % 3 === 0 ? 0 : c.O_NONBLOCK) | (z % 5 === 4 ? c.O_APPEND : 0)],
          [c.F_GETFD, 0],
          [c.F_SETFD, z % 2],
          [c.F_GETPIPE_SZ, 0],
          [c.F_SETPIPE_SZ, [4096, 5000, 65_536, 1, -1][z % 5] as number],
        ] as const
      )[y % 6] as readonly number[],
  ),
  ioctl: on(undefined, 'ioctl', ({ y, z }) =>
    y % 3 === 0 ? [c.FIONBIO, z % 4 === 0 ? 0 : 1] : [y % 4 === 3 ? c.SIOCATMARK : c.FIONREAD, 0],
  ),
  epollAdd(writer, { x, y, z }) {
    let epoll = writer.pick(z << 4, ['epoll']);
    if (epoll === undefined || z % 13 === 12) {
      epoll = writer.name('epoll');
      writer.add('epollCreate', [], [], [epoll]);
    }
    const fd = writer.pick(x);
    if (fd !== undefined) writer.add('epollCtl', [epoll, fd], [1, eventsOf(y)]);
  },
  epollCtl(writer, { x, y, z }) {
    const epoll = writer.pick(z << 4, z % 17 === 16 ? undefined : ['epoll']);
    const fd = writer.pick(x);
    if (epoll === undefined || fd === undefined) return;
    const op = [3, 3, 2, 1, 3, 2, 0][z % 7] as number;
    writer.add('epollCtl', [epoll, fd], [op, y % 11 === 10 ? NO_EVENT : eventsOf(y)]);
  },
  epollWait: on(['epoll'], 'epollWait', ({ y, z }) => [
    [8, 1, 2, 8, 8, 0][y % 6] as number,
    z % 9 === 8 ? 1 : 0,
  ]),
  poll(writer, { x, y, z }) {
    const fds = [x, y, z].map((at) => writer.pick(at)).filter((fd) => fd !== undefined);
    const events = fds.map((_, i) => POLL_EVENTS[(y >> i) % POLL_EVENTS.length] as number);
    // The provider of Linux sleeps in a poll of its own, which looks at what is ready, not at whom
    // a wake-up is for.
    const mayWait = z % 9 === 8 && events.every((each) => (each & BAND) === 0);
    writer.add('poll', fds, [...events, mayWait ? 1 : 0]);
  },
  select(writer, { x, y, z }) {
    const fds = [...new Set([x, y, z].map((at) => writer.pick(at)))].filter(
      (fd) => fd !== undefined,
    );
    const sets = fds.map((_, i) => 1 + ((y >> i) % 7));
    const wait = z % 9 === 8 ? 1 : z % 23 === 22 ? WAIT_BELOW_ZERO : 0;
    const nfds = y % 13 === 12 ? [[-1, 0, 4, 6, 2000][(y >> 4) % 5] as number] : [];
    writer.add('select', fds, [...sets, wait, ...nfds]);
  },
  flood(writer, { x }) {
    const from = writer.pick(x, ['writer', 'unix', 'tcp']);
    const to = from === undefined ? undefined : writer.peerOf(from);
    if (from !== undefined && to !== undefined) writer.add('flood', [from, to]);
  },
  /** Data, and more of it on top before anybody has read, under an edge-triggered watch. */
  edges(writer, { x, y, z }) {
    const from = writer.pick(x, ['writer', 'eventfd', ...CONNECTIONS]);
    if (from === undefined) return;
    const isEventfd = writer.made.find(({ name }) => name === from)?.kind === 'eventfd';
    const to = isEventfd ? from : writer.peerOf(from);
    if (to === undefined) return;
    let epoll = writer.pick(z << 4, ['epoll']);
    if (epoll === undefined) {
      epoll = writer.name('epoll');
      writer.add('epollCreate', [], [], [epoll]);
    }
    writer.add('epollCtl', [epoll, to], [1, eventsOf(y % 6) | c.EPOLLET]);
    if (z % 2 === 0) writer.add('epollCtl', [epoll, from], [1, c.EPOLLOUT | c.EPOLLET]);
    for (let times = 0; times < 2; times++) {
      writer.add('write', [from], [8, 1]);
      writer.add('epollWait', [epoll], [8, 0]);
    }
    // What of it is consumed tells the sender.
    writer.add('read', [to], [z % 3 === 0 ? 8 : 100]);
    writer.add('epollWait', [epoll], [8, 0]);
  },
  fork(writer) {
    writer.add('fork', []);
  },
  exit(writer, { x }) {
    if (x % 2 === 0)
      writer.steps.push({ task: TASK_CHILD, call: 'exit', fds: [], numbers: [], makes: [] });
  },
} satisfies Writers;

export const WRITERS: Writers = BY_NAME;

/** How often each is meant, the simplest first. */
const WEIGHTS: { readonly [what in keyof typeof BY_NAME]: number } = {
  connection: 8,
  send: 10,
  recv: 10,
  epollWait: 14,
  epollAdd: 10,
  epollCtl: 6,
  close: 6,
  shutdown: 5,
  write: 6,
  read: 6,
  pipe: 3,
  socketpair: 3,
  unixConnection: 4,
  datagrams: 4,
  eventfd: 2,
  timerfd: 1,
  timer: 3,
  socket: 2,
  bind: 1,
  bindName: 1,
  wrongFamily: 1,
  connectName: 2,
  unlink: 1,
  sendto: 3,
  sendtoName: 3,
  recvfrom: 4,
  sigaction: 1,
  listen: 2,
  connect: 4,
  accept: 4,
  reset: 2,
  closeUnread: 2,
  getsockname: 1,
  getpeername: 2,
  getsockopt: 3,
  setsockopt: 4,
  lowWater: 4,
  dup: 3,
  dupFrom: 1,
  file: 1,
  openFile: 6,
  pread: 2,
  pwrite: 3,
  sync: 1,
  ftruncate: 2,
  fstat: 2,
  flock: 3,
  appended: 1,
  sharedLock: 1,
  paths: 6,
  twoPaths: 3,
  lseek: 2,
  dup2: 2,
  dup3: 1,
  fcntl: 3,
  ioctl: 2,
  epollCreate: 1,
  poll: 3,
  select: 2,
  flood: 2,
  edges: 2,
  fork: 1,
  exit: 1,
};

const intention: fc.Arbitrary<Intention> = fc.record({
  what: fc.oneof(
    ...Object.entries(WEIGHTS).map(([what, weight]) => ({
      weight,
      arbitrary: fc.constant(what),
    })),
  ),
  task: fc.oneof(
    { weight: 8, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.constant(TASK_CHILD) },
  ),
  x: fc.nat(4095),
  y: fc.nat(4095),
  z: fc.nat(4095),
});

/**
 * Programs of syscalls, biased towards what is alive, what has just been closed, and what epoll
 * makes of it.
 */
export function programs(stepsMin = 10, stepsMax = 60): fc.Arbitrary<Program> {
  return fc
    .record({
      watch: fc.constantFrom('each' as const, 'end' as const),
      intentions: fc.array(intention, { minLength: stepsMin, maxLength: stepsMax, size: 'max' }),
    })
    .map(({ watch, intentions }) => {
      const writer = new Writer();
      for (const each of intentions) writer.write(each);
      return { watch, steps: writer.steps };
    });
}
