import { isMainThread } from 'node:worker_threads';
import { UsageError } from '../../sys/errors.ts';

/** A call of libc: its result, or a negated errno. */
// biome-ignore lint/suspicious/noExplicitAny: numbers, and memory that libc reads or fills
type Call = (...args: any[]) => number;

const PROTOTYPES = {
  socket: 'int socket(int, int, int)',
  bind: 'int bind(int, void *, uint)',
  listen: 'int listen(int, int)',
  accept4: 'int accept4(int, void *, void *, int)',
  connect: 'int connect(int, void *, uint)',
  send: 'long send(int, void *, size_t, int)',
  recv: 'long recv(int, void *, size_t, int)',
  sendto: 'long sendto(int, void *, size_t, int, void *, uint)',
  recvfrom: 'long recvfrom(int, void *, size_t, int, void *, void *)',
  unlink: 'int unlink(str)',
  shutdown: 'int shutdown(int, int)',
  close: 'int close(int)',
  read: 'long read(int, void *, size_t)',
  write: 'long write(int, void *, size_t)',
  getsockname: 'int getsockname(int, void *, void *)',
  getpeername: 'int getpeername(int, void *, void *)',
  getsockopt: 'int getsockopt(int, int, int, void *, void *)',
  setsockopt: 'int setsockopt(int, int, int, void *, uint)',
  dup2: 'int dup2(int, int)',
  fcntl: 'int fcntl(int, int, long)',
  ioctl: 'int ioctl(int, ulong, void *)',
  open: 'int open(str, int, uint)',
  pread: 'long pread(int, void *, size_t, long)',
  pwrite: 'long pwrite(int, void *, size_t, long)',
  fsync: 'int fsync(int)',
  fdatasync: 'int fdatasync(int)',
  ftruncate: 'int ftruncate(int, long)',
  flock: 'int flock(int, int)',
  rename: 'int rename(str, str)',
  link: 'int link(str, str)',
  mkdir: 'int mkdir(str, uint)',
  rmdir: 'int rmdir(str)',
  pipe2: 'int pipe2(void *, int)',
  socketpair: 'int socketpair(int, int, int, void *)',
  eventfd: 'int eventfd(uint, int)',
  timerfd_create: 'int timerfd_create(int, int)',
  timerfd_settime: 'int timerfd_settime(int, int, void *, void *)',
  timerfd_gettime: 'int timerfd_gettime(int, void *)',
  memfd_create: 'int memfd_create(str, uint)',
  lseek: 'long lseek(int, long, int)',
  select: 'int select(int, void *, void *, void *, void *)',
  poll: 'int poll(void *, ulong, int)',
  epoll_create1: 'int epoll_create1(int)',
  epoll_ctl: 'int epoll_ctl(int, int, int, void *)',
  epoll_wait: 'int epoll_wait(int, void *, int, int)',
  getrlimit: 'int getrlimit(int, void *)',
  setrlimit: 'int setrlimit(int, void *)',
  dup: 'int dup(int)',
  dup3: 'int dup3(int, int, int)',
  pthread_sigmask: 'int pthread_sigmask(int, void *, void *)',
  sigtimedwait: 'int sigtimedwait(void *, void *, void *)',
  signal: 'long signal(int, long)',
} as const;

/** The calls of libc that the provider is made of; each gives its result or a negated errno. */
export type Libc = { readonly [name in keyof typeof PROTOTYPES]: Call };

/** Their names. */
export const CALLS = Object.keys(PROTOTYPES) as readonly (keyof Libc)[];

let loaded: Libc | undefined;

/**
 * libc through koffi, loaded once. Throws a {@link UsageError} that says what to do where it cannot
 * be had.
 */
export async function loadLibc(): Promise<Libc> {
  if (loaded !== undefined) return loaded;
  if (process.platform !== 'linux') {
    throw new UsageError(`running on Linux itself needs Linux; this is ${process.platform}`);
  }
  if (!isMainThread) {
    throw new UsageError(
      'running on Linux itself needs the main thread or a child process, because koffi crashes in worker threads; in vitest set `pool: "forks"`',
    );
  }
  let koffi: typeof import('koffi')['default'];
  try {
    koffi = (await import('koffi')).default;
  } catch (cause) {
    throw new UsageError(
      'running on Linux itself needs the optional package koffi, which is not installed: `npm install -D koffi`',
      { cause },
    );
  }
  // The running program's own symbols: whichever libc Node was linked with.
  const library = koffi.load(null);
  const libc: { [name: string]: Call } = {};
  for (const [name, prototype] of Object.entries(PROTOTYPES)) {
    libc[name] = negating(library.func(prototype) as Call, prototype, koffi.errno);
  }
  loaded = libc as Libc;
  return loaded;
}

/**
 * A call that gives a negated errno where libc gives -1. It takes as many arguments as the
 * prototype has, each in its place: to gather and spread them would cost as much as koffi does.
 */
function negating(call: Call, prototype: string, errno: () => number): Call {
  const answer = (result: number): number => (result < 0 ? -errno() : result);
  switch (prototype.split(',').length) {
    case 1:
      return (a) => answer(call(a));
    case 2:
      return (a, b) => answer(call(a, b));
    case 3:
      return (a, b, c) => answer(call(a, b, c));
    case 4:
      return (a, b, c, d) => answer(call(a, b, c, d));
    case 5:
      return (a, b, c, d, e) => answer(call(a, b, c, d, e));
    default:
      return (a, b, c, d, e, f) => answer(call(a, b, c, d, e, f));
  }
}
