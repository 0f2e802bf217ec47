/** What went wrong in a run. @since 0.1.0 */
export type FailureKind =
  /** A law of the scenario does not hold. */
  | 'law'
  /** The check of a law threw instead of answering. */
  | 'law-threw'
  /** A task ended with an uncaught error. */
  | 'died'
  /** Nobody may move, nothing is due, and a task that should end has not. */
  | 'deadlock'
  /** A task awaits something that is not heddle's. */
  | 'outside'
  /** Two accesses to shared memory that nothing puts in order. */
  | 'race'
  /** The run took more steps than the scenario allows, or more of the real machine's time. */
  | 'livelock';

/** What went wrong in a run. @since 0.1.0 */
export interface Failure {
  /** What kind of failure it is. */
  readonly kind: FailureKind;
  /** The law in the user's words, or heddle's own. */
  readonly law: string;
  /** What is wrong, in a sentence. */
  readonly message: string;
  /** The step at which it showed. */
  readonly step: number;
  /** The task it happened to. */
  readonly task: string | undefined;
  /**
   * Of a deadlock: every task and what it is asleep in, as `server recv fd 5`; those included that
   * need not end.
   */
  readonly asleep?: readonly string[];
  /** The line that states the law; only there in runs that are reported. */
  readonly where?: string | undefined;
  /** What was thrown, if anything was. */
  readonly error?: unknown;
  /**
   * The real clock has ended the run, and would have to be waited for in each replay: so many of
   * its steps show what it is.
   */
  readonly cutAfter?: number | undefined;
  /**
   * Equal for failures that are one mistake: groups them, and keeps shrinking on its path.
   */
  readonly signature: string;
}

/** A task does not give way: the real clock ends its run. */
export class StillRuns extends Error {
  /** Steps of the run that show it, see {@link Failure.cutAfter}. */
  readonly steps: number;

  constructor(message: string, stack: string, steps: number) {
    super(message);
    this.stack = stack;
    this.steps = steps;
  }
}
