import type { Variant } from '../scenarios/index.ts';
import { UsageError } from '../sys/errors.ts';
import { isScenarioFile, parseCount } from './arguments.ts';
import { type AnyCommand, argument, defineCommand, flag, option } from './command.ts';
import {
  isOtherWorld,
  JSON_LINES,
  ONLY_VARIANT,
  seed,
  TIME,
  WORKERS,
  type WorldOptions,
  worldOptions,
} from './options.ts';
import { STRATEGY } from './strategy-option.ts';

export interface FuzzCommand extends WorldOptions {
  /** Models, or files of scenarios; all models when none is named. */
  readonly what: readonly string[];
  /** Runs a scenario at the most; undefined leaves it to `timeMs`, or to the default. */
  readonly runs: number | undefined;
  readonly timeMs: number | undefined;
  readonly seed: number;
  /** Who makes the decisions, as `random` or `pct:3`. */
  readonly strategy: string;
  /** Only this variant of each model. */
  readonly variant: Variant | undefined;
  /** Processes that make the runs; what they find does not depend on it. */
  readonly workers: number;
  /** Print the report of every failure, not only of the first. */
  readonly verbose: boolean;
  readonly json: boolean;
}

export const command: AnyCommand = defineCommand<FuzzCommand>({
  name: 'fuzz',
  about: 'run models under random schedules and faults; save, shrink and report what breaks',
  given: {
    what: argument(
      '[what...]',
      'models, or files with scenarios of your own; all models when none is named',
    ),
    runs: option(
      '--runs <n>',
      'runs a scenario (default: 1,000, or until the known faults are found)',
      parseCount,
    ),
    timeMs: TIME,
    seed: seed('seed of the strategy'),
    strategy: STRATEGY,
    variant: ONLY_VARIANT,
    ...worldOptions(),
    workers: WORKERS,
    verbose: flag('--verbose', 'print the report of every failure'),
    json: JSON_LINES,
  },
  notes: `Saved failures (.heddle/) of a scenario are replayed first, and recordings of runs on real sockets.
A model as written is fuzzed until all its known faults have shown; a corrected one has to survive.
The faults, latency and splits that are named hold for scenarios of files, instead of their own.`,
  examples: [
    'fuzz',
    'fuzz sequential threaded --seed 7',
    'fuzz epoll-level --runs 20000 --json',
    'fuzz test/server.test.ts --time 30s',
    'fuzz test/server.test.ts --faults reset,stall --latency 1-20',
  ],
  run: fuzzCommand,
});

/** `heddle fuzz`: built-in models, which are held against what is known of them, or files. */
async function fuzzCommand(given: FuzzCommand): Promise<number> {
  const files = given.what.filter(isScenarioFile);
  const models = given.what.filter((what) => !isScenarioFile(what));
  if (files.length === 0) {
    if (isOtherWorld(given)) {
      throw new UsageError(
        '--faults, --latency and --splits are for files of scenarios: models have their own',
      );
    }
    const { fuzzModels } = await import('./fuzz-models.ts');
    return fuzzModels(given);
  }
  if (models.length > 0) {
    throw new UsageError(`fuzz either models (${models.join(', ')}) or files, not both in one go`);
  }
  if (given.variant !== undefined) {
    throw new UsageError('--variant is for models: a file has none');
  }
  const { fuzzFiles } = await import('./fuzz-files.ts');
  return fuzzFiles(files, given);
}
