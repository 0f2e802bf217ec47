import type { Choices } from './choices.ts';
import type { Clock } from './clock.ts';
import type { Footprint } from './footprint.ts';
import type { Happening } from './happening.ts';
import type { Network } from './network.ts';
import type { ReadyList } from './ready.ts';
import type { Task } from './task.ts';

/** What a kernel lets happen at some later moment, as a step of its own. */
export interface LaterEvent {
  fire(): void;
  happening(): Happening;
  /** What it will touch when it fires; anything at all where nothing is said. */
  touches?(footprint: Footprint): void;
}

/**
 * What becomes of a signal: its handler runs, or is to run once more; `before`: it runs before the
 * call that the task was about to make has begun; `merges`: it is one with the signal that is
 * pending; `kills`: it ends the process.
 */
export type SignalFate = 'runs' | 'before' | 'again' | 'merges' | 'kills';

/** All that a kernel is handed: it has no clock, no randomness and no peers of its own. */
export interface Surroundings {
  readonly clock: Clock;
  readonly choices: Choices;
  readonly network: Network;
  readonly ready: ReadyList;
  /** Each syscall has a record of its own; see {@link PendingCall}. */
  readonly fresh: boolean;
  /** The states that TCP sockets have been in, as bits: see {@link SEEN}. */
  socketsSeen: number;
  /** The task whose code is running at this moment. */
  running: Task | null;
  /** Code of `task` runs within the step of whoever is running: a body begins, a handler comes. */
  within(task: Task, code: () => void): void;
  /** Whether this is a step of `task`, of whatever its code may have caused to run meanwhile. */
  isMoving(task: Task): boolean;
  /** Birth numbers that are unique in the whole world. */
  nextTaskId(): number;
  nextPid(): number;
  /** The ordinal for a new task of that name: 0 for one that stays alone. */
  nextOrdinal(baseName: string, spawned: boolean): number;
  /** A task was made; give it the body that runs `program` and start it. */
  start(task: Task, program: unknown): void;
  /** A socket listens on `port` now. */
  listening(host: string, port: number): void;
  /** A task that slept, or waited outside, asks for another call now (its `call`). */
  posted(task: Task): void;
  /** Something that takes a step of its own, at any moment from now on. */
  later(event: LaterEvent): void;
  /** A task has ended or died. */
  ended(task: Task): void;
  /** A signal has come to a task; nothing hangs on it, but a recorded run is told. */
  signalled(task: Task, signal: number, fate: SignalFate): void;
}
