/**
 * Every syscall of the seam by its number. Names are the kernel's; the numbers are heddle's own and only index
 * tables, they are never saved (files and reports carry the names).
 */
export const OP = {
  socket: 0,
  bind: 1,
  listen: 2,
  accept: 3,
  connect: 4,
  send: 5,
  recv: 6,
  shutdown: 7,
  close: 8,
  read: 9,
  write: 10,
  getsockname: 11,
  getpeername: 12,
  getsockopt: 13,
  setsockopt: 14,
  dup: 15,
  dup2: 16,
  dup3: 17,
  fcntl: 18,
  ioctl: 19,
  pipe: 20,
  socketpair: 21,
  eventfd: 22,
  select: 23,
  poll: 24,
  epollCreate: 25,
  epollCtl: 26,
  epollWait: 27,
  nanosleep: 28,
  clockGettime: 29,
  futexWait: 30,
  futexWake: 31,
  spawn: 32,
  join: 33,
  fork: 34,
  waitpid: 35,
  exit: 36,
  schedYield: 37,
  gettid: 38,
  getpid: 39,
  setrlimit: 40,
} as const;

export type OpName = keyof typeof OP;
export type Op = (typeof OP)[OpName];

/** Names by number: `OP_NAMES[OP.recv] === 'recv'`. */
export const OP_NAMES: readonly OpName[] = Object.keys(OP) as OpName[];
