import { OP } from '../../sys/ops.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { BLOCKED } from '../kernel/calls/handler.ts';
import type { Effects } from '../kernel/calls/row.ts';
import { rowOf } from '../kernel/calls/table.ts';
import { bytesText } from '../kernel/calls/text.ts';
import { Epoll } from '../kernel/epoll.ts';
import type { FileObject } from '../kernel/file.ts';
import type { Process } from '../kernel/process.ts';
import type { Task } from '../kernel/task.ts';
import { TcpSocket } from '../kernel/tcp.ts';
import type { Segment } from '../network/tap.ts';
import type { Arrow, ArrowKind } from './model.ts';

/** Something that lies in a queue, and the step that has put it there. */
interface Part {
  readonly step: number;
  readonly what: string;
  /** Bytes not yet taken out; 0 for what is no data (SYN, FIN, RST). */
  left: number;
}

/** What has been put into one end and not yet been taken out at the other, in order. */
class Parts {
  readonly #parts: Part[] = [];

  put(step: number, what: string, bytes: number): void {
    this.#parts.push({ step, what, left: bytes });
  }

  /** The steps whose bytes the next `bytes` bytes are. */
  take(bytes: number): Part[] {
    const taken: Part[] = [];
    for (let left = bytes; left > 0; ) {
      const part = this.#parts.find((one) => one.left > 0);
      if (part === undefined) break;
      const size = Math.min(left, part.left);
      part.left -= size;
      left -= size;
      taken.push(part);
      if (part.left === 0) this.#parts.splice(this.#parts.indexOf(part), 1);
    }
    return taken;
  }

  /** The oldest, as a whole, however much of it was asked for. */
  takeMessage(): Part[] {
    return this.#parts.splice(0, 1);
  }

  /** The last that is no data and is one of `whats`. */
  sign(whats: readonly string[]): Part | undefined {
    return this.#parts.findLast(({ what, left }) => left === 0 && whats.includes(what));
  }
}

/** A descriptor number was given back, and given out again to a task. */
interface Reuse {
  readonly freed: number;
  readonly given: number;
  readonly task: Task;
}

/** A step that uses a descriptor number which means another file than its task may think. */
export interface StaleUse {
  readonly step: number;
  readonly fd: number;
  /** The step that has given the number back. */
  readonly freed: number;
  /** The step that has given it out again. */
  readonly given: number;
}

/** Whose doing each step is: arrows from causes to effects, found while the run goes on. */
export class Causes {
  readonly arrows: Arrow[] = [];
  /** Left their sender, and not yet arrived. */
  readonly #underWay = new Map<FileObject, Parts>();
  readonly #datagrams = new WeakMap<Uint8Array, number>();
  /** Arrived, and not yet read. */
  readonly #arrived = new Map<FileObject, Parts>();
  /** The step in which a connection came into being, by the socket that accept will give. */
  readonly #connected = new Map<FileObject, number>();
  /** The last step that has changed what a file object could say of itself. */
  readonly #changed = new Map<FileObject, number>();
  /** The step in which a descriptor of it was closed. */
  readonly #closed = new Map<FileObject, number>();
  /** The last value written, the last release, by the cell or mutex. */
  readonly #written = new Map<object, { step: number; task: Task }>();
  /** Descriptor numbers given back, by process. */
  readonly #freed = new Map<Process, Map<number, number>>();
  /** Descriptor numbers that were given out again, by process: the last time. */
  readonly #reused = new Map<Process, Map<number, Reuse>>();
  /** Uses of such a number by a task that is older than that and was not given it. */
  readonly staleUses: StaleUse[] = [];
  /** The step in which a task was born. */
  readonly #births = new Map<Task, number>();
  /** Arrows that will end at the next step of a task. */
  readonly #next = new Map<Task, { from: number; kind: ArrowKind; text: string }[]>();
  /** Changes that a task has been told of by select, poll or epoll_wait. */
  readonly #toldOf = new Map<Task, Set<number>>();
  readonly #lastOfEnded = new Map<number, number>();
  /** File objects that the call of this step is about, from before it was carried out. */
  #file: FileObject | undefined;
  #step = 0;

  #arrow(kind: ArrowKind, from: number, to: number, text: string): void {
    if (from >= to || this.#has(kind, from, to)) return;
    this.arrows.push({ kind, from, to, text });
  }

  /** Arrows are found in the order of the steps at which they end. */
  #has(kind: ArrowKind, from: number, to: number): boolean {
    for (let i = this.arrows.length - 1; i >= 0; i--) {
      const arrow = this.arrows[i] as Arrow;
      if (arrow.to !== to) return false;
      if (arrow.from === from && arrow.kind === kind) return true;
    }
    return false;
  }

  /** Step number `step` begins: what is known of its call before it is carried out. */
  begins(step: number, mover: Task | undefined): void {
    this.#step = step;
    this.#file = undefined;
    if (mover?.call == null) return;
    this.#file = (mover.held ?? mover.process.descriptors.get(mover.call.a0))?.file;
    this.#uses(mover, mover.call);
    for (const { from, kind, text } of this.#next.get(mover) ?? []) {
      this.#arrow(kind, from, step, text);
    }
    this.#next.delete(mover);
  }

  /** `task` may move because of what this step has done. */
  woken(task: Task, text: string): void {
    this.#add(task, 'wake', text);
  }

  born(task: Task): void {
    this.#births.set(task, this.#step);
    this.#add(task, 'spawn', task.name);
  }

  #add(task: Task, kind: ArrowKind, text: string): void {
    const list = this.#next.get(task) ?? [];
    list.push({ from: this.#step, kind, text });
    this.#next.set(task, list);
  }

  ended(task: Task): void {
    this.#lastOfEnded.set(task.id, this.#step);
  }

  // ---- what travels ----

  departed({ what, from, bytes }: Segment): void {
    if (what === 'datagram') this.#datagrams.set(bytes, this.#step);
    else partsOf(this.#underWay, from).put(this.#step, what, bytes.length);
    // What comes to a socket that is closed is answered with RST.
    const closed = what === 'RST' ? this.#closed.get(from) : undefined;
    if (closed !== undefined) this.#arrow('message', closed, this.#step, 'closed');
  }

  arrived({ what, from, to, bytes }: Segment): void {
    const step = this.#step;
    const sent = partsOf(this.#underWay, from);
    if (what === 'datagram') {
      // Some never arrive, and some arrive twice.
      this.#arrow('message', this.#datagrams.get(bytes) ?? step, step, bytesText(bytes));
    } else if (bytes.length > 0) {
      const text = bytesText(bytes);
      for (const part of sent.take(bytes.length)) this.#arrow('message', part.step, step, text);
    } else {
      const sign = sent.sign([what === 'refused' ? 'SYN' : what]);
      if (sign !== undefined) this.#arrow('message', sign.step, step, what);
    }
    // A refusal comes back to who had asked.
    const receiver = what === 'refused' ? from : to;
    if (receiver === undefined) return;
    this.#changed.set(receiver, step);
    if (what === 'ACK') this.#connected.set(receiver, step);
    else if (what !== 'SYN') partsOf(this.#arrived, receiver).put(step, what, bytes.length);
  }

  // ---- what is read ----

  /** The call of this step was carried out. */
  stepped(task: Task, call: Syscall<unknown>, result: unknown): void {
    if (result !== BLOCKED) rowOf(call).effects(call, result, this.#effectsOf(task));
  }

  #effectsOf(task: Task): Effects {
    const file = this.#file;
    const { process } = task;
    return {
      read: (bytes, peeked) => {
        if (file !== undefined) this.#reads(file, bytes, peeked);
      },
      wrote: (taken) => {
        if (file !== undefined) {
          if (taken < 0) this.#told(file);
          else this.#writes(file, taken);
        }
      },
      toldError: () => {
        if (file !== undefined) this.#told(file);
      },
      accepted: (fd) => this.#accepts(process, fd),
      reported: (fds) => this.#looks(task, filesOf(process, fds)),
      reportedData: (data) => this.#looks(task, watchedBy(file, data)),
      gave: (fd) => this.#gives(task, fd),
      freed: (fd) => {
        if (file !== undefined) this.#closed.set(file, this.#step);
        this.#free(process, fd);
      },
      took: (object) => this.#remembers(object, task),
      left: (object) => this.#written.set(object, { step: this.#step, task }),
      joined: (taskId) => {
        const end = this.#lastOfEnded.get(taskId);
        if (end !== undefined) this.#arrow('wake', end, this.#step, 'has ended');
      },
    };
  }

  /** A value was read, or a lock taken, that somebody else had written or let go of. */
  #remembers(object: { readonly name: string }, task: Task): void {
    const last = this.#written.get(object);
    if (last !== undefined && last.task !== task) {
      this.#arrow('memory', last.step, this.#step, object.name);
    }
  }

  #reads(file: FileObject, bytes: Uint8Array | number, peeked: boolean): void {
    if (typeof bytes === 'number' || bytes.length === 0) {
      this.#told(file);
      return;
    }
    if (peeked) return;
    const parts = partsOf(this.#arrived, file);
    const text = bytesText(bytes);
    const taken = file.keepsMessages ? parts.takeMessage() : parts.take(bytes.length);
    for (const { step } of taken) this.#arrow('message', step, this.#step, text);
  }

  /** The end of a stream, or an error, was told to the program. */
  #told(file: FileObject): void {
    const sign = this.#arrived.get(file)?.sign(['FIN', 'RST', 'refused']);
    if (sign !== undefined) this.#arrow('message', sign.step, this.#step, sign.what);
  }

  /** What goes to the other end of a pipe or a pair is there at once. */
  #writes(file: FileObject, taken: number): void {
    const other = file.type === 'eventfd' ? file : file.counterpart;
    if (other === null || file.type === 'tcp' || taken <= 0) return;
    partsOf(this.#arrived, other).put(this.#step, 'data', taken);
    this.#changed.set(other, this.#step);
  }

  #accepts(process: Process, fd: number): void {
    const file = process.descriptors.get(fd)?.file;
    const since = file === undefined ? undefined : this.#connected.get(file);
    if (since !== undefined) this.#arrow('message', since, this.#step, 'connection');
  }

  /**
   * A select, poll or epoll_wait has told of files: what has made them ready, when it is told for
   * the first time.
   */
  #looks(task: Task, reported: Iterable<readonly [number, FileObject]>): void {
    const told = this.#toldOf.get(task) ?? new Set<number>();
    this.#toldOf.set(task, told);
    for (const [fd, file] of reported) {
      const step = this.#changeOf(file);
      if (step === undefined || told.has(step)) continue;
      told.add(step);
      if (!this.#has('wake', step, this.#step)) this.#arrow('ready', step, this.#step, `fd ${fd}`);
    }
  }

  /** The last step that has made something of `file` ready. */
  #changeOf(file: FileObject): number | undefined {
    if (!(file instanceof TcpSocket) || file.state !== 'LISTEN') return this.#changed.get(file);
    const newest = file.acceptQueue.at(-1);
    return newest === undefined ? undefined : this.#connected.get(newest);
  }

  // ---- descriptor numbers ----

  #free(process: Process, fd: number): void {
    const numbers = this.#freed.get(process) ?? new Map<number, number>();
    numbers.set(fd, this.#step);
    this.#freed.set(process, numbers);
  }

  #gives(task: Task, fd: number): void {
    const { process } = task;
    const freed = this.#freed.get(process)?.get(fd);
    if (freed === undefined) return;
    this.#arrow('reuse', freed, this.#step, `fd ${fd} again`);
    const reused = this.#reused.get(process) ?? new Map<number, Reuse>();
    reused.set(fd, { freed, given: this.#step, task });
    this.#reused.set(process, reused);
  }

  #uses(task: Task, { op, a0: fd }: Syscall<unknown>): void {
    if (!TRANSFERS.has(op)) return;
    if (this.#file === undefined) {
      const freed = this.#freed.get(task.process)?.get(fd) ?? this.#step;
      this.#arrow('reuse', freed, this.#step, `fd ${fd} was closed`);
      return;
    }
    const reuse = this.#reused.get(task.process)?.get(fd);
    if (reuse === undefined || reuse.task === task) return;
    if ((this.#births.get(task) ?? 0) > reuse.given) return;
    const { freed, given } = reuse;
    this.staleUses.push({ step: this.#step, fd, freed, given });
  }
}

const TRANSFERS: ReadonlySet<number> = new Set([
  OP.send,
  OP.recv,
  OP.read,
  OP.write,
  OP.shutdown,
  OP.close,
]);

function partsOf(map: Map<FileObject, Parts>, file: FileObject): Parts {
  let parts = map.get(file);
  if (parts === undefined) {
    parts = new Parts();
    map.set(file, parts);
  }
  return parts;
}

function* filesOf(
  { descriptors }: Process,
  fds: Iterable<number>,
): Generator<readonly [number, FileObject]> {
  for (const fd of fds) {
    const file = descriptors.get(fd)?.file;
    if (file !== undefined) yield [fd, file];
  }
}

/** What `epoll` watches and registered with one of these numbers. */
function* watchedBy(
  epoll: FileObject | undefined,
  data: Iterable<number>,
): Generator<readonly [number, FileObject]> {
  if (!(epoll instanceof Epoll)) return;
  const told = new Set(data);
  for (const { fd, data: registered, description } of epoll.items) {
    if (told.has(registered)) yield [fd, description.file];
  }
}
