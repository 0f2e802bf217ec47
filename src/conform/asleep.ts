import { UnsupportedError } from '../sys/errors.ts';
import type { Difference } from './conform.ts';
import type { Execution } from './execute.ts';
import { Director } from './native/director.ts';
import { amongOutcomes } from './outcomes.ts';
import { executionText } from './print.ts';
import type { Program } from './program.ts';

/** As in execute.ts: pauses between steps on Linux, and how long a whole program may take. */
const PACES_MS: readonly number[] = [0, 1, 45];
/** Below the second after which Linux sends a dropped SYN again. */
const EXECUTION_MS_MAX = 800;

/**
 * A program whose tasks sleep, on Linux and among the outcomes of the simulated kernel. What is
 * seen has to be among them at some pace: at the quickest something may still be under way.
 */
export async function executeAsleep(
  program: Program,
  director: Director,
  pacesMs: readonly number[] = PACES_MS,
): Promise<Execution> {
  let execution: Execution = { rows: [], differs: false };
  for (const paceMs of pacesMs) {
    const fitting = Math.min(paceMs, EXECUTION_MS_MAX / Math.max(1, program.steps.length));
    try {
      execution = amongOutcomes(program, await director.run(program, fitting));
    } catch (error) {
      if (error instanceof UnsupportedError) return { rows: [], differs: false };
      throw error;
    }
    if (!execution.differs) break;
  }
  return execution;
}

/** The difference in a saved program, if there is one. */
export async function asleepDifference(program: Program): Promise<Difference | undefined> {
  const director = new Director();
  try {
    const execution = await executeAsleep(program, director);
    return execution.differs ? { program, text: executionText(execution) } : undefined;
  } finally {
    director.end();
  }
}
