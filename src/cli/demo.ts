import { type AnyCommand, defineCommand, flag } from './command.ts';
import type { FuzzModels } from './fuzz-models.ts';
import { JSON_LINES, ONLY_VARIANT, runs, seed, TIME, WORKERS } from './options.ts';
import { STRATEGY } from './strategy-option.ts';

type DemoCommand = Omit<FuzzModels, 'what'>;

export const command: AnyCommand = defineCommand<DemoCommand>({
  name: 'demo',
  about: "fuzz heddle's own servers, as written and corrected, to see what it finds",
  given: {
    runs: runs('runs per scenario (default: 1,000, or until the known faults are found)'),
    timeMs: TIME,
    seed: seed('seed of the strategy'),
    strategy: STRATEGY,
    variant: ONLY_VARIANT,
    workers: WORKERS,
    verbose: flag('--verbose', 'print the report of every failure'),
    json: JSON_LINES,
  },
  notes: 'The same as heddle fuzz --models; heddle models lists them.',
  examples: ['demo', 'demo --variant corrected --runs 20000'],
  run: async (given) => {
    const { fuzzModels } = await import('./fuzz-models.ts');
    return fuzzModels({ ...given, what: [] });
  },
});
