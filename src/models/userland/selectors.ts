/** Python's `select.select` and `selectors`: readiness of objects that have a descriptor. */
import {
  EPOLLIN,
  EPOLLOUT,
  FD_SETSIZE,
  POLLIN,
  POLLOUT,
  type Program,
  type Sys,
} from '../../sys/index.ts';
import { isOSError, KeyError, ValueError } from './errors.ts';
import { patiently } from './patience.ts';
import { retrying } from './sockets.ts';

export interface HasFileno {
  fileno(): number;
  /** `repr(self)`. */
  repr?(sys: Sys): Program<string>;
}

export interface Selected<T> {
  readonly readable: T[];
  readonly writable: T[];
  readonly exceptional: T[];
}

/**
 * `select.select`: the ready ones of each list, in the order of the list. ValueError for a
 * descriptor of FD_SETSIZE or above.
 */
export function* select<T extends HasFileno>(
  sys: Sys,
  readers: readonly T[],
  writers: readonly T[],
  exceptionals: readonly T[] = [],
  timeoutMs: number | null = null,
): Program<Selected<T>> {
  const sets = {
    read: readers.map(selectableOf),
    write: writers.map(selectableOf),
    except: exceptionals.map(selectableOf),
  };
  const ready = yield* retrying(() => sys.select(sets, timeoutMs));
  const among = (objects: readonly T[], fds: readonly number[]): T[] =>
    objects.filter((object) => fds.includes(object.fileno()));
  return {
    readable: among(readers, ready.read),
    writable: among(writers, ready.write),
    exceptional: among(exceptionals, ready.except),
  };
}

function descriptorOf(object: HasFileno): number {
  const fd = object.fileno();
  if (fd < 0) throw new ValueError(`file descriptor cannot be a negative integer (${fd})`);
  return fd;
}

/** What fits into the sets of select(2). */
function selectableOf(object: HasFileno): number {
  const fd = descriptorOf(object);
  if (fd >= FD_SETSIZE) throw new ValueError('filedescriptor out of range in select()');
  return fd;
}

function* reprOf(sys: Sys, object: HasFileno): Program<string> {
  return object.repr === undefined ? `${object.fileno()}` : yield* object.repr(sys);
}

export const EVENT_READ = 1;
export const EVENT_WRITE = 2;

/** What is known of one registered object. */
export interface SelectorKey<D> {
  readonly fileobj: HasFileno;
  readonly fd: number;
  readonly events: number;
  readonly data: D;
}

/** The ready keys of a wait, each with its events. */
export type ReadyKeys<D> = [key: SelectorKey<D>, events: number][];

/** What a selector does, whatever call it is built on. */
export abstract class Selector<D> {
  protected readonly keys: Map<number, SelectorKey<D>> = new Map();

  /** Throws {@link KeyError} when the object is registered already. */
  *register(sys: Sys, fileobj: HasFileno, events: number, data: D): Program<SelectorKey<D>> {
    const fd = descriptorOf(fileobj);
    if (this.keys.has(fd)) {
      throw new KeyError(`'${yield* reprOf(sys, fileobj)} (FD ${fd}) is already registered'`);
    }
    const key = { fileobj, fd, events, data };
    this.keys.set(fd, key);
    yield* this.registered(sys, key);
    return key;
  }

  *unregister(sys: Sys, fileobj: HasFileno): Program<SelectorKey<D>> {
    const key = yield* this.#keyOf(sys, fileobj);
    this.keys.delete(key.fd);
    yield* this.unregistered(sys, key);
    return key;
  }

  *modify(sys: Sys, fileobj: HasFileno, events: number, data: D): Program<SelectorKey<D>> {
    const old = yield* this.#keyOf(sys, fileobj);
    const key = { fileobj, fd: old.fd, events, data };
    this.keys.set(key.fd, key);
    if (events !== old.events) yield* this.modified(sys, key);
    return key;
  }

  /** The key of an object, or undefined. */
  keyOf(fileobj: HasFileno): SelectorKey<D> | undefined {
    return this.keys.get(fileobj.fileno());
  }

  /** The object may have been closed since; then it is looked for. */
  *#keyOf(sys: Sys, fileobj: HasFileno): Program<SelectorKey<D>> {
    const fd = fileobj.fileno();
    const key =
      fd >= 0
        ? this.keys.get(fd)
        : [...this.keys.values()].find((candidate) => candidate.fileobj === fileobj);
    if (key === undefined) throw new KeyError(`'${yield* reprOf(sys, fileobj)} is not registered'`);
    return key;
  }

  /** Wait until something is ready. */
  abstract select(sys: Sys, timeoutMs?: number | null): Program<ReadyKeys<D>>;

  *close(_sys: Sys): Program {
    this.keys.clear();
  }

  protected *registered(_sys: Sys, _key: SelectorKey<D>): Program {}
  protected *modified(_sys: Sys, _key: SelectorKey<D>): Program {}
  protected *unregistered(_sys: Sys, _key: SelectorKey<D>): Program {}

  protected answer(fds: readonly (readonly [fd: number, events: number])[]): ReadyKeys<D> {
    const ready: ReadyKeys<D> = [];
    for (const [fd, events] of fds) {
      const key = this.keys.get(fd);
      if (key !== undefined && (events & key.events) !== 0) ready.push([key, events & key.events]);
    }
    return ready;
  }
}

/** On select(2): every wait names everybody, and the kernel looks at each. */
export class SelectSelector<D> extends Selector<D> {
  static *create<D>(_sys: Sys): Program<SelectSelector<D>> {
    return new SelectSelector();
  }

  override *select(sys: Sys, timeoutMs: number | null = null): Program<ReadyKeys<D>> {
    const watched = (mask: number): number[] =>
      [...this.keys.values()].filter(({ events }) => (events & mask) !== 0).map(({ fd }) => fd);
    const sets = { read: watched(EVENT_READ), write: watched(EVENT_WRITE) };
    const { read, write } = yield* retrying(() => sys.select(sets, timeoutMs));
    const fds = [...new Set([...read, ...write])];
    return this.answer(
      fds.map((fd) => [
        fd,
        (read.includes(fd) ? EVENT_READ : 0) | (write.includes(fd) ? EVENT_WRITE : 0),
      ]),
    );
  }
}

/**
 * Anything that is not room to write is something to read, and the other way round: errors and
 * hang-ups wake both.
 */
function eventsOf(revents: number, input: number, output: number): number {
  return (
    ((revents & ~input) !== 0 ? EVENT_WRITE : 0) | ((revents & ~output) !== 0 ? EVENT_READ : 0)
  );
}

/** On poll(2): the same without a limit on descriptors. */
export class PollSelector<D> extends Selector<D> {
  static *create<D>(_sys: Sys): Program<PollSelector<D>> {
    return new PollSelector();
  }

  override *select(sys: Sys, timeoutMs: number | null = null): Program<ReadyKeys<D>> {
    const entries = [...this.keys.values()].map(({ fd, events }) => ({
      fd,
      events:
        ((events & EVENT_READ) !== 0 ? POLLIN : 0) | ((events & EVENT_WRITE) !== 0 ? POLLOUT : 0),
    }));
    const ready = yield* retrying(() => sys.poll(entries, timeoutMs));
    return this.answer(
      ready.map(({ fd, revents }) => [fd, eventsOf(revents, POLLIN, POLLOUT)] as const),
    );
  }
}

/** On epoll(7): the kernel keeps who is registered, and a wait costs what is ready. */
export class EpollSelector<D> extends Selector<D> {
  readonly #epfd: number;

  constructor(epfd: number) {
    super();
    this.#epfd = epfd;
  }

  static *create<D>(sys: Sys): Program<EpollSelector<D>> {
    return new EpollSelector(yield* patiently(sys, () => sys.epollCreate({ cloexec: true })));
  }

  override *select(sys: Sys, timeoutMs: number | null = null): Program<ReadyKeys<D>> {
    const eventsMax = Math.max(this.keys.size, 1);
    const ready = yield* retrying(() => sys.epollWait(this.#epfd, eventsMax, timeoutMs));
    return this.answer(
      ready.map(({ data, events }) => [data, eventsOf(events, EPOLLIN, EPOLLOUT)] as const),
    );
  }

  override *close(sys: Sys): Program {
    yield* super.close(sys);
    yield* sys.close(this.#epfd);
  }

  protected override *registered(sys: Sys, { fd, events }: SelectorKey<D>): Program {
    yield* sys.epollCtl(this.#epfd, 'add', fd, epollMask(events));
  }

  protected override *modified(sys: Sys, { fd, events }: SelectorKey<D>): Program {
    yield* sys.epollCtl(this.#epfd, 'mod', fd, epollMask(events));
  }

  /** A descriptor that was closed first has left the epoll by itself. */
  protected override *unregistered(sys: Sys, { fd }: SelectorKey<D>): Program {
    try {
      yield* sys.epollCtl(this.#epfd, 'del', fd);
    } catch (error) {
      if (!isOSError(error)) throw error;
    }
  }
}

function epollMask(events: number): number {
  return (
    ((events & EVENT_READ) !== 0 ? EPOLLIN : 0) | ((events & EVENT_WRITE) !== 0 ? EPOLLOUT : 0)
  );
}

/** `selectors.DefaultSelector`: on Linux, epoll. */
export const DefaultSelector: typeof EpollSelector = EpollSelector;
