import { UsageError } from '../../sys/errors.ts';
import type { Op } from '../../sys/ops.ts';
import { Syscall } from '../../sys/syscall.ts';
import type { Labelled } from './choices.ts';
import type { Description } from './file.ts';

// Of a call's flags; the lowest is Syscall's own.
/** It has had a turn; a call that would block sleeps before it has. */
const BEGUN = 2;
/** Its sleep has ended because its time was up. */
const TIMED_OUT = 4;
/** A signal has ended its sleep, after it had moved something. */
const INTERRUPTED = 8;
/** Its record is not used again. */
const FRESH = 16;
/** The socket that it sleeps on has been disconnected (sk_disconnects). */
const DISCONNECTED = 32;
/** It has been put to sleep, and how long it may sleep is settled. */
const SLEPT = 64;
/** Behind the flags: how many calls the record has been before this one. */
const RENEWALS_SHIFT = 8;

/** What few calls have to remember, while they sleep. */
class Rest {
  deadlineNs = -1;
  gathered: Uint8Array[] | null = null;
  peekedFrom = 0;
}

/**
 * A syscall in the hands of the kernel: all that is known of it from the moment it is asked for to
 * the moment its answer is taken. A task that is in a signal's handler has another; the one that
 * the handler came in between waits as it is.
 *
 * Records are used again: a task makes one, which is its next call as soon as the answer has been
 * taken. Whoever keeps a call and asks for it a second time is then told so only while no other has
 * been made; replays (so the first run of a check, too) and recorded runs give each call a record
 * of its own (`RunOptions.fresh`).
 */
export class PendingCall extends Syscall<unknown> {
  /** The description that it keeps alive while it sleeps. */
  held: Description | null = null;
  /**
   * SO_RCVLOWAT as it was when a read went to sleep: what the option becomes meanwhile is not its
   * affair (sock_rcvlowat is asked once). 0 until then.
   */
  lowWater = 0;
  private rest: Rest | null = null;

  /** How many calls the record has been before this one: what tells one from the next. */
  get renewals(): number {
    return this.flags >>> RENEWALS_SHIFT;
  }

  /** Once more, for another call of its task. */
  renew(op: Op, a0: number, a1: number, a2: number, data: unknown): void {
    this.op = op;
    this.a0 = a0;
    this.a1 = a1;
    this.a2 = a2;
    this.data = data;
    this.progress = 0;
    this.flags = ((this.flags >>> RENEWALS_SHIFT) + 1) << RENEWALS_SHIFT;
    this.value = undefined;
    this.lowWater = 0;
    this.done = false as true;
  }

  /** It was made, and not yet asked for. */
  get isUnused(): boolean {
    return this.value === undefined && !this.done;
  }

  /** It has been answered, and its record may be the next call's. */
  get isReusable(): boolean {
    return this.done && (this.flags & FRESH) === 0;
  }

  /** The record is never another call's. */
  set staysFresh(fresh: boolean) {
    if (fresh) this.flags |= FRESH;
  }

  get begun(): boolean {
    return (this.flags & BEGUN) !== 0;
  }

  /** It has its turn now. */
  takesTurn(): void {
    this.flags |= BEGUN;
  }

  /** It is asked for: its next turn counts as its first. */
  awaitsTurn(): void {
    this.flags &= ~BEGUN;
  }

  get timedOut(): boolean {
    return (this.flags & TIMED_OUT) !== 0;
  }

  set timedOut(timedOut: boolean) {
    this.flags = timedOut ? this.flags | TIMED_OUT : this.flags & ~TIMED_OUT;
  }

  get interrupted(): boolean {
    return (this.flags & INTERRUPTED) !== 0;
  }

  set interrupted(interrupted: boolean) {
    this.flags = interrupted ? this.flags | INTERRUPTED : this.flags & ~INTERRUPTED;
  }

  get slept(): boolean {
    return (this.flags & SLEPT) !== 0;
  }

  set slept(slept: boolean) {
    this.flags = slept ? this.flags | SLEPT : this.flags & ~SLEPT;
  }

  get disconnected(): boolean {
    return (this.flags & DISCONNECTED) !== 0;
  }

  set disconnected(disconnected: boolean) {
    this.flags = disconnected ? this.flags | DISCONNECTED : this.flags & ~DISCONNECTED;
  }

  /**
   * When it gives up, in nanoseconds of the monotonic clock; -1 until it has begun to sleep, and if
   * it never does.
   */
  get deadlineNs(): number {
    return this.rest === null ? -1 : this.rest.deadlineNs;
  }

  set deadlineNs(deadlineNs: number) {
    this.rest ??= new Rest();
    this.rest.deadlineNs = deadlineNs;
  }

  /** What a recv that waits for more has taken out of its socket, or seen in it, so far. */
  get gathered(): readonly Uint8Array[] {
    return this.rest?.gathered ?? [];
  }

  gather(bytes: Uint8Array): void {
    this.rest ??= new Rest();
    this.rest.gathered ??= [];
    this.rest.gathered.push(bytes);
  }

  /** What a socket had lost when a recv that only looks began to. */
  get peekedFrom(): number {
    return this.rest?.peekedFrom ?? 0;
  }

  /** It looks from there, and has seen nothing yet. */
  peekFrom(bytesTaken: number): void {
    this.rest ??= new Rest();
    this.rest.gathered = null;
    this.rest.peekedFrom = bytesTaken;
  }

  /** It will be begun once more. */
  forgetSleep(): void {
    if (this.held !== null) {
      this.held.drop();
      this.held = null;
    }
    this.slept = false;
    this.lowWater = 0;
  }

  /** It is over: nothing is kept for it any longer. */
  settle(): void {
    if (this.held !== null) {
      this.held.drop();
      this.held = null;
    }
    this.rest = null;
  }
}

/** A program made a syscall, and neither yielded nor awaited it. */
export class UnusedCallError extends UsageError {
  /** The line that made it; only there in runs that are reported. */
  readonly where: string | undefined;

  constructor({ name, where }: PendingCall) {
    super(
      `${name} was made and neither yielded nor awaited, so nothing was done; write \`yield* sys.${name}(…)\` in a generator, \`await sys.${name}(…)\` in an async function`,
    );
    this.where = where;
    // How the kernel came to notice it helps nobody.
    this.stack = `${this.name}: ${this.message}${where === undefined ? '' : `\n    at ${where}`}`;
  }
}

/** Whether a call that was put to sleep as soon as it was asked for has been begun: a decision. */
export function beginningOf(task: Labelled, { name }: Syscall<unknown>): Labelled {
  return {
    label: () => task.label(),
    alternativeText: (choice) =>
      `${task.label()} ${choice === 0 ? 'is asleep in' : 'has not begun'} ${name}`,
  };
}
