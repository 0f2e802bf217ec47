/** Makes the rounds of a campaign: what is done in them, and what follows from it. */
import type { Knowledge } from '../sim/schedule/strategies/knowledge.ts';
import type { Job, JobResult } from './job.ts';
import type { Find, Round } from './state.ts';

export interface RoundMaker {
  /** What open rounds begin with: told again when a campaign goes on. */
  remember(hash: string, knowledge: Knowledge): void;
  /** What is needed still; the rest is forgotten. */
  needed(): ReadonlyMap<string, Knowledge>;
  /** The next round: it may be one in which nothing is done. */
  open(number: number): Round;
  /** The jobs of a round, in the order in which they are merged. */
  jobsOf(round: Round): readonly Job[];
  /**
   * Add a round to what is known, once all of its results are there.
   *
   * @returns failures that nobody has met before
   */
  merge(round: Round, resultOf: (job: Job) => JobResult): Find[];
}
