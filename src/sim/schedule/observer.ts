import type { Syscall } from '../../sys/syscall.ts';
import type { Kind, Labelled } from '../kernel/choices.ts';
import type { Happening } from '../kernel/happening.ts';
import type { SignalFate } from '../kernel/surroundings.ts';
import type { Task } from '../kernel/task.ts';
import type { EnvironmentEvent } from '../network/events.ts';
import type { Tap } from '../network/tap.ts';
import type { Moment } from './moment.ts';

/**
 * Hears of what it has a method for, of everything in a run; only there when a run is recorded, so
 * nothing else pays for it.
 */
export interface Observer {
  /** A decision was taken. For `step`, `taken` is what moves next and `instead` what could have. */
  decided?(
    kind: Kind,
    arity: number,
    choice: number,
    about: Labelled | undefined,
    taken: Task | EnvironmentEvent | undefined,
  ): void;
  /** A syscall had its turn; `result` is BLOCKED if it fell asleep. */
  stepped?(task: Task, call: Syscall<unknown>, result: unknown): void;
  /** An event of the surroundings has fired: its label, and what it was, from before it did. */
  fired?(label: string, happening: Happening): void;
  /** A program with an event loop of its own tells what it does between its syscalls. */
  told?(task: Task, moment: Moment): void;
  /** A signal has come to a task, and what becomes of it. */
  signalled?(task: Task, signal: number, fate: SignalFate): void;
  /** Nobody could move, so time went on. */
  timePassed?(nowNs: number): void;
  /** Hears of what travels on the virtual network. */
  readonly tap?: Tap;
}
