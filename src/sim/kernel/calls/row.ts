import type { Cell, Condition, Mutex, SharedObject } from '../../../sys/memory.ts';
import type { Barrier, ChannelCase, RwLock, Semaphore, WaitGroup } from '../../../sys/sync.ts';
import type { Address } from '../../../sys/sys.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import type { Footprint } from '../footprint.ts';
import type { Task } from '../task.ts';
import type { BLOCKED } from './handler.ts';
import { jsonText } from './text.ts';

/** A call as its row sees it: three numbers, and whatever else it was asked with. */
export type Call<Data = unknown> = Syscall<unknown> & { readonly data: Data };

/**
 * One syscall of the kernel: all that is known of it, in one place. What a row leaves out is as its
 * comment here says.
 */
export interface Row<Data = unknown, Answer = unknown> {
  // ---- what it does ----

  /** Carry it out: its answer, a negated errno, or {@link BLOCKED}. */
  perform(task: Task, call: Call<Data>): Answer | number | typeof BLOCKED;
  /**
   * Asked when it is posted, before its turn: put the task to sleep if the call would sleep anyway,
   * and say so. Only runnable tasks are offered to the strategy, so that no decision is spent on a
   * step that does nothing. Left out: it always has its turn.
   */
  parks(task: Task, call: Call<Data>): boolean;
  /**
   * What a handled signal does to it while it sleeps (signal(7)): `ends` it with EINTR, `restarts`
   * it where the handler has SA_RESTART, `settles` it with the answer that it has already, or
   * `passes` it by. Left out: `ends`.
   */
  readonly onSignal: 'ends' | 'restarts' | 'settles' | 'passes';
  /** It sends bytes: what it has moved when its sleep is ended is its answer. */
  readonly sends: boolean;
  /** Nobody gets its answer: its task, or the task's program, is no more. */
  readonly neverReturns: boolean;

  // ---- what it touches ----

  /** Note the kernel objects that it will touch if it is carried out now. */
  touches(task: Task, call: Call<Data>, into: Footprint): void;
  /** In what way being posted counts, although it then sleeps: see `postedFootprint`. */
  readonly posted: 'nothing' | 'looks' | 'reads' | 'writes' | 'queues';
  /**
   * How it puts what tasks do in order, for data race detection. Left out: by what it touches.
   */
  orders(task: Task, call: Call<Data>, into: Order): void;
  /** Cells, locks, channels that it uses. */
  memory(call: Call<Data>): readonly SharedObject[];

  // ---- how it reads ----

  /** `connect fd 4 to 127.0.0.1:7000`. Left out: its name and its descriptor. */
  asked(call: Call<Data>): string;
  /** What a call that has succeeded gave: `fd 5`, `"abc"`. Left out: `ok`. */
  answered(call: Call<Data>, answer: Answer): string;
  /** Why a task that sleeps in it is not woken. */
  waitsFor(task: Task, call: Call<Data>): WaitsFor | undefined;
  /** Who can end its sleep. Left out: anybody might. */
  helpers(task: Task, call: Call<Data>): Helpers | undefined;
  /** What it waits for on which descriptors, for pictures of the kernel's state. */
  watches(call: Call<Data>): readonly Watch[];

  // ---- what its program sees ----

  /**
   * What was asked, as far as it is the same wherever the program runs. Left out: its name, its
   * descriptor, and the bytes it sends.
   */
  askedAlike(call: Call<Data>): string;
  /** What came of it, likewise, if it has succeeded. Left out: the value as text. */
  seen(call: Call<Data>, answer: Answer): string;
  /** The address that the answer holds. */
  addressIn(answer: Answer): Address | undefined;
  /** Mix what it gave into the run's digest; numbers are never asked for. Left out: as JSON. */
  hash(answer: Answer, into: Hash): void;

  // ---- what it has to do with what others did ----

  /** Tell what it has taken up, when it was carried out and did not sleep. */
  effects(call: Call<Data>, answer: Answer | number, into: Effects): void;
}

/** A number of a descriptor, and why its file is looked at. */
export interface Watch {
  readonly how: string;
  readonly fd: number;
  /** Poll bits. */
  readonly mask: number;
}

/** Those on whom somebody's sleep depends. */
export interface Helpers {
  readonly who: readonly Task[];
  /**
   * `holders` of what it waits for, or the task whose `end` it waits for: each of them has to do
   * something. `past`: those who have ended such a sleep before, of whom one is enough.
   */
  readonly what: 'holders' | 'end' | 'past';
}

/** What somebody who sleeps waits for. */
export type WaitsFor =
  | { readonly what: 'mutex'; readonly mutex: Mutex }
  | { readonly what: 'condition'; readonly condition: Condition }
  | { readonly what: 'rwlock'; readonly rwlock: RwLock }
  | { readonly what: 'permit'; readonly semaphore: Semaphore }
  | { readonly what: 'others'; readonly place: Barrier | WaitGroup }
  | { readonly what: 'channel'; readonly cases: readonly ChannelCase[] }
  | { readonly what: 'word'; readonly index: number }
  | { readonly what: 'task'; readonly id: number }
  | { readonly what: 'signal' | 'readiness' | 'completions' }
  | {
      readonly what: 'bytes' | 'room' | 'events' | 'connections' | 'answer' | 'lock';
      readonly fd: number;
    };

/** A hash that takes in what calls give. */
export interface Hash {
  mix(value: number): void;
  mixBytes(bytes: Uint8Array): void;
  mixText(text: string): void;
}

/** How a cell is accessed. */
export interface CellUse {
  readonly writes: boolean;
  /** Nobody can come between its read and its write, and it puts tasks in order. */
  readonly atomic: boolean;
}

/** Who keeps the order that synchronising calls put tasks in. */
export interface Order {
  accesses(cell: Cell<unknown>, how: CellUse): void;
  /** It comes after whoever has released `object`. */
  acquires(object: unknown): void;
  /** Whoever acquires `object` comes after it. */
  releases(object: unknown): void;
  /** A task or a process is born: it comes after. */
  begets(): void;
  /** It comes after all that a task did, which has ended. */
  joins(taskId: number): void;
  /** It comes after all who have written an object that it touches. */
  touches(): void;
}

/** Who draws arrows from what was done to those who noticed; `trace/causes.ts`. */
export interface Effects {
  /** Bytes came out of the call's file, or none and the end of it was told; -errno likewise. */
  read(bytes: Uint8Array | number, peeked: boolean): void;
  /** So many bytes went into the call's file. */
  wrote(taken: number): void;
  /** An error of the call's file was told. */
  toldError(): void;
  /** A descriptor's number was given out. */
  gave(fd: number): void;
  /** A descriptor's number was given back. */
  freed(fd: number): void;
  /** A connection came out of a listener's queue, under this number. */
  accepted(fd: number): void;
  /** Descriptors were said to be ready. */
  reported(fds: Iterable<number>): void;
  /** What was registered with this data was said to be ready, by the epoll that was asked. */
  reportedData(data: Iterable<number>): void;
  /** A value was read or a lock taken that others may have left. */
  took(object: { readonly name: string }): void;
  /** A value or a lock was left for others. */
  left(object: { readonly name: string }): void;
  /** The end of a task was waited for. */
  joined(taskId: number): void;
}

/** What a row has to say; the rest is as {@link Row} tells. */
export type RowParts<Data, Answer> = Pick<Row<Data, Answer>, 'perform' | 'touches'> &
  Partial<Row<Data, Answer>>;

/** Descriptors 0, 1 and 2 are the world's own. */
export const CONSOLE_FD_MAX = 2;

const NOTHING: readonly [] = [];

/** All bytes: two contents of one length are two sights. */
export function bytesAlike(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return `${bytes.length} B ${text}`;
}

/** A value as text that is the same in every run. */
export function valueAlike(value: unknown): string {
  if (value instanceof Uint8Array) return bytesAlike(value);
  if (Array.isArray(value)) return value.map(valueAlike).join(', ');
  // What cells hold beside plain values has no text that could be relied upon.
  return typeof value === 'object' && value !== null ? DONE : String(value);
}

/** What stands for an answer that is not compared. */
export const DONE = 'done';

/**
 * Files and hashes ask rows at every step, so all rows are objects of one shape.
 *
 * @internal
 */
export function row<Data, Answer>(parts: NoInfer<RowParts<Data, Answer>>): Row<Data, Answer> {
  return {
    perform: parts.perform,
    parks: parts.parks ?? (() => false),
    onSignal: parts.onSignal ?? 'ends',
    sends: parts.sends ?? false,
    neverReturns: parts.neverReturns ?? false,
    touches: parts.touches,
    posted: parts.posted ?? 'nothing',
    orders: parts.orders ?? ((_task, _call, into) => into.touches()),
    memory: parts.memory ?? (() => NOTHING),
    asked: parts.asked ?? (({ name, a0 }) => `${name} fd ${a0}`),
    answered: parts.answered ?? (() => 'ok'),
    waitsFor: parts.waitsFor ?? (() => undefined),
    helpers: parts.helpers ?? (() => undefined),
    watches: parts.watches ?? (() => NOTHING),
    askedAlike: parts.askedAlike ?? (({ name, a0 }) => `${name} ${a0}`),
    seen: parts.seen ?? ((_call, answer) => valueAlike(answer)),
    addressIn: parts.addressIn ?? (() => undefined),
    hash: parts.hash ?? ((answer, into) => into.mixText(jsonText(answer))),
    effects: parts.effects ?? (() => {}),
  };
}
