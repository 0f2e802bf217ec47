import type { Syscall } from '../../../sys/syscall.ts';
import { KIND, KIND_NAMES, type Kind, type Labelled } from '../../kernel/choices.ts';
import type { Task } from '../../kernel/task.ts';
import type { Observer } from '../observer.ts';
import type { ChoicePoint, Strategy } from '../strategy.ts';

/** `steps` steps in a row of one mover. */
export interface ScheduleSegment {
  readonly who: string;
  readonly steps: number;
}

/** A decision other than who moves: which alternative, of what, for the how-manieth time. */
export interface KeyedChoice {
  readonly key: string;
  readonly choice: number;
}

/**
 * A schedule that can be taken apart: segments of moves, and choices that do not shift when one of
 * them is left out.
 */
export interface LooseSchedule {
  readonly segments: readonly ScheduleSegment[];
  readonly choices: readonly KeyedChoice[];
}

/**
 * Replay, loosely: follows segments of moves by name, skipping those whose mover cannot move, and
 * goes on calmly at their end; choices are found by what they are about. Any part of such a
 * schedule may be left out and the rest keeps its meaning, which is what shrinking needs
 * (algorithms.md, 4.8; DejaFu's trace simplifier works on such segments). It observes the run it
 * steers, and so also writes down the loose schedule of what really happened.
 */
export class ReplayLoosely implements Strategy, Observer {
  readonly name = 'loose replay';
  readonly #segments: readonly ScheduleSegment[];
  readonly #choices: ReadonlyMap<string, number>;
  readonly #counts = new Map<string, number>();
  #segment = 0;
  #stepsDone = 0;
  // What really happened.
  readonly #happened: { who: string; steps: number }[] = [];
  readonly #chosen: KeyedChoice[] = [];

  constructor(schedule: LooseSchedule) {
    this.#segments = schedule.segments;
    this.#choices = new Map(schedule.choices.map(({ key, choice }) => [key, choice]));
  }

  begin(): boolean {
    return true;
  }

  choose(kind: Kind, arity: number, point: ChoicePoint, about?: Labelled): number {
    return kind === KIND.step ? this.#mover(arity, point) : this.#choice(kind, arity, about);
  }

  #choice(kind: Kind, arity: number, about: Labelled | undefined): number {
    const key = this.#keyOf(kind, about);
    const choice = Math.min(this.#choices.get(key) ?? 0, arity - 1);
    if (choice !== 0) this.#chosen.push({ key, choice });
    return choice;
  }

  /** Another strategy steers and has chosen: write its choice down. */
  follow(choice: number, kind: Kind, about: Labelled | undefined): number {
    if (kind === KIND.step) return choice;
    const key = this.#keyOf(kind, about);
    if (choice !== 0) this.#chosen.push({ key, choice });
    return choice;
  }

  #keyOf(kind: Kind, about: Labelled | undefined): string {
    const name = `${KIND_NAMES[kind]} ${about?.label() ?? ''}`;
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return `${name} ${count}`;
  }

  #mover(arity: number, point: ChoicePoint): number {
    for (; this.#segment < this.#segments.length; this.#segment++, this.#stepsDone = 0) {
      const { who, steps } = this.#segments[this.#segment] as ScheduleSegment;
      if (this.#stepsDone >= steps) continue;
      for (let i = 0; i < arity; i++) if (point.alternative(i).label() === who) return i;
    }
    return 0;
  }

  end(): void {}

  stepped(task: Task, _call: Syscall<unknown>): void {
    this.#moved(task.name);
  }

  fired(label: string): void {
    this.#moved(label);
  }

  #moved(who: string): void {
    if (this.#segments[this.#segment]?.who === who) this.#stepsDone++;
    const last = this.#happened.at(-1);
    if (last?.who === who) last.steps++;
    else this.#happened.push({ who, steps: 1 });
  }

  /** The run that was steered, as a loose schedule of its own. */
  happened(): LooseSchedule {
    return { segments: [...this.#happened], choices: [...this.#chosen] };
  }
}
