import type { Why } from './why.ts';

/** A task that sleeps, and why nothing wakes it. */
export interface Wait extends Why {
  readonly who: string;
  /** `recv fd 5`. */
  readonly call: string;
  readonly where: string | undefined;
  /** It waits for the end of another task that sleeps as well. */
  readonly joins: boolean;
}
