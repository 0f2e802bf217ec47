import { FAULT_FIRST, KIND, type Kind } from '../../kernel/choices.ts';
import { Footprint } from '../../kernel/footprint.ts';
import { touch } from '../../kernel/step-footprint.ts';
import { Task } from '../../kernel/task.ts';
import type { ChoicePoint, Strategy } from '../strategy.ts';
import { Strayed } from '../strayed.ts';
import {
  ASLEEP,
  type Fork,
  hasMore,
  IDLE,
  NOW,
  type PathNode,
  type SearchPart,
  shareLeft,
  TODO,
  TRIED,
  type Wanted,
  wholeSearch,
} from './dpor-path.ts';
import { type Aftermath, type Mover, PartialOrder } from './partial-order.ts';

export interface DporOptions {
  /** Faults that may fire in a run, at most. Default: none. */
  readonly faultsMax?: number;
  /** Preemptions in a run, at most. Default: no bound. */
  readonly preemptionsMax?: number;
  /**
   * Inputs of the scenario that are given and not branched on: the alternative, or undefined for
   * all of them.
   */
  readonly input?: (label: string, arity: number) => number | undefined;
  /**
   * Which movers are tried at a choice: those that a race asks for, or all that do not sleep.
   * Default: `races`.
   */
  readonly tries?: 'races' | 'all';
  /**
   * A run that turns out to repeat another is given up by throwing {@link Redundant}. Default: it
   * goes on calmly to its end.
   */
  readonly givesUp?: boolean;
  /**
   * Variables that tasks of one process share count as touched by every step of theirs. Default:
   * only what they say they share.
   */
  readonly processMemory?: boolean;
  /**
   * At decisions before this one all that do not sleep are tried, whatever `tries` says: what lies
   * below is searched without asking for anything above. Default: 0.
   */
  readonly expandTo?: number;
  /** Go on with this part of a search. Default: all of it, from the beginning. */
  readonly part?: PartToDo;
}

/** A part of a search, and what is known of the rest. */
export interface PartToDo {
  readonly part: SearchPart;
  /** Other parts hang on so many decisions of its path; it does not leave them. */
  readonly pinned: number;
  /** See {@link PartialOrder.sharedQueues}; if it turns out to be so, the part is given up. */
  readonly sharedQueues: boolean;
  /** Of a search with a bound: the fewest preemptions with which each beginning was made. */
  readonly beginnings: Map<string, number>;
}

/** Thrown out of a run that can only repeat what others have done. */
export class Redundant extends Error {
  override readonly name = 'Redundant';
}

/**
 * Decisions of a run that are branched on; after so many it goes on calmly, and the search is not
 * complete.
 */
const DECISIONS_MAX = 2_000;

interface Sleeper {
  readonly mover: Mover;
  readonly aftermath: Aftermath;
  readonly known: number;
  /** What its syscall touches, told before each step. */
  readonly footprint: Footprint;
}

/**
 * Dynamic partial-order reduction: Abdulla, Aronis, Jonsson, Sagonas, "Source Sets: A Foundation
 * for Optimal Dynamic Partial Order Reduction", JACM 2017 (source-DPOR, the first of its two
 * algorithms), with the sleep sets of Godefroid, 1996. Runs that differ only in the order of steps
 * that do not conflict are of one class, and one run of each class is made to its end. Runs that
 * sleep sets cut short are wasted; {@link cutShort} counts them.
 *
 * Departs from the paper:
 * - Tasks block and unblock each other. A step that made another possible (an unlock, a write to an
 *   empty pipe) is no race with it, and
 *   does not hide a race with what came before it; and at the end of a run, and wherever time
 *   passes, the calls that are still
 *   pending race as well (Flanagan, Godefroid, POPL 2005). So does the call of a task that a step
 *   takes away: its process ends, or becomes another program.
 * - Decisions that are not about who moves (pieces, faults, inputs) are branched on in full, but
 *   for the random numbers of programs, which are always the usual ones.
 * - Time passes only when no task can move, so the fault `slow` is left out; nothing is reordered
 *   across that.
 * - A task that has given up its turn twice in a row is not asked before somebody else has moved.
 * - With a bound on preemptions there are no sleep sets and no races, because a run within the
 *   bound may stand for one that is beyond
 *   it and the other way round. All movers are tried, and a run is cut short where its beginning is
 *   of the class of an earlier
 *   beginning that ended with the same task and had no more preemptions: complete within the bound
 *   (state caching over classes).
 */
export class Dpor implements Strategy {
  readonly name: string;
  readonly order: PartialOrder;
  readonly #faultsMax: number;
  readonly #preemptionsMax: number;
  readonly #bounded: boolean;
  readonly #input: (label: string, arity: number) => number | undefined;
  readonly #tries: 'races' | 'all';
  readonly #givesUp: boolean;
  readonly #expandTo: number;

  readonly #path: PathNode[];
  readonly #floor: number;
  readonly #pinned: number;
  /** It is one of several parts: it cannot begin again by itself. */
  readonly #isPart: boolean;
  #started: boolean;
  // ---- of this run ----
  #point: ChoicePoint | undefined;
  /** Decisions taken, and where on the path the last decision about who moves stands. */
  #at = 0;
  #lastFork = -1;
  #faults = 0;
  #preemptions = 0;
  #redundant = false;
  #sleepers: Sleeper[] = [];
  /** The fork whose choice is the event that is happening, and who could have moved instead. */
  #fork: Fork | undefined;
  #couldMove: Mover[] = [];
  /** By event: the fork that chose it; undefined where there was no choice. */
  readonly #forkOf: (Fork | undefined)[] = [];
  #yields = 0;
  #last: Mover | undefined;
  /** Of beginnings, with a bound: the fewest preemptions with which each was made. */
  readonly #beginnings: Map<string, number>;
  readonly #classes = new Set<string>();

  /** Runs made to their end, and runs cut short because they could only repeat others. */
  complete = 0;
  cutShort = 0;
  /** Runs so long that not all of their decisions were branched on. */
  tooLong = 0;
  #wasTooLong = false;
  /** What its races ask for at decisions that are not its own. */
  readonly wanted: Wanted[] = [];

  constructor(options: DporOptions = {}) {
    const { processMemory = false, preemptionsMax = Number.POSITIVE_INFINITY } = options;
    this.order = new PartialOrder({ processMemory });
    this.#faultsMax = options.faultsMax ?? 0;
    this.#preemptionsMax = preemptionsMax;
    this.#bounded = Number.isFinite(preemptionsMax);
    this.#input = options.input ?? (() => undefined);
    this.#tries = this.#bounded ? 'all' : (options.tries ?? 'races');
    this.#givesUp = options.givesUp ?? false;
    this.#expandTo = options.expandTo ?? 0;
    const { part, pinned, sharedQueues, beginnings } = options.part ?? {
      part: wholeSearch(),
      pinned: 0,
      sharedQueues: false,
      beginnings: new Map(),
    };
    this.#isPart = options.part !== undefined;
    this.#path = part.path;
    this.#floor = part.floor;
    this.#pinned = pinned;
    this.#started = part.started;
    this.#beginnings = beginnings;
    this.order.sharedQueues = sharedQueues;
    this.name = this.#faultsMax === 0 ? 'dpor' : `dpor:${this.#faultsMax}`;
  }

  /** Classes of which a run has been made to its end. */
  get classes(): number {
    return this.#classes.size;
  }

  /** What names each of them. */
  get classKeys(): Iterable<string> {
    return this.#classes;
  }

  /** How far it has come, between two runs. */
  get part(): SearchPart {
    return {
      started: this.#started,
      path: this.#path,
      floor: this.#floor,
    };
  }

  // ---- runs ----

  begin(): boolean {
    if (this.#started && !this.#advance()) return false;
    this.#started = true;
    // The first run of a part that others have begun knows nothing of their events.
    this.order.begin(Math.min(this.order.count, this.#path.at(-1)?.event ?? 0));
    this.#lastFork = this.#path.findLastIndex(({ isFork }) => isFork);
    this.#at = 0;
    this.#faults = 0;
    this.#preemptions = 0;
    this.#redundant = false;
    this.#wasTooLong = false;
    this.#sleepers = [];
    this.#fork = undefined;
    this.#yields = 0;
    this.#last = undefined;
    return true;
  }

  /**
   * The last decision of which something is left to try takes its next alternative; false when
   * there is none.
   */
  #advance(): boolean {
    if (this.order.foundSharedQueue && !this.order.sharedQueues) {
      if (this.#isPart) return false;
      // What has been found out so far took too many steps to be independent: from the start.
      this.order.sharedQueues = true;
      this.#path.length = 0;
      this.#classes.clear();
      this.#beginnings.clear();
      this.order.begin(0);
      return true;
    }
    while (this.#path.length > this.#floor) {
      const last = this.#path.at(-1) as PathNode;
      if (last.isFork) {
        if (last.choice >= 0) last.states[last.choice] = TRIED;
        last.choice = last.states.indexOf(TODO);
        if (last.choice >= 0) {
          last.states[last.choice] = NOW;
          return true;
        }
      } else if (last.choice + 1 < last.limit) {
        last.choice++;
        return true;
      }
      // There may yet be something to do here.
      if (this.#path.length <= this.#pinned) return false;
      this.#path.pop();
    }
    return false;
  }

  choose(kind: Kind, arity: number, point: ChoicePoint, about?: { label(): string }): number {
    this.#point = point;
    const choice =
      kind === KIND.step ? this.#whoMoves(arity, point) : this.#draw(kind, arity, about, point);
    if (kind !== KIND.step) {
      this.order.chose(choice);
      if (kind >= FAULT_FIRST && choice > 0) this.#faults++;
    }
    return choice;
  }

  #draw(
    kind: Kind,
    arity: number,
    about: { label(): string } | undefined,
    point: ChoicePoint,
  ): number {
    if (this.#at < this.#path.length) return this.#next(false, arity, point).choice;
    let choice = 0;
    let limit = arity;
    if (kind === KIND.swarm) {
      // A fault that is active and never fires is one that is not active.
      choice = this.#faultsMax > 0 && about?.label() !== 'fault slow' ? 1 : 0;
      limit = choice + 1;
    } else if (kind === KIND.chance) {
      limit = 1;
    } else if (kind >= FAULT_FIRST && this.#faults >= this.#faultsMax) {
      limit = 1;
    } else if (kind === KIND.input) {
      const given = this.#input(about?.label() ?? '', arity);
      if (given !== undefined) {
        choice = Math.min(given, arity - 1);
        limit = choice + 1;
      }
    }
    if (this.#mayBranch()) this.#push({ isFork: false, choice, limit, event: this.order.length });
    return choice;
  }

  /** What the path says of the choice that the run has come to. */
  #next(isFork: boolean, arity: number, { stepCount }: ChoicePoint): PathNode {
    const node = this.#path[this.#at] as PathNode;
    if (node.isFork !== isFork || node.choice >= arity) throw new Strayed(stepCount);
    this.#at++;
    return node;
  }

  #push(node: PathNode): void {
    this.#path.push(node);
    this.#at = this.#path.length;
  }

  #mayBranch(): boolean {
    if (this.#redundant) return false;
    if (this.#path.length < DECISIONS_MAX) return true;
    if (!this.#wasTooLong) this.tooLong++;
    this.#wasTooLong = true;
    return false;
  }

  #whoMoves(arity: number, point: ChoicePoint): number {
    this.#close(point);
    this.#lookAtTime(point, point.stepCount);
    const movers: number[] = [];
    this.#couldMove = [];
    for (let i = 0; i < arity; i++) {
      const mover = point.alternative(i);
      this.#couldMove.push(mover);
      movers.push(this.order.moverNumber(mover));
    }
    let fork: Fork;
    if (this.#at < this.#path.length) {
      const isLast = this.#at === this.#lastFork;
      fork = this.#next(true, arity, point) as Fork;
      if (isLast) this.#fallAsleep(fork, point);
    } else {
      if (!this.#mayBranch()) return 0;
      const made = this.#makeFork(movers, point);
      if (made === undefined) return 0;
      fork = made;
      this.#push(fork);
    }
    this.#fork = fork;
    this.#preemptions += preempts(fork.choice, point) ? 1 : 0;
    return fork.choice;
  }

  // ---- forks ----

  #makeFork(movers: number[], point: ChoicePoint): Fork | undefined {
    const { order } = this;
    const states = movers.map(() => IDLE);
    const fork: Fork = {
      isFork: true,
      depth: this.#path.length,
      choice: -1,
      event: order.length,
      known: order.objectCount,
      movers,
      states,
      aftermaths: [],
      knownBy: [],
    };
    for (const { mover, aftermath, known } of this.#sleepers) {
      const at = movers.indexOf(order.moverNumber(mover));
      if (at < 0) continue;
      states[at] = ASLEEP;
      fork.aftermaths[at] = aftermath;
      fork.knownBy[at] = known;
    }
    if (this.#bounded && !this.#isNewBeginning(point)) return this.#repeat();
    let count = states.length;
    // Twice in a row is a spin.
    if (point.yielded && this.#yields > 1) count--;
    for (let i = 0; i < count; i++) {
      if (states[i] !== IDLE) continue;
      if (this.#bounded && this.#preemptions + (preempts(i, point) ? 1 : 0) > this.#preemptionsMax)
        continue;
      if (fork.choice < 0) {
        fork.choice = i;
        states[i] = NOW;
      } else if (this.#tries === 'all' || fork.depth < this.#expandTo) states[i] = TODO;
    }
    return fork.choice < 0 ? this.#repeat() : fork;
  }

  /** With a bound: nothing like this beginning has been seen with as few preemptions. */
  #isNewBeginning(point: ChoicePoint): boolean {
    const { current } = point;
    const key = `${this.order.classKey(this.order.length)} ${current === null ? 0 : this.order.moverKey(current)}`;
    const before = this.#beginnings.get(key) ?? Number.POSITIVE_INFINITY;
    if (before <= this.#preemptions) return false;
    this.#beginnings.set(key, this.#preemptions);
    return true;
  }

  #repeat(): undefined {
    this.#redundant = true;
    this.cutShort++;
    if (this.#givesUp) throw new Redundant();
    return undefined;
  }

  /**
   * At the last fork of the path: whoever was tried there before sleeps, and whoever slept when it
   * was made.
   */
  #fallAsleep(fork: Fork, point: ChoicePoint): void {
    if (this.#bounded) return;
    this.#sleepers = [];
    for (let i = 0; i < fork.states.length; i++) {
      const state = fork.states[i];
      const aftermath = fork.aftermaths[i];
      if ((state !== TRIED && state !== ASLEEP) || aftermath == null) continue;
      this.#sleepers.push({
        mover: point.alternative(i),
        aftermath,
        known: state === ASLEEP ? (fork.knownBy[i] as number) : fork.known,
        footprint: new Footprint(),
      });
    }
  }

  // ---- events ----

  moves(mover: Mover, point: ChoicePoint): void {
    this.#point = point;
    this.#close(point);
    const { order } = this;
    // Where there was a choice it has been looked at, before those of its fork fell asleep.
    if (this.#fork === undefined) this.#lookAtTime(point, point.stepCount - 1);
    order.open(mover, point);
    if (order.footprint.everything && this.#looksForRaces && order.length >= order.count) {
      this.#racesOfSleeping(point);
    }
    for (const sleeper of this.#sleepers) {
      // Nobody else could move, and what this one does has been done.
      if (sleeper.mover === mover) {
        if (!this.#redundant) this.#repeat();
        break;
      }
      order.foresee(sleeper.mover, sleeper.aftermath, sleeper.footprint);
    }
    this.#forkOf[order.length] = this.#fork;
    if (mover !== this.#last) this.#yields = 0;
    if (mover instanceof Task && point.yielded) this.#yields++;
    this.#last = mover;
  }

  /** Nothing is reordered across time that has passed since the last step, of `steps`. */
  #lookAtTime(point: ChoicePoint, steps: number): void {
    const { order } = this;
    if (!order.hasPassedTime(steps)) return;
    this.#sleepers = [];
    // Before the order knows that time has passed: after that, everything has happened before
    // whatever comes.
    if (this.#looksForRaces && order.length >= order.count) this.#racesOfPending(point);
  }

  get #looksForRaces(): boolean {
    return this.#tries === 'races' && !this.#redundant && !this.#wasTooLong;
  }

  /** The event that was happening is over. */
  #close(point: ChoicePoint): void {
    const { order } = this;
    const count = order.count;
    const event = order.close(point);
    if (event < 0) return;
    const fork = this.#fork;
    this.#fork = undefined;
    if (this.#redundant) return;
    if (this.#sleepers.length > 0) this.#wakeThoseWhoMeet();
    if (event < count) return;
    if (fork !== undefined) this.#remember(fork);
    if (!this.#looksForRaces) return;
    this.#racesOf(order.moverOf(event), order.footprint, event, order.neverBlocks);
    if (fork !== undefined) this.#racesOfTakenAway(event);
  }

  /**
   * Whoever could move and cannot any more, because the process has ended or the connection is
   * gone, will never make the step by which its race would be found.
   */
  #racesOfTakenAway(event: number): void {
    for (const mover of this.#couldMove) {
      const goes = mover instanceof Task ? mover.readyIndex >= 0 : mover.index >= 0;
      const number = this.order.moverNumber(mover);
      if (!goes && number !== this.order.moverOf(event)) this.#reverse(event, number, event + 1);
    }
  }

  /** A step may have several outcomes: whoever sleeps meets what any of them meets. */
  #remember(fork: Fork): void {
    const now = this.order.aftermath(fork.known);
    const before = fork.aftermaths[fork.choice];
    fork.aftermaths[fork.choice] = before == null ? now : either(before, now);
  }

  #wakeThoseWhoMeet(): void {
    const { order } = this;
    const { footprint } = order;
    this.#sleepers = this.#sleepers.filter(
      ({ footprint: own, aftermath, known }) =>
        !own.conflictsWith(footprint) && !order.meets(aftermath, known),
    );
  }

  // ---- races ----

  /**
   * Calls that are pending while no task can move, or when the run has ended, race with what has
   * happened as if they were made now.
   */
  #racesOfPending(point: ChoicePoint): void {
    const footprint = new Footprint();
    const look = (mover: Mover): void => {
      touch(mover, footprint);
      this.#racesOf(this.order.moverNumber(mover), footprint, this.order.length, false);
    };
    for (const task of point.tasks) if (task.state === 'alive' && task.call !== null) look(task);
    for (let i = 0; i < point.moverCount; i++) {
      const mover = point.alternative(i);
      if (!(mover instanceof Task)) look(mover);
    }
  }

  /**
   * What ends processes takes away the tasks that sleep in them; their calls race with what has
   * happened as if they were made now.
   */
  #racesOfSleeping(point: ChoicePoint): void {
    const footprint = new Footprint();
    for (const task of point.tasks) {
      if (task.state !== 'alive' || task.call === null || task.readyIndex >= 0) continue;
      touch(task, footprint);
      this.#racesOf(this.order.moverNumber(task), footprint, this.order.length, false);
    }
  }

  #racesOf(mover: number, footprint: Footprint, end: number, neverBlocks: boolean): void {
    this.order.races(
      mover,
      footprint,
      end,
      neverBlocks,
      (event) => this.#forkOf[event]?.movers.includes(mover) ?? false,
      (event, meets) => this.#reverse(event, mover, end, meets),
    );
  }

  /**
   * See to it that from before `event` on, some run is made in which the step of `mover` that would
   * be event `end` comes first; `meets` knows what that conflicts with.
   */
  #reverse(
    event: number,
    mover: number,
    end: number,
    meets: (event: number) => boolean = () => false,
  ): void {
    const { order } = this;
    const fork = this.#forkOf[event];
    // Only one could move then.
    if (fork === undefined) return;
    // The events that do not come after `event` could all have happened without it; who could begin
    // them?
    const initials: number[] = [];
    const kept: number[] = [];
    const comesAfter = (clock: readonly number[]): boolean =>
      kept.some((other) => order.happenedBefore(other, clock));
    for (let other = event + 1; other < end; other++) {
      const clock = order.clockOf(other);
      if (order.happenedBefore(event, clock)) continue;
      if (!comesAfter(clock)) initials.push(order.moverOf(other));
      kept.push(other);
    }
    if (!comesAfter(order.clockBefore(mover, end)) && !kept.some(meets)) initials.push(mover);
    let best = -1;
    for (const initial of initials) {
      const at = fork.movers.indexOf(initial);
      if (at < 0) continue;
      if (fork.states[at] !== IDLE) return;
      if (best < 0 || initial === mover) best = at;
    }
    if (best >= 0) this.#want(fork, best);
    // Whoever could begin could not move: they were put in order by what nobody declared.
    else this.#tryAll(fork);
  }

  #tryAll(fork: Fork): void {
    for (let i = 0; i < fork.states.length; i++) if (fork.states[i] === IDLE) this.#want(fork, i);
  }

  #want(fork: Fork, alternative: number): void {
    fork.states[alternative] = TODO;
    if (fork.depth < this.#floor) this.wanted.push([fork.depth, alternative]);
  }

  end(): void {
    if (this.#redundant) return;
    const point = this.#point;
    if (point !== undefined) {
      this.#close(point);
      if (this.#looksForRaces) {
        this.#racesOfPending(point);
        // A failure keeps everybody from going on, so whoever could have gone on has to be tried
        // before it.
        const last = this.#forkOf[this.order.count - 1];
        if (point.moverCount > 0 && last !== undefined) this.#tryAll(last);
      }
    }
    this.complete++;
    this.#classes.add(this.order.classKey());
  }

  // ---- how far it is ----

  /** The share of the search that is done, from 0 to 1: see {@link shareLeft}. */
  get progress(): number {
    return hasMore(this.part, 0) ? 1 - shareLeft(this.part) : 1;
  }
}

/** What one or the other of two outcomes of a step touches. */
function either(a: Aftermath, b: Aftermath): Aftermath {
  const isKnown = (one: Posted): boolean =>
    a.posted.some(({ op, a0 }) => op === one.op && a0 === one.a0);
  return {
    posted: [...a.posted, ...b.posted.filter((one) => !isKnown(one))],
    accesses: [...new Set([...a.accesses, ...b.accesses])],
    fresh: a.fresh || b.fresh,
    everything: a.everything || b.everything,
  };
}

type Posted = Aftermath['posted'][number];

/** Someone else moves although the task that moved last could go on. */
function preempts(choice: number, point: ChoicePoint): boolean {
  const { current } = point;
  return choice > 0 && current !== null && current.readyIndex >= 0 && !point.yielded;
}
