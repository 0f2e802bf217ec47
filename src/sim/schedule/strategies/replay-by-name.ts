import type { Syscall } from '../../../sys/syscall.ts';
import { KIND, KIND_NAMES, type Kind, type Labelled } from '../../kernel/choices.ts';
import { Task } from '../../kernel/task.ts';
import type { EnvironmentEvent } from '../../network/events.ts';
import { Departure } from '../departure.ts';
import { waitText } from '../judge.ts';
import type { Observer } from '../observer.ts';
import type { ChoicePoint, Ended, Strategy } from '../strategy.ts';

/**
 * What moved, by name: a task and its syscall (`client#1 recv`), or an event (`net a:1→b:2 FIN`).
 */
export interface NamedMove {
  readonly who: string;
  /** The syscall; undefined for an event. */
  readonly call?: string;
}

/** A decision of another kind than `step`: which alternative was taken, and of what. */
export interface NamedChoice {
  readonly kind: string;
  readonly about: string;
  readonly choice: number;
}

/**
 * A schedule by names: every move up to the last decision that was not calm, and every other
 * decision up to there.
 */
export interface NamedSchedule {
  readonly moves: readonly NamedMove[];
  readonly choices: readonly NamedChoice[];
}

/**
 * Replay by name: follows who moved with which syscall, so that it survives edits that have nothing
 * to do with the failure. A task that now makes further syscalls between two recorded ones is run
 * through them; a task that the recording does not know stays out of the way. Where the next
 * recorded mover cannot move at all, the two runs part.
 *
 * @since 0.1.0
 */
export class ReplayByName implements Strategy, Observer {
  readonly name = 'replay by name';
  readonly #schedule: NamedSchedule;
  /** Moves made so far that were recorded. */
  #moved = 0;
  /** Steps so far, and up to the last that was recorded. */
  #steps = 0;
  #followedUntil = 0;
  /** The next choice to take, by kind and what it is about. */
  readonly #choices = new Map<string, number[]>();
  /** Every task that has moved, by name. */
  readonly #tasks = new Map<string, Task>();

  /** Follow a schedule whose decisions are named by tasks and syscalls. */
  constructor(schedule: NamedSchedule) {
    this.#schedule = schedule;
  }

  begin(): boolean {
    this.#moved = 0;
    this.#steps = 0;
    this.#followedUntil = 0;
    this.#choices.clear();
    for (const { kind, about, choice } of this.#schedule.choices) {
      const key = `${kind} ${about}`;
      const queue = this.#choices.get(key);
      if (queue === undefined) this.#choices.set(key, [choice]);
      else queue.push(choice);
    }
    return true;
  }

  choose(kind: Kind, arity: number, point: ChoicePoint, about?: Labelled): number {
    if (kind !== KIND.step) {
      const choice = this.#choices.get(`${KIND_NAMES[kind]} ${about?.label() ?? ''}`)?.shift() ?? 0;
      return Math.min(choice, arity - 1);
    }
    const expected = this.#schedule.moves[this.#moved];
    if (expected === undefined) return 0;
    let sameTask = -1;
    for (let i = 0; i < arity; i++) {
      const alternative = point.alternative(i);
      if (nameOf(alternative) !== expected.who) continue;
      if (callOf(alternative) === expected.call) return i;
      sameTask = i;
    }
    // On its way to the recorded syscall through others that the recording does not know.
    if (sameTask >= 0) return sameTask;
    // Somebody new stands in between, or the mover waits for what will come by itself: let it.
    const known = new Set(this.#schedule.moves.slice(this.#moved).map((move) => move.who));
    for (let i = 0; i < arity; i++) if (!known.has(nameOf(point.alternative(i)))) return i;
    const names: string[] = [];
    for (let i = 0; i < arity; i++) names.push(moveText(point.alternative(i)));
    throw new Departure({
      step: point.stepCount + 1,
      expected: expectedText(expected),
      found: `one of  ${names.join(' · ')}${this.#whyNot(expected.who)}`,
    });
  }

  /** Why a task cannot move: `; handler#1 has ended`. */
  #whyNot(name: string): string {
    const task = this.#tasks.get(name);
    if (task === undefined) return '';
    if (task.state !== 'alive') return `; ${name} has ended`;
    return task.asleep ? `; ${name} is asleep in ${waitText(task)}` : '';
  }

  /**
   * A run that has passed without all that was recorded has parted from it where it last followed.
   */
  end({ failed }: Ended): void {
    const expected = this.#schedule.moves[this.#moved];
    if (failed || expected === undefined) return;
    throw new Departure({
      step: this.#followedUntil + 1,
      expected: expectedText(expected),
      found: `the run went on without it, and has ended${this.#whyNot(expected.who)}`,
    });
  }

  stepped(task: Task, call: Syscall<unknown>): void {
    this.#tasks.set(task.name, task);
    this.#advance(task.name, call.name);
  }

  fired(label: string): void {
    this.#advance(label, undefined);
  }

  timePassed(): void {
    this.#steps++;
  }

  #advance(who: string, call: string | undefined): void {
    const expected = this.#schedule.moves[this.#moved];
    this.#steps++;
    if (expected === undefined || expected.who !== who || expected.call !== call) return;
    this.#moved++;
    this.#followedUntil = this.#steps;
  }
}

function expectedText({ who, call }: NamedMove): string {
  return call === undefined ? who : `${who} (${call})`;
}

export function nameOf(mover: Task | EnvironmentEvent): string {
  return mover.label();
}

function callOf(mover: Task | EnvironmentEvent): string | undefined {
  return mover instanceof Task ? mover.call?.name : undefined;
}

function moveText(mover: Task | EnvironmentEvent): string {
  const call = callOf(mover);
  return call === undefined ? nameOf(mover) : `${nameOf(mover)} (${call})`;
}
