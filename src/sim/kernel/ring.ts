import {
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_WAITALL,
  O_ACCMODE,
  O_APPEND,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDNORM,
  POLLWRNORM,
} from '../../sys/constants.ts';
import {
  EAGAIN,
  EBADF,
  ECANCELED,
  EINPROGRESS,
  EMFILE,
  ENOENT,
  ENOTSOCK,
  ETIME,
} from '../../sys/errno.ts';
import { UnsupportedError } from '../../sys/errors.ts';
import { messageFlags } from '../../sys/fences.ts';
import type { Address, RingCompletion, RingEntry } from '../../sys/sys.ts';
import type { Clock } from './clock.ts';
import { type Description, FileObject } from './file.ts';
import type { Footprint } from './footprint.ts';
import type { Process } from './process.ts';
import { READ_ENDS, WRITE_ENDS } from './readiness.ts';
import { isSocket } from './socket.ts';
import { Timer, type TimerTarget } from './timers.ts';
import { Waiter } from './waits.ts';

/**
 * -EAGAIN of a request that waits for its object; it is tried again when that has something to say.
 */
const PENDING = -EAGAIN;

/** What an attempt has come to: a result, or PENDING with the poll bits that it waits for. */
interface Attempt {
  readonly result: number;
  readonly waitsFor?: number;
  readonly bytes?: Uint8Array;
  readonly address?: Address;
}

/**
 * A completion ring in the manner of io_uring(7): requests go in, and what has come of them comes
 * out, in the order in which it came about.
 *
 * # io_uring: work is done when somebody looks
 * A request that has to wait is tried again when a task enters the ring (submits or waits), as with
 * IORING_SETUP_DEFER_TASKRUN; until then its object's readiness is only noted. Completions are
 * never lost (IORING_FEAT_NODROP).
 */
export class Ring extends FileObject {
  override readonly type = 'ring';
  readonly entriesMax: number;
  readonly clock: Clock;
  readonly #requests = new Set<Request>();
  #work: Request[] = [];
  #completions: RingCompletion[] = [];

  constructor(entriesMax: number, clock: Clock) {
    super();
    this.entriesMax = entriesMax;
    this.clock = clock;
  }

  /** io_uring_poll: work that is due counts as something to come for. */
  override poll(): number {
    const ready = this.#completions.length > 0 || this.#work.length > 0;
    return (ready ? POLLIN | POLLRDNORM : 0) | POLLOUT | POLLWRNORM;
  }

  get completionCount(): number {
    return this.#completions.length;
  }

  /** Takes in as many as there are entries; gives how many. */
  submit(process: Process, entries: readonly RingEntry[]): number {
    const taken = entries.slice(0, this.entriesMax);
    for (const entry of taken) {
      const request = new Request(this, process, entry);
      this.#requests.add(request);
      request.begin();
    }
    return taken.length;
  }

  /** Try again what was woken since somebody last looked. */
  run(): void {
    const work = this.#work;
    this.#work = [];
    for (const request of work) if (this.#requests.has(request)) request.attempt();
  }

  /**
   * Note what entering the ring touches: itself, and the objects of the requests that were woken.
   */
  touches(footprint: Footprint): void {
    this.touchesOfChange(footprint);
    for (const request of this.#work) request.touches(footprint);
  }

  /** Its requests are given up. */
  override touchesOfRelease(into: Footprint): void {
    into.touchEverything();
  }

  /** Take out what is there. */
  take(): RingCompletion[] {
    const taken = this.#completions;
    this.#completions = [];
    return taken;
  }

  // ---- for requests ----

  woken(request: Request): void {
    this.#work.push(request);
    this.waits.wake(POLLIN);
  }

  complete(request: Request, completion: RingCompletion): void {
    this.#requests.delete(request);
    this.#completions.push(completion);
    this.waits.wake(POLLIN);
    for (const other of this.#requests) other.onCompletion();
  }

  /** The oldest request that was submitted under that number. */
  find(data: number, except: Request): Request | undefined {
    for (const each of this.#requests) if (each.entry.data === data && each !== except) return each;
    return undefined;
  }

  override readSleeps(): boolean {
    return false;
  }

  override writeSleeps(): boolean {
    return false;
  }

  override release(): void {
    for (const request of this.#requests) request.letGo();
    this.#requests.clear();
  }

  /**
   * Requests under way by number and kind, those that were woken last, and the completions that
   * nobody has taken.
   */
  get contents(): {
    readonly requests: readonly string[];
    readonly completions: readonly string[];
  } {
    const woken = new Set(this.#work);
    const text = ({ entry }: Request): string => `${entry.data} ${entry.op}`;
    const waiting = [...this.#requests].filter((request) => !woken.has(request)).map(text);
    return {
      requests: [...waiting, ...this.#work.map((request) => `${text(request)} (woken)`)],
      completions: this.#completions.map(({ data, result }) => `${data} ${result}`),
    };
  }

  override describe(): string {
    return `ring  ${this.#requests.size} requests under way, ${this.#completions.length} completions`;
  }
}

/** One request under way; it is itself the hook on the wait queue of its object. */
class Request extends Waiter implements TimerTarget {
  readonly ring: Ring;
  readonly process: Process;
  readonly entry: RingEntry;
  #description: Description | null = null;
  #timer: Timer | null = null;
  #mask = 0;
  #connecting = false;
  /** Completions that a timeout still waits for; 0: for none, only for its time. */
  #completionsLeft = 0;

  constructor(ring: Ring, process: Process, entry: RingEntry) {
    super();
    this.ring = ring;
    this.process = process;
    this.entry = entry;
  }

  begin(): void {
    const { entry } = this;
    switch (entry.op) {
      case 'nop':
        this.#complete({ result: 0 });
        return;
      case 'timeout':
        this.#startTimeout(entry.ms, entry.completions ?? 0);
        return;
      case 'cancel':
        this.#cancel(entry.target);
        return;
      case 'close':
        this.#complete({ result: this.process.descriptors.close(entry.fd) });
        return;
      default: {
        const description = this.process.descriptors.get(entry.fd);
        if (description === null) {
          this.#complete({ result: -EBADF });
          return;
        }
        // It is the object's as long as it is under way: closing the descriptor does not end it.
        description.references++;
        this.#description = description;
        this.attempt();
      }
    }
  }

  /** Note what trying it touches: its object, and the table where a connection gets its number. */
  touches(footprint: Footprint): void {
    const description = this.#description;
    if (description === null) return;
    description.file.touchesOfAll(footprint);
    description.touchesOfDrop(footprint);
    if (this.entry.op === 'accept') footprint.write(this.process.descriptors);
  }

  override tells(footprint: Footprint): void {
    footprint.write(this.ring);
    for (let waiter = this.ring.waits.head; waiter !== null; waiter = waiter.next) {
      // Rings may watch each other in a circle.
      if (waiter instanceof Request) footprint.touchEverything();
      else waiter.tells(footprint);
    }
  }

  attempt(): void {
    const description = this.#description as Description;
    const attempt = this.#try(description);
    if (attempt.result !== PENDING || attempt.waitsFor === undefined) {
      this.#complete(attempt);
      return;
    }
    this.#mask = attempt.waitsFor;
    description.file.waits.addFirst(this, false);
  }

  #try({ file, flags: status }: Description): Attempt {
    const { entry } = this;
    if (entry.op === 'poll') {
      const asked = entry.events | POLLERR | POLLHUP;
      const result = file.poll() & asked;
      return result === 0 ? { result: PENDING, waitsFor: asked } : { result };
    }
    /**
     * # io_uring: a request on a non-blocking descriptor does not wait either, it completes with
     * EAGAIN.
     */
    const waits = (mask: number, flags = 0): { waitsFor?: number } =>
      (status & O_NONBLOCK) !== 0 || (flags & MSG_DONTWAIT) !== 0 ? {} : { waitsFor: mask };
    switch (entry.op) {
      case 'read':
      case 'recv': {
        const flags = entry.op === 'recv' ? messageFlags('ring recv', entry.flags ?? 0) : 0;
        if ((flags & MSG_WAITALL) !== 0) throw new UnsupportedError('ring recv MSG_WAITALL');
        if (entry.op === 'recv' && !isSocket(file)) return { result: -ENOTSOCK };
        if ((status & O_ACCMODE) === O_WRONLY) return { result: -EBADF };
        const got =
          entry.op === 'recv' && isSocket(file)
            ? file.recv(entry.bytesMax, flags)
            : file.read(entry.bytesMax);
        if (typeof got === 'number') return { result: got, ...waits(READ_ENDS, flags) };
        return { result: got.length, bytes: got };
      }
      case 'write':
      case 'send': {
        const asked = entry.op === 'send' ? messageFlags('ring send', entry.flags ?? 0) : 0;
        const flags = asked | MSG_NOSIGNAL;
        if (entry.op === 'send' && !isSocket(file)) return { result: -ENOTSOCK };
        if ((status & O_ACCMODE) === O_RDONLY) return { result: -EBADF };
        if ((status & O_APPEND) !== 0 && entry.bytes.length > 0) file.toEnd();
        const result = isSocket(file)
          ? file.send(entry.bytes, 0, flags)
          : file.write(entry.bytes, 0);
        return { result, ...waits(WRITE_ENDS, flags) };
      }
      case 'accept': {
        if (!isSocket(file)) return { result: -ENOTSOCK };
        if (this.process.descriptors.lowestFree() < 0) return { result: -EMFILE };
        const incoming = file.accept();
        if (typeof incoming === 'number') return { result: incoming, ...waits(READ_ENDS) };
        const { kernel } = this.process;
        const bits = entry.nonblock ? 1 : 0;
        const result = kernel.install(this.process, incoming.socket, O_RDWR, bits);
        return { result, address: incoming.address };
      }
      case 'connect': {
        if (!isSocket(file)) return { result: -ENOTSOCK };
        const waiting = waits(WRITE_ENDS);
        let result = this.#connecting ? file.connectOutcome() : file.connect(entry.address);
        this.#connecting = result === -EINPROGRESS;
        // It may have come about in the very moment, unless a descriptor that does not wait is told
        // later anyway.
        if (this.#connecting && waiting.waitsFor !== undefined) result = file.connectOutcome();
        if (result !== -EINPROGRESS && result !== -EAGAIN) return { result };
        return waiting.waitsFor === undefined ? { result } : { result: PENDING, ...waiting };
      }
      default:
        throw new UnsupportedError(`ring op ${String((entry as { op: unknown }).op)}`);
    }
  }

  /** The object has something to say. */
  override wake(key: number): boolean {
    if (key !== 0 && (key & this.#mask) === 0) return false;
    this.leave();
    this.ring.woken(this);
    return true;
  }

  #startTimeout(ms: number, completions: number): void {
    const { timers, nowNs } = this.ring.clock;
    this.#completionsLeft = completions;
    this.#timer = new Timer(this);
    timers.arm(this.#timer, nowNs + ms * 1e6);
  }

  expire(): void {
    this.#complete({ result: -ETIME });
  }

  /**
   * A timeout may be about a number of completions too: then it is through with the last of them.
   */
  onCompletion(): void {
    if (this.#completionsLeft === 0 || --this.#completionsLeft > 0) return;
    this.#complete({ result: 0 });
  }

  #cancel(data: number): void {
    const target = this.ring.find(data, this);
    if (target !== undefined) target.#complete({ result: -ECANCELED });
    this.#complete({ result: target === undefined ? -ENOENT : 0 });
  }

  #complete({ result, bytes, address }: Attempt): void {
    this.letGo();
    this.ring.complete(this, {
      data: this.entry.data,
      result,
      ...(bytes === undefined ? {} : { bytes }),
      ...(address === undefined ? {} : { address }),
    });
  }

  letGo(): void {
    this.leave();
    if (this.#timer?.armed) this.ring.clock.timers.disarm(this.#timer);
    const description = this.#description;
    this.#description = null;
    description?.drop();
  }
}
