import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { referenceTo, type ScenarioReference } from '../load/scenario-reference.ts';
import { ownScript } from '../root.ts';
import { type CatalogueScenario, sameFault } from '../scenarios/index.ts';
import {
  type Batch,
  type BatchRange,
  BatchRunner,
  type BatchSource,
  batchHere,
  type FuzzPlan,
  Rounds,
} from '../sim/explore/batch.ts';
import type { Slice, SliceOrder } from '../sim/explore/exploration.ts';
import type { Found } from '../sim/explore/fuzz.ts';
import { type Reduction, reduce } from '../sim/explore/investigate.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';

/** The runs of a batch. */
export interface BatchOrder {
  readonly what: 'batch';
  readonly scenario: ScenarioReference;
  readonly plan: FuzzPlan;
  readonly range: BatchRange;
}

/** The reduction of a failure. */
export interface ReductionOrder {
  readonly what: 'reduction';
  readonly scenario: ScenarioReference;
  readonly decisions: readonly number[];
}

/** Some runs of a systematic search. */
export interface ExploringOrder {
  readonly what: 'slice';
  readonly scenario: ScenarioReference;
  readonly order: SliceOrder;
}

type Work = BatchOrder | ReductionOrder | ExploringOrder;

export type Order = Work & { readonly id: number };

/** Orders that need not be carried out any more. */
export interface Withdrawal {
  readonly what: 'withdrawal';
  readonly ids: readonly number[];
}

export interface Answer {
  readonly id: number;
  /** Undefined if there is none: it was withdrawn, or could not be carried out. */
  readonly result: unknown;
}

/** How far an order has come. */
export interface ProgressNote {
  readonly id: number;
  readonly replays: number;
  /** Decisions that are not calm in the simplest run so far. */
  readonly notCalm: number;
}

/** Work that is done before workers are started: to start one takes as long. */
const ALONE_MS = 500;
/**
 * Orders that a worker has at a time, so that it need not wait for the next while this process
 * shrinks a failure.
 */
const ORDERS_MAX = 3;

/**
 * Makes batches, in this process at first and then in worker processes; which one made a batch
 * cannot be told from it.
 */
export class Crew {
  readonly #workersMax: number;
  readonly #workers: Worker[] = [];
  readonly #began: number = performance.now();
  readonly #aloneMs: number;
  #orders = 0;

  /**
   * @param workersMax processes to work in; 1 is this one alone
   * @param aloneMs how long this one works alone, at the least, before others are started
   */
  constructor(workersMax: number, aloneMs: number = ALONE_MS) {
    this.#workersMax = workersMax;
    this.#aloneMs = aloneMs;
  }

  /** The scenarios of this file; of the built-in ones if it is undefined. */
  batchesOf(file: string | undefined): BatchSource {
    return (scenario, plan, runs) => this.#batches(scenario, file, plan, runs);
  }

  async *#batches(
    scenario: Scenario,
    file: string | undefined,
    plan: FuzzPlan,
    runs: number,
  ): AsyncGenerator<Batch> {
    const rounds = new Rounds(plan, runs);
    for (let round = rounds.next(); round !== undefined; round = rounds.next()) {
      for await (const batch of this.#round(scenario, file, plan, round)) {
        rounds.learn(batch.learned);
        yield batch;
      }
    }
  }

  async *#round(
    scenario: Scenario,
    file: string | undefined,
    plan: FuzzPlan,
    ranges: Iterator<BatchRange>,
  ): AsyncGenerator<Batch> {
    let next = ranges.next();
    for (; next.done !== true && !this.#isStaffed(); next = ranges.next()) {
      const range = next.value;
      yield* batchHere(scenario, plan, range);
    }
    const reference = referenceTo(scenario, file);
    const pending: Promise<Batch>[] = [];
    const ids = new Set<number>();
    try {
      for (; next.done !== true; next = ranges.next()) {
        const range = next.value;
        pending.push(this.#batch(reference, scenario, plan, range));
        ids.add(this.#orders);
        if (pending.length >= this.#workersMax * ORDERS_MAX)
          yield pending.shift() as Promise<Batch>;
      }
      while (pending.length > 0) yield pending.shift() as Promise<Batch>;
    } finally {
      // Whoever asked has seen enough.
      if (pending.length > 0) for (const worker of this.#workers) worker.withdraw(ids);
    }
  }

  /** Whether workers are ready; starts them when it is time. */
  #isStaffed(): boolean {
    if (this.#workersMax === 1 || performance.now() - this.#began < this.#aloneMs) return false;
    while (this.#workers.length < this.#workersMax) this.#workers.push(new Worker());
    return this.#workers.every(({ ready }) => ready);
  }

  async #batch(
    reference: ScenarioReference,
    scenario: Scenario,
    plan: FuzzPlan,
    range: BatchRange,
  ): Promise<Batch> {
    // What it begins with is in the range.
    const its = { ...plan, known: undefined };
    const batch = await this.#order<Batch>({
      what: 'batch',
      scenario: reference,
      plan: its,
      range,
    });
    return batch ?? inMacrotask(() => new BatchRunner(scenario, plan, range).more(range.runs));
  }

  /**
   * Reduce a failure of a built-in scenario, which is the same fault as long as `isSame` says so.
   */
  async reduce(
    { scenario, model }: CatalogueScenario,
    { decisions, failure }: Pick<Found, 'decisions' | 'failure'>,
  ): Promise<Reduction> {
    const reduction = this.#isStaffed()
      ? await this.#order<Reduction>({
          what: 'reduction',
          scenario: referenceTo(scenario, undefined),
          decisions,
        })
      : undefined;
    if (reduction !== undefined) return reduction;
    const isSame = sameFault(model, failure);
    return inMacrotask(() => reduce(scenario, { decisions, failure }, { isSame }));
  }

  /**
   * Reduce a failure of a user's scenario in another process, so that this one can tell how far it
   * has come and hears of Ctrl-C. Undefined where it cannot be done there.
   */
  async reduceElsewhere(
    scenario: Scenario,
    file: string | undefined,
    decisions: readonly number[],
    onProgress: (note: ProgressNote) => void,
  ): Promise<Reduction | undefined> {
    if (this.#workersMax === 1) return undefined;
    if (this.#workers.length === 0) this.#workers.push(new Worker());
    const order = { what: 'reduction', scenario: referenceTo(scenario, file), decisions } as const;
    return this.#order<Reduction>(order, onProgress);
  }

  /** Given to whoever has the least to do. */
  #order<Result>(
    order: Work,
    onProgress?: (note: ProgressNote) => void,
  ): Promise<Result | undefined> {
    const least = this.#workers.reduce((a, b) => (b.load < a.load ? b : a));
    const given = { ...order, id: ++this.#orders };
    return least.give(given, onProgress) as Promise<Result | undefined>;
  }

  /**
   * Make some runs of a systematic search.
   *
   * @param file where the scenario is found; undefined for a built-in one
   * @returns undefined if whoever asked has to make them
   */
  async explores(
    scenario: Scenario,
    file: string | undefined,
    order: SliceOrder,
  ): Promise<Slice | undefined> {
    if (!this.#isStaffed()) return undefined;
    return this.#order<Slice>({ what: 'slice', scenario: referenceTo(scenario, file), order });
  }

  /** How many can work at a time. */
  get width(): number {
    return this.#isStaffed() ? this.#workersMax : 1;
  }

  /** As many work as may. */
  get isReady(): boolean {
    return this.#workersMax === 1 || this.#isStaffed();
  }

  /** Worker processes that were started; 0 if this one did it all. */
  get size(): number {
    return this.#workers.length;
  }

  /** End the workers, whatever they are doing. */
  close(): void {
    for (const worker of this.#workers) worker.end();
  }
}

class Worker {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  readonly #watching = new Map<number, (note: ProgressNote) => void>();
  ready = false;

  constructor() {
    const path = fileURLToPath(ownScript('cli/worker'));
    this.#child = fork(path, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child.on('message', (message: Answer | ProgressNote | 'ready') => {
      if (message === 'ready') this.ready = true;
      else if ('replays' in message) this.#watching.get(message.id)?.(message);
      else this.#settle(message);
    });
    // One that cannot be started, or has died, leaves its orders to whoever gave them.
    const gone = (): void => {
      for (const id of [...this.#waiting.keys()]) this.#settle({ id, result: undefined });
    };
    this.#child.on('exit', gone);
    this.#child.on('error', gone);
  }

  get load(): number {
    return this.#waiting.size;
  }

  #settle({ id, result }: Answer): void {
    this.#waiting.get(id)?.(result);
    this.#waiting.delete(id);
    this.#watching.delete(id);
  }

  give(order: Order, onProgress?: (note: ProgressNote) => void): Promise<unknown> {
    return new Promise((resolve) => {
      if (!this.#child.connected) {
        resolve(undefined);
        return;
      }
      this.#waiting.set(order.id, resolve);
      if (onProgress !== undefined) this.#watching.set(order.id, onProgress);
      this.#child.send(order);
    });
  }

  /** Nobody waits for these any more. */
  withdraw(all: ReadonlySet<number>): void {
    const ids = [...this.#waiting.keys()].filter((id) => all.has(id));
    for (const id of ids) this.#waiting.delete(id);
    if (ids.length > 0 && this.#child.connected) this.#child.send({ what: 'withdrawal', ids });
  }

  end(): void {
    this.#waiting.clear();
    this.#child.kill('SIGKILL');
  }
}
