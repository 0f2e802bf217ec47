import type * as z from 'zod';
import { UsageError } from '../../sys/errors.ts';
import { OP } from '../../sys/ops.ts';
import type { Failure } from '../schedule/failure.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { Dpor, Redundant } from '../schedule/strategies/dpor.ts';
import {
  hasMore,
  isDivisible,
  type SearchPart,
  shareLeft,
  split,
  type Wanted,
  want,
  wholeSearch,
} from '../schedule/strategies/dpor-path.ts';
import type { Shard } from './amounts.ts';
import { type AttemptOptions, attempt } from './attempt.ts';
import { Histories } from './histories.ts';
import { zod } from './zod.ts';

/** What is searched, and what is noted of it. */
export interface ExplorePlan {
  /** Faults that may fire in a run, at most. */
  readonly faultsMax: number;
  /** Preemptions in a run, at most; null is no bound. Such a search is not divided. */
  readonly preemptionsMax: number | null;
  /** See `DporOptions.processMemory`. */
  readonly processMemory: boolean;
  /** Note what the tasks were told: see {@link Histories.outcome}. */
  readonly outcomes: boolean;
  /** Only a part of it, that needs nothing of the others: see {@link Exploration.keepShare}. */
  readonly share?: ExploreShare;
}

/** A part of a search that is cut for several machines. */
export interface ExploreShare extends Shard {
  /** It is cut at decisions before this one, where everything is tried. */
  readonly depth: number;
}

/** Some runs of a part of a search, for whatever process makes them. */
export interface SliceOrder {
  readonly plan: ExplorePlan;
  readonly part: SearchPart;
  readonly pinned: number;
  readonly sharedQueues: boolean;
  /** At most. */
  readonly runs: number;
}

/** What came of it. */
export interface Slice {
  /** How far the part has come. */
  readonly part: SearchPart;
  readonly wanted: readonly Wanted[];
  /** Names of the classes of which a run was made to its end. */
  readonly classes: readonly string[];
  readonly outcomes: readonly string[];
  readonly complete: number;
  readonly cutShort: number;
  readonly tooLong: number;
  /** The search has to begin again: see `PartialOrder.sharedQueues`. */
  readonly foundSharedQueue: boolean;
  /** The first run that failed; it is the last that was made. */
  readonly failed: { readonly decisions: readonly number[]; readonly failure: Failure } | undefined;
}

/** Make these runs. Which process does it cannot be told from what comes of it. */
export function exploreSlice(
  scenario: Scenario,
  order: SliceOrder,
  beginnings: Map<string, number> = new Map(),
  run: AttemptOptions = {},
): Slice {
  const { plan, part, pinned, sharedQueues, runs } = order;
  const { faultsMax, preemptionsMax, processMemory, share } = plan;
  const search = new Dpor({
    faultsMax,
    processMemory,
    givesUp: true,
    part: { part, pinned, sharedQueues, beginnings },
    ...(preemptionsMax === null ? {} : { preemptionsMax }),
    ...(share === undefined ? {} : { expandTo: share.depth }),
  });
  const outcomes = new Set<string>();
  let failed: Slice['failed'];
  for (let made = 0; made < runs && failed === undefined; made++) {
    const histories = plan.outcomes ? new Histories() : undefined;
    const seen = histories === undefined ? {} : { observer: histories };
    try {
      const result = attempt(scenario, search, { ...run, ...seen });
      if (result === undefined) break;
      const { failure, schedule } = result;
      if (histories !== undefined) outcomes.add(histories.outcome(failure));
      if (failure !== undefined) failed = { decisions: schedule, failure };
    } catch (error) {
      if (!(error instanceof Redundant)) throw error;
    }
  }
  const { complete, cutShort, tooLong, wanted, order: events } = search;
  return {
    part: search.part,
    wanted,
    classes: [...search.classKeys],
    outcomes: [...outcomes],
    complete,
    cutShort,
    tooLong,
    foundSharedQueue: events.foundSharedQueue && !events.sharedQueues,
    failed,
  };
}

/** A part of the search, and who sees to what is left at the decisions before it. */
interface Piece {
  part: SearchPart;
  parent: Piece | undefined;
  /** Somebody is about it. */
  isTaken: boolean;
  /** What others want of it meanwhile. */
  readonly wanted: Wanted[];
}

/** A piece that somebody is about. */
export interface TakenPiece {
  readonly order: SliceOrder;
  readonly piece: object;
}

/**
 * The systematic search of a scenario, in pieces that several processes make: one run for each
 * class of interleavings. How it is divided, and who makes what, changes nothing of what it finds:
 * the classes of all runs are the same, and of each there is one run (sleep sets are exact whatever
 * the order in which alternatives are tried; see {@link Dpor}). It can be saved between two slices,
 * and gone on with.
 */
export class Exploration {
  readonly plan: ExplorePlan;
  #pieces: Piece[];
  readonly #classes: Set<string>;
  readonly #outcomes: Set<string>;
  /** In bounded searches, which one process makes: see `PartToDo`. */
  readonly beginnings: Map<string, number>;
  #sharedQueues: boolean;
  /** Others are about the rest of it, and hear nothing of this part. */
  #isCut: boolean;
  /** How much of the whole search is its own, as {@link progress} counts. */
  #whole: number;
  complete = 0;
  cutShort = 0;
  tooLong = 0;
  failed: Slice['failed'];

  constructor(plan: ExplorePlan, saved?: SavedExploration) {
    this.plan = saved?.share === undefined ? plan : { ...plan, share: saved.share };
    this.#classes = new Set(saved?.classes);
    this.#outcomes = new Set(saved?.outcomes);
    this.beginnings = new Map(saved?.beginnings);
    this.#sharedQueues = saved?.sharedQueues ?? false;
    this.#whole = saved?.whole ?? 1;
    this.#isCut = saved?.share !== undefined && saved.share.depth > 0;
    this.complete = saved?.complete ?? 0;
    this.cutShort = saved?.cutShort ?? 0;
    this.tooLong = saved?.tooLong ?? 0;
    const pieces = saved?.pieces.map(({ part }) => pieceOf(part, undefined));
    for (const [at, { parent }] of (saved?.pieces ?? []).entries()) {
      if (parent !== null) (pieces?.[at] as Piece).parent = pieces?.[parent];
    }
    this.#pieces = pieces ?? [pieceOf(wholeSearch(), undefined)];
  }

  /** Classes of which a run was made to its end. */
  get classes(): number {
    return this.#classes.size;
  }

  /** Runs made to their end, and cut short. */
  get runs(): number {
    return this.complete + this.cutShort;
  }

  get outcomes(): ReadonlySet<string> {
    return this.#outcomes;
  }

  /** Nothing is left to try: there is no other interleaving, within the bounds. */
  get isExhausted(): boolean {
    return this.#pieces.length === 0 && this.tooLong === 0;
  }

  /** The share of the search that is done, from 0 to 1, as far as it can be told. */
  get progress(): number {
    return Math.min(1, Math.max(0, 1 - this.#left / this.#whole));
  }

  get #left(): number {
    return this.#pieces.reduce((sum, { part }) => sum + shareLeft(part), 0);
  }

  /**
   * A piece that nobody is about and that has something to do.
   *
   * @param depth only one that may yet be divided before this decision
   */
  take(runs: number, depth: number = Number.POSITIVE_INFINITY): TakenPiece | undefined {
    const piece = this.#pieces.find(
      (one) =>
        !one.isTaken &&
        hasMore(one.part, this.#pinnedOf(one)) &&
        (depth === Number.POSITIVE_INFINITY || isDivisible(one.part, depth)),
    );
    if (piece === undefined) return undefined;
    piece.isTaken = true;
    const { plan } = this;
    const order: SliceOrder = {
      plan,
      part: piece.part,
      pinned: this.#pinnedOf(piece),
      sharedQueues: this.#sharedQueues,
      runs,
    };
    return { order, piece };
  }

  /** So many decisions of its path are those of others too. */
  #pinnedOf(piece: Piece): number {
    let pinned = 0;
    for (const { parent, part } of this.#pieces) {
      if (parent === piece) pinned = Math.max(pinned, part.floor);
    }
    return pinned;
  }

  /**
   * A piece has come so far.
   *
   * @param width how many would like to have a piece
   * @param depth it is divided before this decision alone
   */
  settle(
    { piece: taken }: TakenPiece,
    slice: Slice,
    width = 1,
    depth: number = Number.POSITIVE_INFINITY,
  ): void {
    const piece = taken as Piece;
    this.complete += slice.complete;
    this.cutShort += slice.cutShort;
    this.tooLong += slice.tooLong;
    // It began before all had to begin again.
    if (!this.#pieces.includes(piece)) return;
    if (slice.foundSharedQueue) {
      if (this.#isCut) throw new UsageError(SHARED_QUEUE_TEXT);
      this.#beginAnew();
      return;
    }
    for (const key of slice.classes) this.#classes.add(key);
    for (const outcome of slice.outcomes) this.#outcomes.add(outcome);
    this.failed ??= slice.failed;
    piece.part = slice.part;
    piece.isTaken = false;
    for (const one of piece.wanted.splice(0)) want(piece.part, one);
    for (const one of slice.wanted) this.#want(piece, one);
    this.#dropFinished();
    for (let more = width - this.#able(); more > 0 && this.#divide(piece, depth); more--);
  }

  #beginAnew(): void {
    this.#sharedQueues = true;
    this.#classes.clear();
    this.#outcomes.clear();
    this.beginnings.clear();
    this.#pieces = [pieceOf(wholeSearch(), undefined)];
  }

  /** Told to whoever sees to that decision. */
  #want(from: Piece, wanted: Wanted): void {
    let owner = from.parent;
    while (owner !== undefined && wanted[0] < owner.part.floor) owner = owner.parent;
    if (owner === undefined) return;
    if (owner.isTaken) owner.wanted.push(wanted);
    else want(owner.part, wanted);
  }

  #dropFinished(): void {
    for (;;) {
      const finished = this.#pieces.findIndex(
        (one) =>
          !one.isTaken &&
          !this.#pieces.some(({ parent }) => parent === one) &&
          !hasMore(one.part, 0),
      );
      if (finished < 0) return;
      this.#pieces.splice(finished, 1);
    }
  }

  #able(): number {
    return this.#pieces.filter((one) => one.isTaken || hasMore(one.part, this.#pinnedOf(one)))
      .length;
  }

  /**
   * Of a search that was begun alike on several machines: keep the pieces of this one. What is cut
   * before the share's depth needs nothing of others, as everything is tried there. What was found
   * on the way is the first machine's.
   */
  keepShare(): void {
    const { share } = this.plan;
    if (share === undefined) return;
    this.#pieces = this.#pieces.filter((_, at) => at % share.of === share.index - 1);
    for (const piece of this.#pieces) piece.parent = undefined;
    this.#isCut = true;
    const left = this.#left;
    if (share.index > 1) this.#forget();
    this.#whole = left === 0 ? 1 : left;
  }

  /** All of it is another machine's. */
  leave(): void {
    this.#pieces = [];
    this.failed = undefined;
    this.#forget();
  }

  #forget(): void {
    this.#classes.clear();
    this.#outcomes.clear();
    this.complete = 0;
    this.cutShort = 0;
    this.tooLong = 0;
  }

  /** Pieces of it. */
  get pieces(): number {
    return this.#pieces.length;
  }

  /** Give half of it to somebody else, if that can be. */
  #divide(piece: Piece, depth: number): boolean {
    if (this.plan.preemptionsMax !== null || !this.#pieces.includes(piece)) return false;
    const given = split(piece.part, depth);
    if (given === undefined) return false;
    const owner = pieceOf(given, piece.parent);
    this.#pieces.push(owner);
    piece.parent = owner;
    for (const one of this.#pieces) {
      if (one.parent === piece && one.part.floor <= given.path.length) one.parent = owner;
    }
    return true;
  }

  /** All that is needed to go on with it later; nobody may be about a piece. */
  save(): SavedExploration {
    return {
      sharedQueues: this.#sharedQueues,
      ...(this.#whole === 1 ? {} : { whole: this.#whole }),
      ...(this.plan.share === undefined ? {} : { share: this.plan.share }),
      complete: this.complete,
      cutShort: this.cutShort,
      tooLong: this.tooLong,
      classes: [...this.#classes],
      outcomes: [...this.#outcomes],
      beginnings: [...this.beginnings],
      pieces: this.#pieces.map(({ part, parent }) => ({
        part,
        parent: parent === undefined ? null : this.#pieces.indexOf(parent),
      })),
    };
  }
}

const SHARED_QUEUE_TEXT =
  'that two tasks wait at one queue has shown only in this part of the search, and the others know nothing of it, so that no part is complete: leave out --shard, or let machines share it with heddle campaign --explore';

const pieceOf = (part: SearchPart, parent: Piece | undefined): Piece => ({
  part,
  parent,
  isTaken: false,
  wanted: [],
});

/** A search that was stopped, as it is kept in a file. */
export interface SavedExploration {
  readonly sharedQueues: boolean;
  /** How much of the whole search it is; missing: all. */
  readonly whole?: number;
  /** Which part it is, and where that was cut. */
  readonly share?: ExploreShare;
  readonly complete: number;
  readonly cutShort: number;
  readonly tooLong: number;
  readonly classes: readonly string[];
  readonly outcomes: readonly string[];
  readonly beginnings: readonly (readonly [string, number])[];
  /** Each with its place among them of the one that sees to the decisions before it. */
  readonly pieces: readonly { readonly part: SearchPart; readonly parent: number | null }[];
}

/** A part of a search, as it comes from a file or from another machine. */
export function searchPart(): z.ZodType<SearchPart> {
  const z = zod();
  const whole = z.number().int().min(0);
  const aftermath = z.object({
    posted: z.array(z.object({ op: z.enum(OP), a0: z.number() })),
    accesses: z.array(whole),
    fresh: z.boolean(),
    everything: z.boolean(),
  });
  const fork = z.object({
    isFork: z.literal(true),
    depth: whole,
    choice: z.number().int().min(-1),
    event: whole,
    known: whole,
    movers: z.array(whole),
    states: z.array(whole),
    aftermaths: z.array(aftermath.nullable()),
    knownBy: z.array(whole.nullable()),
  });
  const draw = z.object({ isFork: z.literal(false), choice: whole, limit: whole, event: whole });
  const path = z.array(z.union([fork, draw]));
  return z.object({ started: z.boolean(), path, floor: whole });
}

/** What a file has to hold. */
export function savedExploration(): z.ZodType<SavedExploration> {
  const z = zod();
  const whole = z.number().int().min(0);
  return z.object({
    sharedQueues: z.boolean(),
    whole: z.exactOptional(z.number().min(0)),
    share: z.exactOptional(z.object({ index: whole, of: whole, depth: whole })),
    complete: whole,
    cutShort: whole,
    tooLong: whole,
    classes: z.array(z.string()),
    outcomes: z.array(z.string()),
    beginnings: z.array(z.tuple([z.string(), whole])),
    pieces: z.array(z.object({ part: searchPart(), parent: whole.nullable() })),
  });
}
