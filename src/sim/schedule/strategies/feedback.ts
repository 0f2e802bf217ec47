import { KIND, type Kind } from '../../kernel/choices.ts';
import type { Task } from '../../kernel/task.ts';
import type { EnvironmentEvent } from '../../network/events.ts';
import type { ChoicePoint, Strategy } from '../strategy.ts';
import { Coverage } from './coverage.ts';
import { Draws } from './draws.ts';
import { type Knowledge, PARENTS_MAX } from './knowledge.ts';

/** Mutants made of one run before its turn is over. */
const MUTANTS_MAX = 16;
/** Decisions that one mutant takes again. */
const CHANGES = 5;
/** How often a run is a fresh walk even though there are runs to mutate. */
const FRESH_RATE = 0.2;
/** How often a mutant follows its parent only up to some decision: more often than not pays. */
const CUT_RATE = 0.75;

/**
 * Search guided by feedback: a run that has shown a new pair of conflicting accesses is kept, and
 * its decisions are mutated: mostly a beginning of it is followed and then a random walk, else some
 * of its decisions are taken again. After Fest, the feedback scheduler of Fray (Li et al., OOPSLA
 * 2025; 16 mutants of 5 random positions), which works with any scheduler because the stream of
 * decisions is the genome; what counts as new is that of RFF (see coverage.ts).
 *
 * Departs from them: decisions are kept as alternatives' numbers, so a mutant whose choice points
 * have other alternatives than its parent's goes its own way from there on; a fifth of all runs are
 * fresh walks.
 */
export class Feedback implements Strategy {
  readonly name = 'feedback';
  readonly drawsAlike = false;
  readonly #draws: Draws;
  readonly #coverage: Coverage;
  readonly #parents: Int32Array[] = [];
  /** Runs that were kept since they were last asked for. */
  #learned: number[][] = [];
  #tape = new Int32Array(256);
  #length = 0;
  #parent: Int32Array | undefined;
  #next = 0;
  #mutants = 0;
  /** The parent is followed up to here. */
  #until = 0;
  readonly #changes = new Set<number>();

  /** @param known what it begins with: what other batches have learned */
  constructor(seed: number, firstRun = 0, known?: Knowledge) {
    this.#draws = new Draws(seed, firstRun);
    this.#coverage = new Coverage(known?.pairs);
    for (const parent of known?.parents ?? []) this.#parents.push(Int32Array.from(parent));
    // Of what it was given no batch need begin with the same.
    if (this.#parents.length > 0) this.#next = firstRun % this.#parents.length;
  }

  begin(): boolean {
    const { random } = this.#draws;
    this.#draws.begin();
    this.#coverage.begin();
    this.#length = 0;
    this.#changes.clear();
    this.#parent = random.fraction() < FRESH_RATE ? undefined : this.#chooseParent();
    if (this.#parent === undefined) return true;
    const { length } = this.#parent;
    if (random.fraction() < CUT_RATE) this.#until = random.below(length);
    else {
      this.#until = length;
      for (let i = 0; i < CHANGES; i++) this.#changes.add(random.below(length));
    }
    return true;
  }

  /** A run that mutates none is a random walk like any other. */
  get alikeBy(): string | undefined {
    return this.#parent === undefined ? 'random' : undefined;
  }

  /** Each in turn, the newest first. */
  #chooseParent(): Int32Array | undefined {
    if (this.#parents.length === 0) return undefined;
    if (this.#mutants++ >= MUTANTS_MAX) {
      this.#mutants = 0;
      this.#next++;
    }
    return this.#parents[this.#parents.length - 1 - (this.#next % this.#parents.length)];
  }

  choose(kind: Kind, arity: number, _point: ChoicePoint): number {
    const at = this.#length;
    const choice = this.#decide(at, kind, arity);
    if (at === this.#tape.length) {
      const longer = new Int32Array(at * 2);
      longer.set(this.#tape);
      this.#tape = longer;
    }
    this.#tape[at] = choice;
    this.#length = at + 1;
    return choice;
  }

  #decide(at: number, kind: Kind, arity: number): number {
    const parent = this.#parent;
    if (parent !== undefined && at < this.#until && !this.#changes.has(at)) {
      const choice = parent[at] as number;
      if (choice < arity) return choice;
    }
    if (kind === KIND.step) return this.#draws.random.below(arity);
    return this.#draws.choose(kind, arity);
  }

  moves(mover: Task | EnvironmentEvent): void {
    this.#coverage.moves(mover);
  }

  end(): void {
    if (this.#coverage.newPairs === 0 || this.#length === 0) return;
    const kept = this.#tape.slice(0, this.#length);
    this.#parents.push(kept);
    this.#learned.push([...kept]);
    if (this.#parents.length > PARENTS_MAX) this.#parents.shift();
    this.#next = 0;
    this.#mutants = 0;
  }

  learned(): Knowledge {
    const parents = this.#learned;
    this.#learned = [];
    return { pairs: this.#coverage.learned(), parents };
  }
}
