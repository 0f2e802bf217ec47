import type { Variant } from '../scenarios/index.ts';
import type { Shard } from '../sim/explore/amounts.ts';
import { UsageError } from '../sys/errors.ts';
import { parsePattern } from './arguments.ts';
import { type AnyCommand, argument, defineCommand, flag, option } from './command.ts';
import { isPath } from './find-files.ts';
import {
  CORPUS,
  isOtherWorld,
  ONLY_VARIANT,
  RUNS_SHARD,
  runs,
  seed,
  TIME,
  WORKERS,
  type WorldOptions,
  worldOptions,
} from './options.ts';
import { REPORTING, type Reporting, reporterOf } from './reporters.ts';
import { STRATEGY } from './strategy-option.ts';

export interface FuzzCommand extends WorldOptions, Reporting {
  /**
   * Models, or files, folders and patterns of files of scenarios; the current folder when none is
   * named.
   */
  readonly what: readonly string[];
  /** All of heddle's own models. */
  readonly models: boolean;
  /** Only the scenarios whose name it matches. */
  readonly named: RegExp | undefined;
  /** Runs a scenario at most; undefined leaves it to `timeMs`, or to the default. */
  readonly runs: number | undefined;
  readonly timeMs: number | undefined;
  readonly seed: number;
  /** Who makes the decisions, as `random` or `pct:3`. */
  readonly strategy: string;
  /** Only this part of the runs. */
  readonly shard: Shard | undefined;
  /** Where runs lie that have shown something new. */
  readonly corpus: string | undefined;
  /** Only this variant of each model. */
  readonly variant: Variant | undefined;
  /** Processes that make the runs; what they find does not depend on it. */
  readonly workers: number;
  /** Print the report of every failure, not only of the first. */
  readonly verbose: boolean;
}

export const command: AnyCommand = defineCommand<FuzzCommand>({
  name: 'fuzz',
  about: 'run your scenarios under many schedules and faults; save, shrink and report what breaks',
  given: {
    what: argument(
      '[what...]',
      'files, folders or patterns of files with scenarios, or models by name (default: the current folder)',
    ),
    models: flag('--models', "all of heddle's own servers, as written and corrected"),
    named: option('-t, --name <pattern>', 'only scenarios whose name matches it', parsePattern),
    runs: runs(
      'runs per scenario (default: 1,000; of models 300, or 30 where a scenario is about one fault, or until the known faults are found)',
    ),
    timeMs: TIME,
    seed: seed('seed of the strategy'),
    strategy: STRATEGY,
    shard: RUNS_SHARD,
    corpus: CORPUS,
    variant: ONLY_VARIANT,
    ...worldOptions(),
    workers: WORKERS,
    verbose: flag('--verbose', 'print the report of every failure'),
    ...REPORTING,
  },
  notes: `Without an argument: the tests, specs and scenarios of the current folder. In folders and patterns, files without a scenario are skipped.
Saved failures of a scenario (.heddle/) and recordings of runs on real sockets are replayed first.
A model as written is fuzzed until all its known faults have shown; a corrected one has to survive.
--faults, --latency and --splits replace those of scenarios in files.
Together, the parts of --shard 1/N to N/N make exactly the runs of one search.`,
  examples: [
    'fuzz',
    'fuzz test -t "every client"',
    "fuzz 'src/**/*.test.ts' --time 30s",
    'fuzz --models',
    'fuzz sequential threaded --seed 7',
    'fuzz epoll-level --runs 20000 --json',
    'fuzz test/server.test.ts --time 30s',
    'fuzz test/server.test.ts --faults reset,stall --latency 1-20',
    'fuzz test --runs 100000 --shard 3/10',
  ],
  run: fuzzCommand,
});

/** `heddle fuzz`: files, or built-in models, which are held against what is known of them. */
async function fuzzCommand(given: FuzzCommand): Promise<number> {
  const files = given.what.filter(isPath);
  const models = given.what.filter((what) => !isPath(what));
  if (models.length > 0 && files.length > 0) {
    throw new UsageError(`fuzz either models (${models.join(', ')}) or files, not both in one go`);
  }
  if (given.models || models.length > 0) {
    if (files.length > 0) throw new UsageError('--models and files cannot be fuzzed in one go');
    if (isOtherWorld(given)) {
      throw new UsageError(
        '--faults, --latency and --splits are for files of scenarios: models have their own',
      );
    }
    if (given.shard !== undefined) {
      throw new UsageError(
        '--shard and HEDDLE_SHARD are for files of scenarios: a model as written is fuzzed until its known faults have shown; name the models of each machine instead',
      );
    }
    if (given.corpus !== undefined) {
      throw new UsageError('--corpus and HEDDLE_CORPUS are for files of scenarios; leave it out');
    }
    if (given.named !== undefined) {
      throw new UsageError('--name is for files of scenarios: a model is named as it is');
    }
    const reporter = reporterOf(given);
    if (reporter === 'junit' || reporter === 'github') {
      throw new UsageError(
        `--reporter ${reporter} is for files of scenarios: models are held against what is known of them; take --json`,
      );
    }
    const { fuzzModels } = await import('./fuzz-models.ts');
    return fuzzModels({ ...given, json: reporter === 'json' });
  }
  if (given.variant !== undefined) {
    throw new UsageError(
      '--variant is for models: a file has none; name models, or take --models for all of them',
    );
  }
  const { fuzzFiles } = await import('./fuzz-files.ts');
  return fuzzFiles(files, given);
}
