import type { Kind, Labelled } from '../../kernel/choices.ts';
import type { Task } from '../../kernel/task.ts';
import type { EnvironmentEvent } from '../../network/events.ts';
import type { ChoicePoint, Ended, Strategy } from '../strategy.ts';
import { Coverage } from './coverage.ts';

/** What a failure is worth beside a new pair of accesses. */
const FAILURE_WORTH = 8;
/** How fast old finds are forgotten, a run. */
const DECAY = 0.98;
/** Every member gets at least this part of an even share of what goes by finds. */
const SHARE_MIN = 0.25;
/** After so many runs half of the shares goes by finds, and half by what is known beforehand. */
const RUNS_HALFWAY = 5_000;

interface Member {
  readonly strategy: Strategy;
  /** Its share before anything is known of the program. */
  readonly prior: number;
  /** What it has found lately, a run. */
  worth: number;
  /** Runs it has had, each divided by its share: who has the least is next. */
  pace: number;
  exhausted: boolean;
}

/**
 * A portfolio: no strategy wins everywhere (the tables of the SURW and RFF papers), so several share the runs. It begins with an opening,
 * because many a bug shows in the first run of one strategy or another. After that each has the part it was given. Later, when that has not done it, more and more goes by what runs have lately brought: failures, and
 * pairs of conflicting accesses that no run had shown before; of that nobody's part falls below a quarter of an even share,
 * because what has found nothing yet may be what is needed. The parts are kept by stride scheduling (Waldspurger and Weihl, 1995), so the order is the same every time.
 */
export class Portfolio implements Strategy {
  readonly name = 'portfolio';
  readonly #members: readonly Member[];
  readonly #opening: readonly number[];
  readonly #coverage = new Coverage();
  #member: Member;
  #runs = 0;

  /**
   * @param priors the shares of the first runs, in proportion; default: even ones
   * @param opening whose the very first runs are, as places among the strategies; default: none
   */
  constructor(
    strategies: readonly Strategy[],
    priors: readonly number[] = [],
    opening: readonly number[] = [],
  ) {
    this.#opening = opening;
    const total = strategies.reduce((sum, _, i) => sum + (priors[i] ?? 1), 0);
    this.#members = strategies.map((strategy, i) => ({
      strategy,
      prior: (priors[i] ?? 1) / total,
      worth: 1,
      pace: total / (priors[i] ?? 1),
      exhausted: false,
    }));
    this.#member = this.#members[0] as Member;
  }

  /** How many runs each has had is in proportion to these, by name. */
  get shares(): ReadonlyMap<string, number> {
    return new Map(this.#members.map((member) => [member.strategy.name, this.#shareOf(member)]));
  }

  #shareOf(member: Member): number {
    let total = 0;
    for (const { worth, exhausted } of this.#members) if (!exhausted) total += worth;
    const even = 1 / this.#members.length;
    const byFinds = SHARE_MIN * even + (1 - SHARE_MIN) * (total > 0 ? member.worth / total : even);
    const weight = this.#runs / (this.#runs + RUNS_HALFWAY);
    return (1 - weight) * member.prior + weight * byFinds;
  }

  begin(): boolean {
    this.#coverage.begin();
    const opener = this.#members[this.#opening[this.#runs++] ?? -1];
    if (opener !== undefined && this.#beginWith(opener)) return true;
    for (;;) {
      let next: Member | undefined;
      for (const member of this.#members) {
        if (!member.exhausted && (next === undefined || member.pace < next.pace)) next = member;
      }
      if (next === undefined) return false;
      next.pace += 1 / this.#shareOf(next);
      if (this.#beginWith(next)) return true;
    }
  }

  #beginWith(member: Member): boolean {
    this.#member = member;
    member.exhausted ||= !member.strategy.begin();
    return !member.exhausted;
  }

  choose(kind: Kind, arity: number, point: ChoicePoint, about?: Labelled): number {
    return this.#member.strategy.choose(kind, arity, point, about);
  }

  moves(mover: Task | EnvironmentEvent, point: ChoicePoint): void {
    this.#coverage.moves(mover);
    this.#member.strategy.moves?.(mover, point);
  }

  end(ended: Ended): void {
    const member = this.#member;
    member.strategy.end(ended);
    const found = this.#coverage.newPairs + (ended.failed ? FAILURE_WORTH : 0);
    member.worth = member.worth * DECAY + found * (1 - DECAY);
  }
}
