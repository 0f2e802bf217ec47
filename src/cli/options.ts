/** Options that several commands have: each means the same wherever it stands. */
import { availableParallelism } from 'node:os';
import { InvalidArgumentError } from 'commander';
import type { Variant } from '../scenarios/index.ts';
import type { Shard } from '../sim/explore/amounts.ts';
import { withWorld } from '../sim/explore/with-world.ts';
import { FAULT_NAMES, type FaultName } from '../sim/kernel/choices.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { parseCount, parseLatency, parseSeed, parseShard, parseTime } from './arguments.ts';
import { choice, type Definition, flag, option, optionWith, orVariable } from './command.ts';

/** How long bytes travel between two sockets, in milliseconds of virtual time. */
export interface Latency {
  readonly latencyMsMin: number;
  readonly latencyMsMax: number;
}

/** What may be different in the worlds of a scenario from what it says itself. */
export interface WorldOptions<Fault extends string = FaultName> {
  /** What may go wrong; undefined: as the scenario says. So is the latency. */
  readonly faults: readonly Fault[] | undefined;
  readonly latency: Latency | undefined;
  /** What was written at once may arrive in pieces; false: as the scenario says. */
  readonly splits: boolean;
}

type Definitions<Given> = { readonly [Key in keyof Given]: Definition<Given[Key]> };

/** @param names the faults that there are */
export function worldOptions<Fault extends string = FaultName>(
  names: readonly Fault[] = FAULT_NAMES as readonly Fault[],
): Definitions<WorldOptions<Fault>> {
  return {
    faults: option('--faults <list>', `what may go wrong: ${names.join(', ')}`, (text) =>
      text.split(',').map((part) => {
        const name = names.find((known) => known === part.trim());
        if (name !== undefined) return name;
        throw new InvalidArgumentError(
          `there is no fault ${JSON.stringify(part.trim())}; there are: ${names.join(', ')}.`,
        );
      }),
    ),
    latency: option('--latency <ms>', 'how long bytes travel, as 5 or 1-20', parseLatency),
    splits: flag('--splits', 'let what was written at once arrive in pieces'),
  };
}

/** Whether anything was asked for. */
export function isOtherWorld({ faults, latency, splits }: WorldOptions): boolean {
  return faults !== undefined || latency !== undefined || splits;
}

/** The scenario in worlds as they were asked for. */
export function inOtherWorlds(
  scenario: Scenario,
  { faults, latency, splits }: WorldOptions,
): Scenario {
  const network = { ...latency, ...(splits ? { splits } : {}) };
  return withWorld(scenario, { ...(faults === undefined ? {} : { faults }), network });
}

export const JSON_LINES: Definition<boolean> = flag('--json', 'one JSON object per line');

/** @param about how many there are by default */
export function runs(about: string): Definition<number | undefined> {
  return orVariable(option('--runs <n>', about, parseCount), 'HEDDLE_RUNS');
}

export const TIME: Definition<number | undefined> = orVariable(
  option('--time <t>', 'stop after this time, as 30s or 2m', parseTime),
  'HEDDLE_TIME',
);

/** @param about whose seed */
export function seed(about: string): Definition<number> {
  return orVariable(optionWith('--seed <s>', about, parseSeed, 1), 'HEDDLE_SEED');
}

/** @param about what is shared */
export function shard(about: string): Definition<Shard | undefined> {
  return orVariable(option('--shard <i/n>', about, parseShard), 'HEDDLE_SHARD');
}

export const CORPUS: Definition<string | undefined> = orVariable(
  option(
    '--corpus <folder>',
    'begin with the runs that earlier searches have left there, as .heddle/corpus, and leave others',
    String,
  ),
  'HEDDLE_CORPUS',
);

export const RUNS_SHARD: Definition<Shard | undefined> = shard(
  'make only this part of the runs, as 3/10, and leave the others to other machines',
);

export const WORKERS: Definition<number> = optionWith(
  '--workers <n>',
  'processes to spread the runs over; what is found does not depend on it',
  parseCount,
  availableParallelism(),
);

export const TRUST: Definition<boolean> = flag(
  '--trust',
  'run what a failure file names though it is not of this project',
);

export const FILE: Definition<string | undefined> = option(
  '--file <path>',
  'the file that defines the scenario, if not the one that the failure file names',
  String,
);

const VARIANTS: Readonly<Record<string, Variant>> = {
  'as-written': 'asWritten',
  corrected: 'corrected',
};

/** Which variant of a model. */
export const VARIANT: Definition<Variant> = choice(
  '--variant <v>',
  'of a model, this variant',
  VARIANTS,
  'corrected',
);

/** Only that variant; both if it is not given. */
export const ONLY_VARIANT: Definition<Variant | undefined> = choice<Variant | undefined>(
  '--variant <v>',
  'of models, only this variant',
  VARIANTS,
  undefined,
);
