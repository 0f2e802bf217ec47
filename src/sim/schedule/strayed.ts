import { UsageError } from '../../sys/errors.ts';

/** What is said of a scenario whose runs are not a function of their decisions. */
export const ADVICE =
  'the scenario uses what no schedule controls: state left by an earlier run, the time of day, randomness, a real file or socket; build all state in the scenario, ask sys for the time, and draw with world.draw';

/** A search has met another choice at a place where it had been before. */
export class Strayed extends UsageError {
  override readonly name = 'NondeterminismError';

  /** @param step the last one before it */
  constructor(step: number) {
    super(`the same decisions have led to two different choices after step ${step}\n\n${ADVICE}`);
  }
}
