import { MSG_PEEK } from '../../sys/constants.ts';
import type { CellAccess } from '../../sys/memory.ts';
import { OP } from '../../sys/ops.ts';
import type { Accepted, EpollEvent, PollReady, SelectReady, SelectSets } from '../../sys/sys.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { BLOCKED } from '../kernel/calls/handler.ts';
import { Epoll } from '../kernel/epoll.ts';
import type { FileObject } from '../kernel/file.ts';
import type { Process } from '../kernel/process.ts';
import type { Task } from '../kernel/task.ts';
import { TcpSocket } from '../kernel/tcp.ts';
import type { Segment } from '../network/tap.ts';
import { bytesText } from './describe.ts';
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
  /** The last value written, the last release, by the cell or mutex. */
  readonly #written = new Map<unknown, { step: number; task: Task }>();
  /** Descriptor numbers given back, by process. */
  readonly #freed = new Map<Process, Map<number, number>>();
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
    if (result !== BLOCKED) this.#came(task, call, result);
  }

  #came(task: Task, call: Syscall<unknown>, result: unknown): void {
    const file = this.#file;
    switch (call.op) {
      case OP.recv:
      case OP.read:
      case OP.recvfrom:
        if (file !== undefined) this.#reads(file, call, result);
        return;
      case OP.send:
      case OP.write:
      case OP.sendto:
        if (file !== undefined) this.#writes(file, result);
        return;
      case OP.connect:
        if (file !== undefined && typeof result === 'number' && result < 0) this.#told(file);
        return;
      case OP.accept:
        this.#accepts(task, result);
        return;
      case OP.select:
      case OP.poll:
      case OP.epollWait:
        this.#looks(task, call, result);
        return;
      case OP.close:
        if (result === 0) this.#free(task.process, call.a0);
        return;
      case OP.socket:
      case OP.dup:
      case OP.eventfd:
      case OP.epollCreate:
      case OP.open:
        if (typeof result === 'number') this.#gives(task.process, result);
        return;
      case OP.store:
      case OP.update:
        this.#remembers((call.data as CellAccess).cell, task);
        if (call.op === OP.store) this.#written.set((call.data as CellAccess).cell, this.#by(task));
        return;
      case OP.load:
        this.#remembers((call.data as CellAccess).cell, task);
        return;
      case OP.lock:
        this.#remembers(call.data, task);
        return;
      case OP.unlock:
        this.#written.set(call.data, this.#by(task));
        return;
      case OP.join: {
        const end = this.#lastOfEnded.get(call.a0);
        if (end !== undefined) this.#arrow('wake', end, this.#step, 'has ended');
        return;
      }
    }
  }

  #by(task: Task): { step: number; task: Task } {
    return { step: this.#step, task };
  }

  /** A value was read, or a lock taken, that somebody else had written or let go of. */
  #remembers(object: unknown, task: Task): void {
    const last = this.#written.get(object);
    if (last !== undefined && last.task !== task) {
      this.#arrow('memory', last.step, this.#step, (object as { name: string }).name);
    }
  }

  #reads(file: FileObject, call: Syscall<unknown>, result: unknown): void {
    const bytes = bytesIn(result);
    const parts = partsOf(this.#arrived, file);
    if (bytes !== undefined && bytes.length > 0) {
      const text = bytesText(bytes);
      const peeks = call.op !== OP.read && (call.a2 & MSG_PEEK) !== 0;
      if (!peeks) {
        const taken = file.keepsMessages ? parts.takeMessage() : parts.take(bytes.length);
        for (const { step } of taken) this.#arrow('message', step, this.#step, text);
      }
    } else this.#told(file);
  }

  /** The end of a stream, or an error, was told to the program. */
  #told(file: FileObject): void {
    const sign = this.#arrived.get(file)?.sign(['FIN', 'RST', 'refused']);
    if (sign !== undefined) this.#arrow('message', sign.step, this.#step, sign.what);
  }

  /** What goes to the other end of a pipe or a pair is there at once. */
  #writes(file: FileObject, result: unknown): void {
    const other = file.type === 'eventfd' ? file : file.counterpart;
    if (other === null || file.type === 'tcp' || typeof result !== 'number' || result <= 0) return;
    partsOf(this.#arrived, other).put(this.#step, 'data', result);
    this.#changed.set(other, this.#step);
  }

  #accepts(task: Task, result: unknown): void {
    if (typeof result !== 'object' || result === null) return;
    const { fd } = result as Accepted;
    const file = task.process.descriptors.get(fd)?.file;
    const since = file === undefined ? undefined : this.#connected.get(file);
    if (since !== undefined) this.#arrow('message', since, this.#step, 'connection');
    this.#gives(task.process, fd);
  }

  /**
   * A select, poll or epoll_wait has told of files: what has made them ready, when it is told for
   * the first time.
   */
  #looks(task: Task, call: Syscall<unknown>, result: unknown): void {
    const told = this.#toldOf.get(task) ?? new Set<number>();
    this.#toldOf.set(task, told);
    for (const [fd, file] of this.#reported(task, call, result)) {
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

  *#reported(task: Task, call: Syscall<unknown>, result: unknown): Generator<[number, FileObject]> {
    if (typeof result !== 'object' || result === null) return;
    if (call.op === OP.epollWait) {
      const told = new Set((result as EpollEvent[]).map(({ data }) => data));
      if (!(this.#file instanceof Epoll)) return;
      for (const { fd, data, description } of this.#file.items) {
        if (told.has(data)) yield [fd, description.file];
      }
      return;
    }
    const fds =
      call.op === OP.poll
        ? (result as PollReady[]).map(({ fd }) => fd)
        : readyFds(result as SelectReady);
    for (const fd of fds) {
      const file = task.process.descriptors.get(fd)?.file;
      if (file !== undefined) yield [fd, file];
    }
  }

  // ---- descriptor numbers ----

  #free(process: Process, fd: number): void {
    const numbers = this.#freed.get(process) ?? new Map<number, number>();
    numbers.set(fd, this.#step);
    this.#freed.set(process, numbers);
  }

  #gives(process: Process, fd: number): void {
    const freed = this.#freed.get(process)?.get(fd);
    if (freed !== undefined) this.#arrow('reuse', freed, this.#step, `fd ${fd} again`);
  }
}

function partsOf(map: Map<FileObject, Parts>, file: FileObject): Parts {
  let parts = map.get(file);
  if (parts === undefined) {
    parts = new Parts();
    map.set(file, parts);
  }
  return parts;
}

function readyFds({ read, write, except }: Required<SelectSets> | SelectReady): Set<number> {
  return new Set([...read, ...write, ...except]);
}

function bytesIn(result: unknown): Uint8Array | undefined {
  if (result instanceof Uint8Array) return result;
  const { bytes } = (result ?? {}) as { bytes?: unknown };
  return bytes instanceof Uint8Array ? bytes : undefined;
}
