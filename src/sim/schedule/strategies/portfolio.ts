import type { Kind, Labelled } from '../../kernel/choices.ts';
import type { Task } from '../../kernel/task.ts';
import type { EnvironmentEvent } from '../../network/events.ts';
import type { ChoicePoint, Ended, Strategy } from '../strategy.ts';
import { Coverage } from './coverage.ts';
import { type Knowledge, withKnowledge } from './knowledge.ts';

/** What a failure is worth beside a new pair of accesses. */
const FAILURE_WORTH = 8;
/** How fast old finds are forgotten, a run. */
const DECAY = 0.98;
/** Every member gets at least this part of its share of what goes by finds. */
const SHARE_MIN = 0.25;
/**
 * After so many runs of the whole search a quarter of the shares is that of a long one, after twice
 * as many nearly half.
 */
const LONG_QUARTER = 5_000;
/** After so many runs half of the shares goes by finds. */
const RUNS_HALFWAY = 5_000;
/**
 * After so many runs without a find half of the shares is that of a search that finds nothing new.
 */
const IDLE_HALFWAY = 250;

/** A strategy, and its part of the runs in proportion to those of the others. */
export interface Part {
  readonly strategy: Strategy;
  /** While something new is found, and before it is known who finds it. */
  readonly share: number;
  /** When nothing new has been found for long. Default: as before. */
  readonly idleShare?: number;
  /**
   * In a search of many thousand runs, beside the others' {@link share}s, as long as its runs bring
   * what no run has shown. Default: as before.
   */
  readonly lateShare?: number;
  /**
   * Its first run is the calm one. It is made once for all of which this is so. Default: false.
   */
  readonly beginsCalm?: boolean;
}

interface Member {
  readonly strategy: Strategy;
  readonly share: number;
  readonly idleShare: number;
  readonly lateShare: number | undefined;
  /** Its first run is the calm one, and has not been made. */
  beginsCalm: boolean;
  /** What it has found lately, a run. */
  worth: number;
  /** Runs it has had, each divided by its share: who has the least is next. */
  pace: number;
  exhausted: boolean;
}

/**
 * A portfolio: no strategy wins everywhere (the tables of the SURW and RFF papers), so several
 * share the runs, by stride scheduling (Waldspurger and Weihl, 1995), so that the order is the same
 * every time.
 *
 * It begins with an opening, because many a bug shows in the first few runs of one strategy or
 * another, and shares say nothing of so few. After that each has its share. What moves the shares
 * are finds: failures, and pairs of conflicting accesses that no run had shown before. As the runs
 * become many, more and more goes by who has lately brought them, and of that nobody's part falls
 * below a quarter of its share, because what has found nothing yet may be what is needed. And the
 * longer nobody has brought any, the more the runs are shared as is best where drawing shows
 * nothing new any more. A search of many thousand runs, for what is rarer than that, belongs more
 * and more to those that learn from all runs before, for as long as their runs still bring
 * combinations of such pairs that none before had (of this batch: what others have seen is too much
 * to be handed on). Where they repeat what is known, the shares stay as they are without them.
 */
export class Portfolio implements Strategy {
  readonly name = 'portfolio';
  readonly drawsAlike = false;
  readonly #members: readonly Member[];
  readonly #opening: readonly Member[];
  readonly #coverage: Coverage;
  #member: Member;
  /** They see the calm run that somebody else makes. */
  readonly #followers: Strategy[] = [];
  #runs = 0;
  /** Runs of the search before the first of these. */
  readonly #runsBefore: number;
  /** Runs since the last find. */
  #idle = 0;
  /** Combinations of pairs that runs have shown. */
  readonly #combinations = new Set<number>();
  /**
   * How many of the runs of those with a late share have lately brought another combination, from 0
   * to 1. As long as it has not been tried it is taken for granted.
   */
  #news = 1;

  /**
   * @param opening whose the very first runs are, each one of the parts; default: none
   * @param runsBefore runs that the search has made already
   * @param pairs what these have shown, which is no find any more
   */
  constructor(
    parts: readonly Part[],
    opening: readonly Part[] = [],
    runsBefore = 0,
    pairs: readonly number[] = [],
  ) {
    this.#runsBefore = runsBefore;
    this.#coverage = new Coverage(pairs);
    const sum = (of: (part: Part) => number): number => parts.reduce((n, part) => n + of(part), 0);
    const total = sum(({ share }) => share);
    const idleTotal = sum(({ share, idleShare = share }) => idleShare);
    this.#members = parts.map(
      ({ strategy, share, idleShare = share, lateShare, beginsCalm = false }) => ({
        strategy,
        share: share / total,
        idleShare: idleShare / idleTotal,
        lateShare: lateShare === undefined ? undefined : lateShare / total,
        beginsCalm,
        worth: 0,
        pace: total / share,
        exhausted: false,
      }),
    );
    this.#opening = opening.map((part) => this.#members[parts.indexOf(part)] as Member);
    this.#member = this.#members[0] as Member;
  }

  /** How many runs each has is in proportion to these, by name. */
  get shares(): ReadonlyMap<string, number> {
    return new Map(this.#members.map((member) => [member.strategy.name, this.#shareOf(member)]));
  }

  get alikeBy(): string | undefined {
    const { name, drawsAlike, alikeBy } = this.#member.strategy;
    return drawsAlike ? name : alikeBy;
  }

  #shareOf({ share, idleShare, lateShare, worth }: Member): number {
    let total = 0;
    for (const member of this.#members) if (!member.exhausted) total += member.worth;
    const byFinds = SHARE_MIN * share + (1 - SHARE_MIN) * (total > 0 ? worth / total : share);
    const late = this.#runs / (this.#runs + RUNS_HALFWAY);
    const idle = this.#idle / (this.#idle + IDLE_HALFWAY);
    const now = (1 - idle) * ((1 - late) * share + late * byFinds) + idle * idleShare;
    const runs = this.#runsBefore + this.#runs;
    const long = this.#news * (runs / (runs + LONG_QUARTER)) ** 2;
    return (1 - long) * now + long * (lateShare ?? now);
  }

  begin(): boolean {
    this.#coverage.begin();
    const opener = this.#opening[this.#runs++];
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
    if (member.beginsCalm) this.#beginCalm(member);
    return !member.exhausted;
  }

  /** The others of which the first run is this one. */
  #beginCalm(member: Member): void {
    for (const other of this.#members) {
      if (other.beginsCalm && other !== member && other.strategy.begin()) {
        this.#followers.push(other.strategy);
      }
      other.beginsCalm = false;
    }
  }

  choose(kind: Kind, arity: number, point: ChoicePoint, about?: Labelled): number {
    for (const follower of this.#followers) follower.choose(kind, arity, point, about);
    return this.#member.strategy.choose(kind, arity, point, about);
  }

  moves(mover: Task | EnvironmentEvent, point: ChoicePoint): void {
    this.#coverage.moves(mover);
    this.#member.strategy.moves?.(mover, point);
    for (const follower of this.#followers) follower.moves?.(mover, point);
  }

  end(ended: Ended): void {
    const member = this.#member;
    member.strategy.end(ended);
    for (const follower of this.#followers.splice(0)) follower.end(ended);
    const found = this.#coverage.newPairs + (ended.failed ? FAILURE_WORTH : 0);
    member.worth = member.worth * DECAY + found * (1 - DECAY);
    this.#idle = found > 0 ? 0 : this.#idle + 1;
    const count = this.#combinations.size;
    this.#combinations.add(this.#coverage.combination);
    if (member.lateShare === undefined) return;
    const news = this.#combinations.size - count;
    this.#news = this.#news * DECAY + news * (1 - DECAY);
  }

  learned(): Knowledge {
    const all = this.#members.map(({ strategy }) => strategy.learned?.());
    return all.reduce(withKnowledge, undefined) ?? { pairs: [], parents: [] };
  }
}
