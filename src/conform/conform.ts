import fc from 'fast-check';
import type { Libc } from '../real/linux/libc.ts';
import { loadLibc } from '../real/linux/libc.ts';
import { programs } from './arbitrary.ts';
import { asleepDifference, conformAsleep } from './asleep.ts';
import { execute } from './execute.ts';
import { executionText } from './print.ts';
import type { Program } from './program.ts';
import { reduce } from './reduce.ts';

export interface ConformOptions {
  /** Programs to try. Default: 300. */
  readonly runs?: number;
  /** Which programs: the same seed gives the same ones. Default: drawn. */
  readonly seed?: number;
  /** Of one to so many tasks that really sleep on Linux. Default: two, of which one sleeps. */
  readonly tasks?: number;
  /** This program, instead of generated ones. */
  readonly program?: Program;
  /** Told now and then how far it has come. */
  readonly onProgress?: (progress: { readonly runs: number }) => void;
}

/** The smallest program found on which the kernels disagree. */
export interface Difference {
  readonly program: Program;
  /** Two columns: the steps as the simulated kernel and Linux did them. */
  readonly text: string;
}

export interface Conformed {
  readonly runs: number;
  readonly seed: number;
  /**
   * Programs of those that could not be compared: Linux was too slow for them, or the simulated
   * kernel knows no answer to one of their calls.
   */
  readonly notCompared: number;
  readonly difference?: Difference;
}

/**
 * While a program is reduced, short pauses have to do; what is left is confirmed with long ones.
 */
const QUICK_PACES_MS = [0, 0.2];
const PROGRESS_EVERY = 50;
/** A difference has to be there so often in a row. */
const TIMES = 5;

/**
 * Do generated syscall programs on the simulated kernel and on Linux and look for a step on which
 * they disagree. Throws a UsageError where libc cannot be reached.
 */
export async function conform(options: ConformOptions = {}): Promise<Conformed> {
  if (options.program?.asleep !== undefined) {
    const difference = await asleepDifference(options.program);
    if (difference === 'not compared') return { runs: 1, seed: 0, notCompared: 1 };
    return { runs: 1, seed: 0, ...comparedWith(difference) };
  }
  const { runs = 300, seed = fc.sample(fc.nat(), 1)[0] as number, program, onProgress } = options;
  if (options.tasks !== undefined) {
    const told = (count: number): void => onProgress?.({ runs: count });
    return { seed, ...(await conformAsleep(runs, seed, options.tasks, told)) };
  }
  const libc = await loadLibc();
  if (program !== undefined) {
    return { runs: 1, seed, ...comparedWith(differenceIn(program, libc)) };
  }
  let done = 0;
  const found = fc.check(
    fc.property(programs(), (each) => {
      if (++done % PROGRESS_EVERY === 0) onProgress?.({ runs: Math.min(done, runs) });
      // More than once, because a machine under load may be late.
      for (let time = 0; time < TIMES; time++) if (!execute(each, libc).differs) return true;
      return false;
    }),
    { numRuns: runs, seed, endOnFailure: true },
  );
  if (!found.failed || found.counterexample === null)
    return { runs: found.numRuns, seed, notCompared: 0 };
  const [whole] = found.counterexample;
  const reduced = (pacesMs?: readonly number[]): Promise<Program> =>
    reduce(whole, (attempt) => execute(attempt, libc, pacesMs).differs);
  const difference =
    differenceIn(await reduced(QUICK_PACES_MS), libc) ??
    differenceIn(await reduced(), libc) ??
    differenceIn(whole, libc);
  return { runs: found.numRuns, seed, ...comparedWith(difference) };
}

/** All were compared, and this came of it. */
function comparedWith(
  difference: Difference | undefined,
): Pick<Conformed, 'notCompared' | 'difference'> {
  return { notCompared: 0, ...(difference === undefined ? {} : { difference }) };
}

function differenceIn(program: Program, libc: Libc): Difference | undefined {
  const execution = execute(program, libc);
  if (!execution.differs) return undefined;
  const steps = execution.rows.map(({ step }) => step);
  return { program: { ...program, steps }, text: executionText(execution) };
}
