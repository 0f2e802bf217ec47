import { KIND, type Kind } from '../../kernel/choices.ts';
import type { Task } from '../../kernel/task.ts';
import type { ChoicePoint, Strategy } from '../strategy.ts';

/**
 * Decisions in a run beyond which there is no branching any more: it goes on calmly, and calm is
 * fair.
 */
const DECISIONS_MAX = 4_000;

/**
 * Runs of one total cost that are still to be made: each begins as one that was made, and takes
 * another alternative after that.
 */
interface Branches {
  readonly decisions: Int32Array;
  /**
   * For each of them two numbers: how many decisions are the same, and the alternative after them.
   */
  readonly turns: Int32Array;
  /**
   * They are taken from the last to the first, so that what changes first is the end of a run; else
   * from the first to the last.
   */
  readonly lastFirst: boolean;
  left: number;
}

/**
 * Systematic search by replay: every run goes on calmly after what it was given, and leaves a
 * branch behind for each of the other alternatives. The branches of one total cost are all made,
 * depth first, before those of the next; no schedule is made twice. What costs how much makes the
 * strategy: nothing at all is depth-first search.
 *
 * A task that has given up its turn may run on all the same, as it may on a machine with a
 * processor to spare; but not when it gives it up again and nobody else has moved: that is a spin,
 * and there is no end to its schedules.
 */
export abstract class Frontier implements Strategy {
  abstract readonly name: string;
  readonly #costMax: number;
  /** What is left to do, by total cost; the last is the next. */
  readonly #levels: Branches[][] = [];
  #cost = 0;
  #started = false;
  #tape = new Int32Array(256);
  #length = 0;
  /** The beginning of this run: so many decisions of another, and the next one. */
  #given: Int32Array | undefined;
  #givenLength = 0;
  #turn = 0;
  /**
   * Branches of this run by total cost, as {@link Branches.turns}; added once its decisions are
   * known.
   */
  readonly #found: (number[] | undefined)[] = [];
  /** Who has run on after giving up its turn, nobody else having moved since. */
  #ranOn: Task | null = null;

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
    this.#ranOn = null;
    if (this.#started) return this.#next();
    this.#started = true;
    return true;
  }

  #next(): boolean {
    for (;;) {
      const level = this.#levels[this.#cost] ?? [];
      const branches = level.at(-1);
      if (branches !== undefined) {
        const { decisions, turns, lastFirst } = branches;
        const at = lastFirst ? 2 * branches.left - 2 : turns.length - 2 * branches.left;
        this.#given = decisions;
        this.#givenLength = turns[at] as number;
        this.#turn = turns[at + 1] as number;
        if (--branches.left === 0) level.pop();
        return true;
      }
      if (this.#cost + 1 >= this.#levels.length || this.#cost >= this.#costMax) return false;
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
    if (kind === KIND.step) {
      if (point.alternative(choice) !== point.current) this.#ranOn = null;
      else if (point.yielded) this.#ranOn = point.current;
    }
    return choice;
  }

  #decide(at: number, kind: Kind, arity: number, point: ChoicePoint): number {
    if (this.#given !== undefined) {
      if (at < this.#givenLength) return this.#given[at] as number;
      if (at === this.#givenLength) return this.#turn;
    }
    // There is no end to the numbers that a program may draw.
    if (at >= DECISIONS_MAX || kind === KIND.chance) return 0;
    let count = arity;
    // It is the last of the alternatives.
    if (kind === KIND.step && point.yielded && this.#ranOn === point.current) count--;
    for (let i = count - 1; i > 0; i--) {
      const total = this.#cost + (kind === KIND.step ? this.costOf(i, point) : this.restlessCost);
      if (total > this.#costMax) continue;
      let found = this.#found[total];
      if (found === undefined) this.#found[total] = found = [];
      found.push(at, i);
    }
    return 0;
  }

  /** What alternative `index`, which is not the calm one, costs in a decision about who moves. */
  protected abstract costOf(index: number, point: ChoicePoint): number;

  /** What any but the calm alternative costs in decisions that are not about who moves. */
  protected abstract readonly restlessCost: number;

  end(): void {
    if (this.#found.length === 0) return;
    const decisions = this.#tape.slice(0, this.#length);
    while (this.#levels.length < this.#found.length) this.#levels.push([]);
    this.#found.forEach((found, cost) => {
      if (found === undefined) return;
      const turns = Int32Array.from(found);
      const lastFirst = cost === this.#cost;
      this.#levels[cost]?.push({ decisions, turns, lastFirst, left: turns.length / 2 });
    });
  }
}
