/** What a coordinator needs of the place where work is handed out and results are kept. */
import type { Knowledge } from '../sim/schedule/strategies/knowledge.ts';
import type { Answer, Job } from './job.ts';
import type { CampaignState } from './state.ts';

/** Somebody who does work. */
export interface Machine {
  readonly name: string;
  readonly processes: number;
  /** Runs that it has made. */
  readonly runs: number;
  readonly runsPerSecond: number;
  /** Why it does nothing; null: it works. */
  readonly refused: string | null;
}

/** What belongs to a state, and is kept with it. */
export interface Kept {
  /** Results that are merged: they are needed no more, nor is what comes of their jobs yet. */
  readonly retired: readonly string[];
  /** What searches have learned, by its hash; what is not among it is forgotten. */
  readonly knowledge: ReadonlyMap<string, Knowledge>;
}

/**
 * Hands out work, and keeps what came of it until it is merged. A result is known by its key: of
 * several that come for one key the first is kept, so work may be done twice, and counts once.
 */
export interface Backend {
  /** Have these done; of those that are handed out already nothing changes. */
  offer(jobs: readonly Job[]): Promise<void>;
  /** Results that are there already. */
  known(keys: readonly string[]): Promise<readonly Answer[]>;
  /** Results that have come since; waits for a while if there are none. */
  take(): Promise<readonly Answer[]>;
  /** Results that are no good: their jobs can be done again. */
  discard(keys: readonly string[]): Promise<void>;
  /** All at once, or nothing. */
  save(state: CampaignState, kept: Kept): Promise<void>;
  /** @throws UsageError if it is not there */
  knowledge(hash: string): Promise<Knowledge>;
  /** Those who may join are told of it. */
  announce(state: CampaignState): Promise<void>;
  /** It is over: nobody needs to join any more. */
  retire(): Promise<void>;
  /** A failure file, for those who join. */
  share(path: string, file: string): Promise<void>;
  machines(): Promise<readonly Machine[]>;
  close(): Promise<void>;
}
