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
import { rolesAreKeptBy } from './roles.ts';

/**
 * A program that took longer on Linux has met what only time brings: time-outs of seconds have run
 * out, and a SYN that was dropped has been sent again. The simulated kernel's clock stands still.
 */
const TOOK_MS_MAX = 1000;
/** A machine that was too slow for a program so often will be so for a while. */
const TRIES_MAX = 5;

/** What came of doing a program on both kernels. */
type Compared = Execution | 'not compared';

/**
 * A program whose tasks sleep, on Linux and among the outcomes of the simulated kernel. What is
 * seen has to be among them at some pace: at the quickest something may still be under way. A
 * difference is none where Linux was too slow: the program is done again.
 */
async function executeAsleep(program: Program, director: Director): Promise<Compared> {
  let compared: Compared = { rows: [], differs: false };
  for (const paceMs of PACES_MS) {
    const fitting = Math.min(paceMs, EXECUTION_MS_MAX / Math.max(1, program.steps.length));
    compared = await inTime(program, director, fitting);
    if (compared !== 'not compared' && !compared.differs) break;
  }
  return compared;
}

async function inTime(program: Program, director: Director, paceMs: number): Promise<Compared> {
  for (let time = 0; time < TRIES_MAX; time++) {
    const { steps, tookMs } = await director.run(program, paceMs);
    try {
      const execution = amongOutcomes(program, steps, await rolesAreKeptBy(director));
      if (!execution.differs || tookMs <= TOOK_MS_MAX) return execution;
    } catch (error) {
      if (error instanceof UnsupportedError) return 'not compared';
      throw error;
    }
  }
  return 'not compared';
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
): Promise<{
  readonly runs: number;
  readonly notCompared: number;
  readonly difference?: Difference;
}> {
  const director = new Director();
  let done = 0;
  let notCompared = 0;
  try {
    const compare = async (program: Program): Promise<Compared> => {
      let compared: Compared = 'not compared';
      for (let time = 0; time < TIMES; time++) {
        compared = await executeAsleep(program, director);
        if (compared === 'not compared' || !compared.differs) break;
      }
      return compared;
    };
    const differs = async (program: Program): Promise<boolean> => {
      const compared = await compare(program);
      return compared !== 'not compared' && compared.differs;
    };
    const found = await fc.check(
      fc.asyncProperty(taskPrograms(tasksMax), async (program) => {
        if (++done % PROGRESS_EVERY === 0) onProgress(Math.min(done, runs));
        const compared = await compare(program);
        if (compared !== 'not compared') return !compared.differs;
        notCompared++;
        return true;
      }),
      { numRuns: runs, seed, endOnFailure: true },
    );
    const counts = { runs: found.numRuns, notCompared };
    if (!found.failed || found.counterexample === null) return counts;
    const program = await reduce(found.counterexample[0], differs);
    const last = await executeAsleep(program, director);
    const text = executionText(last === 'not compared' ? { rows: [], differs: true } : last);
    return { ...counts, difference: { program, text } };
  } finally {
    director.end();
  }
}

/**
 * The difference in a saved program, if there is one; `not compared` where the machine was too slow
 * or the simulated kernel knows no answer.
 */
export async function asleepDifference(
  program: Program,
): Promise<Difference | 'not compared' | undefined> {
  const director = new Director();
  try {
    const compared = await executeAsleep(program, director);
    if (compared === 'not compared') return compared;
    return compared.differs ? { program, text: executionText(compared) } : undefined;
  } finally {
    director.end();
  }
}
