import type { Run } from '../../sim/schedule/run.ts';

/**
 * One turn of the event loop: what has happened outside is heard of, and all promise jobs have run.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Async bodies go on in promise jobs: give them a turn, and see what they want now. */
export async function letAsyncBodiesRun(run: Run): Promise<void> {
  await turn();
  run.world.lookOutside();
}

/** Whether a task has died in a promise job, where no step has noticed it. */
export function hasUnseenDeath(run: Run): boolean {
  return run.failure === undefined && run.world.deaths.length > 0;
}
