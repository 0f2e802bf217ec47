/** A backend that does all work in this process, in an order that is drawn, and forgets nothing. */
import type { Backend, Kept, Machine } from '../../src/campaign/backend.ts';
import type { Answer, BatchJob, Job, JobResult } from '../../src/campaign/job.ts';
import { answer, parsedAs } from '../../src/campaign/messages.ts';
import { type CampaignState, campaignState } from '../../src/campaign/state.ts';
import { replay } from '../../src/sim/explore/attempt.ts';
import { type Batch, BatchRunner } from '../../src/sim/explore/batch.ts';
import { exploreSlice } from '../../src/sim/explore/exploration.ts';
import { reduce } from '../../src/sim/explore/investigate.ts';
import type { Failure } from '../../src/sim/schedule/failure.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import type { Knowledge } from '../../src/sim/schedule/strategies/knowledge.ts';

/** What survives a coordinator that is killed. */
export class Memory {
  state = '';
  readonly results: Map<string, string> = new Map();
  readonly knowledge: Map<string, Knowledge> = new Map();
  /** Jobs done, with those that were done more than once. */
  done = 0;
}

/** Thrown where a coordinator is killed. */
export class Killed extends Error {}

export class MemoryBackend implements Backend {
  readonly #memory: Memory;
  readonly #scenarios: readonly Scenario[];
  readonly #draw: (below: number) => number;
  readonly #offered = new Map<string, Job>();
  /** Looks at each result before it is kept. */
  readonly spoil: (job: Job, result: JobResult) => JobResult;
  /** Steps until it is killed. */
  steps: number = Number.POSITIVE_INFINITY;

  constructor(
    memory: Memory,
    scenarios: readonly Scenario[],
    draw: (below: number) => number,
    spoil: (job: Job, result: JobResult) => JobResult = (_job, result) => result,
  ) {
    this.#memory = memory;
    this.#scenarios = scenarios;
    this.#draw = draw;
    this.spoil = spoil;
  }

  #step(): void {
    if (this.steps-- <= 0) throw new Killed();
  }

  async offer(jobs: readonly Job[]): Promise<void> {
    this.#step();
    for (const job of jobs) this.#offered.set(job.key, job);
  }

  async known(keys: readonly string[]): Promise<readonly Answer[]> {
    return keys.flatMap((key) => {
      const text = this.#memory.results.get(key);
      return text === undefined ? [] : [{ key, ...parsedAs(answer(), text, key) }];
    });
  }

  async take(): Promise<readonly Answer[]> {
    this.#step();
    const jobs = [...this.#offered.values()];
    const job = jobs[this.#draw(jobs.length)];
    if (job === undefined) return [];
    this.#offered.delete(job.key);
    const result = this.spoil(job, this.#do(job));
    this.#memory.done++;
    const text = JSON.stringify({ by: 'memory', result });
    // The first result of a key is the one that counts.
    if (!this.#memory.results.has(job.key)) this.#memory.results.set(job.key, text);
    return this.known([job.key]);
  }

  #do(job: Job): JobResult {
    const scenario = this.#scenarios[job.scenario] as Scenario;
    switch (job.kind) {
      case 'batches':
        return { kind: 'batches', batches: this.#batches(scenario, job) };
      case 'reduction': {
        const failure = replay(scenario, job.decisions, 'clamp').failure as Failure;
        return {
          kind: 'reduction',
          reduction: reduce(scenario, { decisions: [...job.decisions], failure }),
        };
      }
      case 'slice':
        return { kind: 'slice', slice: exploreSlice(scenario, job.order) };
      default:
        throw new Error('nobody joins this process');
    }
  }

  #batches(scenario: Scenario, { ranges, known: hash, ...plan }: BatchJob): Batch[] {
    const known = hash === null ? undefined : this.#memory.knowledge.get(hash);
    const made: Batch[] = [];
    for (const range of ranges) {
      made.push(new BatchRunner(scenario, plan, { ...range, known }).more(range.runs));
      if (plan.endsAtFailure && (made.at(-1)?.failures.length ?? 0) > 0) break;
    }
    return made;
  }

  async discard(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#memory.results.delete(key);
  }

  async save(state: CampaignState, { retired, knowledge }: Kept): Promise<void> {
    this.#step();
    this.#memory.state = JSON.stringify(state);
    for (const [hash, known] of knowledge) this.#memory.knowledge.set(hash, known);
    for (const key of retired) this.#memory.results.delete(key);
  }

  async knowledge(hash: string): Promise<Knowledge> {
    return this.#memory.knowledge.get(hash) as Knowledge;
  }

  async announce(): Promise<void> {}

  async retire(): Promise<void> {}

  async share(): Promise<void> {}

  async machines(): Promise<readonly Machine[]> {
    return [];
  }

  async close(): Promise<void> {}
}

/** The state as somebody finds it who goes on. */
export function stateIn(memory: Memory): CampaignState {
  return parsedAs(campaignState(), memory.state, 'the state');
}
