import { KIND, type Kind } from '../../kernel/choices.ts';
import type { ChoicePoint, Strategy } from '../strategy.ts';

/** Decisions in a run beyond which there is no branching any more: it goes on calmly, and calm is fair. */
const DECISIONS_MAX = 4_000;

/** A run that is still to be made: the first decisions of one that was made, and another one in the place after them. */
interface Branch {
  readonly decisions: Int32Array;
  readonly length: number;
  readonly choice: number;
}

/** The alternatives of a decision in the order in which they are tried, and what each costs. */
export interface Offer {
  count: number;
  readonly order: number[];
  readonly costs: number[];
}

/**
 * Systematic search by replay: every run takes the first alternative of what it costs nothing to take, and leaves a branch
 * behind for each of the others. The branches of one total cost are all made, depth first, before those of the next;
 * no schedule is made twice. What costs how much makes the strategy: nothing at all is depth-first search.
 */
export abstract class Frontier implements Strategy {
  abstract readonly name: string;
  readonly #costMax: number;
  /** What is left to do, by total cost; the last is the next. */
  readonly #levels: Branch[][] = [];
  #cost = 0;
  #started = false;
  #tape = new Int32Array(256);
  #length = 0;
  #given: Branch | undefined;
  /** Branches of this run, added once its decisions are known. */
  readonly #found: { readonly at: number; readonly choice: number; readonly cost: number }[] = [];
  readonly #offer: Offer = { count: 0, order: [], costs: [] };

  constructor(costMax: number) {
    this.#costMax = costMax;
  }

  /** The total cost of the runs that are made now. */
  get cost(): number {
    return this.#cost;
  }

  begin(): boolean {
    this.#length = 0;
    this.#found.length = 0;
    if (!this.#started) {
      this.#started = true;
      return true;
    }
    this.#given = this.#next();
    return this.#given !== undefined;
  }

  #next(): Branch | undefined {
    for (;;) {
      const branch = this.#levels[this.#cost]?.pop();
      if (branch !== undefined) return branch;
      if (this.#cost + 1 >= this.#levels.length || this.#cost >= this.#costMax) return undefined;
      this.#cost++;
      // Those that were found first come first.
      this.#levels[this.#cost]?.reverse();
    }
  }

  choose(kind: Kind, arity: number, point: ChoicePoint): number {
    const at = this.#length;
    const choice = this.#decide(at, kind, arity, point);
    if (at === this.#tape.length) {
      const longer = new Int32Array(at * 2);
      longer.set(this.#tape);
      this.#tape = longer;
    }
    this.#tape[at] = choice;
    this.#length = at + 1;
    return choice;
  }

  #decide(at: number, kind: Kind, arity: number, point: ChoicePoint): number {
    const given = this.#given;
    if (given !== undefined && at < given.length) return given.decisions[at] as number;
    if (given !== undefined && at === given.length) return given.choice;
    if (at >= DECISIONS_MAX) return 0;
    const offer = this.#offer;
    if (kind === KIND.step) {
      // Who has given up its turn, and comes last, is not asked before somebody else has moved.
      offer.count = point.yielded ? arity - 1 : arity;
      this.offer(offer, point);
    } else {
      offer.count = arity;
      for (let i = 0; i < arity; i++) {
        offer.order[i] = i;
        offer.costs[i] = i === 0 ? 0 : this.restlessCost;
      }
    }
    for (let i = offer.count - 1; i > 0; i--) {
      const cost = offer.costs[i] as number;
      if (this.#cost + cost > this.#costMax) continue;
      this.#found.push({ at, choice: offer.order[i] as number, cost: this.#cost + cost });
    }
    return offer.order[0] as number;
  }

  /** Say in which order the first `count` alternatives are tried, and what each costs; the first costs nothing. */
  protected abstract offer(offer: Offer, point: ChoicePoint): void;

  /** What any but the calm alternative costs in decisions that are not about who moves. */
  protected abstract readonly restlessCost: number;

  end(): void {
    if (this.#found.length === 0) return;
    const decisions = this.#tape.slice(0, this.#length);
    for (const { at, choice, cost } of this.#found) {
      while (this.#levels.length <= cost) this.#levels.push([]);
      this.#levels[cost]?.push({ decisions, length: at, choice });
    }
  }
}
