import { KIND, type Kind } from '../../kernel/choices.ts';
import { Footprint } from '../../kernel/footprint.ts';
import { touch } from '../../kernel/step-footprint.ts';
import { Task } from '../../kernel/task.ts';
import type { EnvironmentEvent } from '../../network/events.ts';
import type { ChoicePoint, Ended, Strategy } from '../strategy.ts';
import { addWithAncestors, Census, Counts, childPathOf } from './census.ts';
import { Draws } from './draws.ts';
import { ObjectNames } from './objects.ts';
import { Priorities } from './priorities.ts';

/** Every so many runs one is a uniform random walk in which the accesses are counted again. */
const PROFILE_EVERY = 64;

/**
 * So many steps a task may take on its way to the access that is wanted of it, and so many for each
 * that can move may be taken meanwhile; then somebody is taken to spin, and another is drawn.
 */
const PATIENCE = 64;

/**
 * How the steps are drawn that are no accesses to the object of a run: each task as likely as the
 * steps that it has left (urw.ts), by priorities (pos.ts), or all alike (random-walk.ts). Where a
 * mistake is not about one object each of them is by far the best somewhere.
 */
export type Walk = 'by steps' | 'by priority' | 'alike';

/** What is known of the accesses to one object. */
interface Accesses {
  readonly counts: Counts;
  /** Whether one of several tasks that touch it writes it; only then does their order matter. */
  contended: boolean;
}

/** What runs of a program have shown, for all that draw by it. */
export class AccessCounts {
  readonly accesses: Map<string, Accesses> = new Map<string, Accesses>();
  readonly steps: Counts = new Counts();
  /** Runs that have begun. */
  runs = 0;
}

/**
 * Selectively uniform random walk: Zhao, Wolff, Mathur, Roychoudhury, "Selectively Uniform
 * Concurrency Testing", ASPLOS 2025. For each run one contended object is drawn, and the orders of
 * the accesses to it are made equally likely: at each of them the next one's task is drawn by the
 * accesses it has left, its descendants' included, and the others wait in front of theirs. All
 * other steps are those of a {@link Walk}, so that it is hardly worse than that where no single
 * object matters.
 *
 * Departs from the paper: its other steps are those of a walk that draws every task alike, which is
 * one of three here; the accesses are counted in the first run and again in every 64th, and their
 * means are used; the objects are those of footprint.ts, named as ObjectNames does; an event of the
 * surroundings counts like a task. A task that does not come to its access in time is let off, so
 * that one that spins until another has moved ends nothing.
 */
export class Surw implements Strategy {
  readonly name: string;
  readonly drawsAlike = false;
  readonly #draws: Draws;
  readonly #walk: Walk;
  readonly #priorities: Priorities;
  readonly #census = new Census();
  /** Of all steps and not of accesses only. */
  readonly #steps = new Census(this.#census);
  readonly #counted: AccessCounts;
  readonly #names = new ObjectNames();
  readonly #footprint = new Footprint();
  /** The object of this run; undefined for none, and in runs that only count. */
  #selected: string | undefined;
  /** In a run that counts: accesses by object and task, and who wrote. */
  readonly #seen = new Map<string, Map<string, number>>();
  readonly #written = new Set<string>();
  #profiling = false;
  /** Whose access comes next; slot 0 for nobody. */
  #wanted = 0;
  /** Steps since it was drawn: its own, and of all. */
  #ownSteps = 0;
  #allSteps = 0;
  /** Slots of those that wait in front of their access. */
  readonly #waiting = new Set<number>();
  readonly #candidates: number[] = [];

  /** @param counted what is known, and learned; others may draw by the same */
  constructor(
    seed: number,
    firstRun = 0,
    walk: Walk = 'by steps',
    counted: AccessCounts = new AccessCounts(),
  ) {
    this.#counted = counted;
    this.name = walk === 'by steps' ? 'surw' : `surw ${walk}`;
    this.#walk = walk;
    this.#draws = new Draws(seed, firstRun);
    this.#priorities = new Priorities(this.#draws);
  }

  begin(): boolean {
    this.#draws.begin();
    this.#priorities.begin();
    this.#profiling = this.#counted.runs++ % PROFILE_EVERY === 0;
    this.#names.begin();
    this.#seen.clear();
    this.#written.clear();
    this.#selected = this.#profiling ? undefined : this.#select();
    const accesses =
      this.#selected === undefined ? undefined : this.#counted.accesses.get(this.#selected);
    this.#census.begin(accesses?.counts);
    this.#steps.begin(this.#counted.steps);
    this.#letGo();
    return true;
  }

  #select(): string | undefined {
    const contended = [...this.#counted.accesses].filter(([, accesses]) => accesses.contended);
    if (contended.length === 0) return undefined;
    return contended[this.#draws.random.below(contended.length)]?.[0];
  }

  choose(kind: Kind, arity: number, point: ChoicePoint): number {
    if (kind !== KIND.step) return this.#draws.choose(kind, arity);
    if (point.yielded && this.#walk === 'by priority') this.#priorities.drawAnew();
    const candidates = this.#candidates;
    candidates.length = 0;
    for (let i = 0; i < arity; i++) {
      if (!this.#waiting.has(this.#census.slotOf(point.alternative(i)))) candidates.push(i);
    }
    for (;;) {
      if (candidates.length === 0) {
        // Whoever was wanted cannot move.
        this.#letGo();
        for (let i = 0; i < arity; i++) candidates.push(i);
      }
      const place = this.#drawPlace(point);
      const index = candidates[place] as number;
      const mover = point.alternative(index);
      if (this.#selected === undefined || !this.#accesses(mover)) return index;
      if (this.#wanted === 0) this.#wanted = this.#drawWanted(point);
      const slot = this.#census.slotOf(mover);
      if (slot === this.#wanted) return index;
      this.#waiting.add(slot);
      candidates[place] = candidates[candidates.length - 1] as number;
      candidates.pop();
    }
  }

  /** A place among the candidates, as the walk has it. */
  #drawPlace(point: ChoicePoint): number {
    if (this.#walk === 'alike') return this.#draws.random.below(this.#candidates.length);
    return this.#walk === 'by steps' ? this.#drawBySteps(point) : this.#highest(point);
  }

  /** The place of the highest priority. */
  #highest(point: ChoicePoint): number {
    const candidates = this.#candidates;
    let highest = 0;
    let priorityMax = 0;
    for (let place = 0; place < candidates.length; place++) {
      const mover = point.alternative(candidates[place] as number);
      const priority = this.#priorities.of(this.#census.slotOf(mover), mover);
      if (priority <= priorityMax) continue;
      priorityMax = priority;
      highest = place;
    }
    return highest;
  }

  /** A place as likely as the number of steps its mover has left. */
  #drawBySteps(point: ChoicePoint): number {
    const candidates = this.#candidates;
    let total = 0;
    for (const i of candidates) total += this.#weight(point.alternative(i));
    let left = this.#draws.random.fraction() * total;
    for (let place = 0; place < candidates.length - 1; place++) {
      left -= this.#weight(point.alternative(candidates[place] as number));
      if (left < 0) return place;
    }
    return candidates.length - 1;
  }

  #weight(mover: Task | EnvironmentEvent): number {
    return Math.max(1, this.#steps.remaining[this.#steps.slotOf(mover)] as number);
  }

  /** One of the candidates, as likely as the number of accesses it has left. */
  #drawWanted(point: ChoicePoint): number {
    const { remaining } = this.#census;
    const candidates = this.#candidates;
    let total = 0;
    for (const i of candidates) {
      total += Math.max(0, remaining[this.#census.slotOf(point.alternative(i))] as number);
    }
    let left = this.#draws.random.fraction() * total;
    for (const i of candidates) {
      const slot = this.#census.slotOf(point.alternative(i));
      left -= Math.max(0, remaining[slot] as number);
      if (left < 0) return slot;
    }
    const any = candidates[this.#draws.random.below(candidates.length)] as number;
    return this.#census.slotOf(point.alternative(any));
  }

  #letGo(): void {
    this.#wanted = 0;
    this.#ownSteps = 0;
    this.#allSteps = 0;
    this.#waiting.clear();
  }

  #accesses(mover: Task | EnvironmentEvent): boolean {
    const footprint = this.#footprint;
    touch(mover, footprint);
    for (let i = 0; i < footprint.count; i++) {
      if (this.#names.nameOf(footprint.objectAt(i), nameOf(mover)) === this.#selected) return true;
    }
    return false;
  }

  moves(mover: Task | EnvironmentEvent, point: ChoicePoint): void {
    if (this.#walk === 'by priority') {
      this.#priorities.moves(this.#census.slotOf(mover), mover);
    }
    if (this.#profiling) this.#note(mover);
    this.#steps.spawns(mover);
    this.#steps.count(mover);
    if (this.#selected === undefined) return;
    const share = this.#census.spawns(mover);
    if (share > 0 && this.#wanted === this.#census.slotOf(mover)) {
      // Of the parent's accesses the next one was wanted; it may be the child's. Its slot is the
      // next to be given out.
      if (this.#draws.random.fraction() < share) this.#wanted = this.#census.remaining.length;
    }
    if (!this.#accesses(mover)) {
      if (this.#wanted !== 0) this.#waitOn(mover, point);
      return;
    }
    this.#census.count(mover);
    this.#letGo();
  }

  /** A step has been taken that is not the access that is waited for. */
  #waitOn(mover: Task | EnvironmentEvent, point: ChoicePoint): void {
    if (childPathOf(mover) !== undefined) {
      // While there is spawning nobody has begun to spin.
      this.#ownSteps = 0;
      this.#allSteps = 0;
      return;
    }
    this.#allSteps++;
    if (this.#wanted === this.#census.slotOf(mover)) this.#ownSteps++;
    const isSpun = this.#ownSteps > PATIENCE || this.#allSteps > PATIENCE * point.moverCount;
    if (isSpun) this.#wantAnother();
  }

  /** It may spin until one of those that wait has gone on: one of them is wanted instead. */
  #wantAnother(): void {
    const waiting = [...this.#waiting];
    this.#letGo();
    this.#wanted = waiting[this.#draws.random.below(Math.max(1, waiting.length))] ?? 0;
  }

  #note(mover: Task | EnvironmentEvent): void {
    const footprint = this.#footprint;
    touch(mover, footprint);
    const key = nameOf(mover);
    for (let i = 0; i < footprint.count; i++) {
      const name = this.#names.nameOf(footprint.objectAt(i), key);
      let counts = this.#seen.get(name);
      if (counts === undefined) {
        counts = new Map();
        this.#seen.set(name, counts);
      }
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if (footprint.writtenAt(i)) this.#written.add(name);
    }
  }

  end(ended: Ended): void {
    if (!ended.failed) this.#counted.steps.add(this.#steps.counts());
    if (!this.#profiling) return;
    for (const [name, own] of this.#seen) {
      let accesses = this.#counted.accesses.get(name);
      if (accesses === undefined) {
        accesses = { counts: new Counts(), contended: false };
        this.#counted.accesses.set(name, accesses);
      }
      if (own.size > 1 && this.#written.has(name)) accesses.contended = true;
      const counts = new Map<string, number>();
      for (const [key, count] of own) addWithAncestors(counts, key, count);
      accesses.counts.add(counts);
    }
  }
}

function nameOf(mover: Task | EnvironmentEvent): string {
  return mover instanceof Task ? mover.path : `event ${mover.label()}`;
}
