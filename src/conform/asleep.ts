import fc from 'fast-check';
import { UnsupportedError } from '../sys/errors.ts';
import { taskPrograms } from './arbitrary-tasks.ts';
import type { Difference } from './conform.ts';
import { EXECUTION_MS_MAX, type Execution, PACES_MS } from './execute.ts';
import { Director } from './native/director.ts';
import { amongOutcomes } from './outcomes.ts';
import { executionText } from './print.ts';
import type { Program } from './program.ts';
import { reduce } from './reduce.ts';

/**
 * A program whose tasks sleep, on Linux and among the outcomes of the simulated kernel. What is
 * seen has to be among them at some pace: at the quickest something may still be under way.
 */
async function executeAsleep(
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

/** A difference has to be there so often in a row. */
const TIMES = 4;
const PROGRESS_EVERY = 50;

/** Generated programs of several tasks, until one is found on which the kernels disagree. */
export async function conformAsleep(
  runs: number,
  seed: number,
  tasksMax: number,
  onProgress: (runs: number) => void,
): Promise<{ readonly runs: number; readonly difference?: Difference }> {
  const director = new Director();
  let done = 0;
  try {
    const differs = async (program: Program): Promise<boolean> => {
      for (let time = 0; time < TIMES; time++) {
        if (!(await executeAsleep(program, director)).differs) return false;
      }
      return true;
    };
    const found = await fc.check(
      fc.asyncProperty(taskPrograms(tasksMax), async (program) => {
        if (++done % PROGRESS_EVERY === 0) onProgress(Math.min(done, runs));
        return !(await differs(program));
      }),
      { numRuns: runs, seed, endOnFailure: true },
    );
    if (!found.failed || found.counterexample === null) return { runs: found.numRuns };
    const [whole] = found.counterexample;
    const program = await reduce(whole, differs);
    const { differs: still, rows } = await executeAsleep(program, director);
    const text = executionText({ differs: still, rows });
    return { runs: found.numRuns, difference: { program, text } };
  } finally {
    director.end();
  }
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
