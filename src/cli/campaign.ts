import { InvalidArgumentError } from 'commander';
import { parseBound, parseCount, parsePattern } from './arguments.ts';
import {
  type AnyCommand,
  argument,
  choice,
  defineCommand,
  flag,
  option,
  optionWith,
} from './command.ts';
import { CORPUS, runs, seed, TIME, WORKERS, type WorldOptions, worldOptions } from './options.ts';
import { REDIS } from './redis-option.ts';
import { REPORTING, type Reporting } from './reporters.ts';

export interface CampaignCommand extends WorldOptions, Reporting {
  /** Files, folders and patterns of files of scenarios; or `report` and the id of a campaign. */
  readonly what: readonly string[];
  /** Only the scenarios whose name it matches. */
  readonly named: RegExp | undefined;
  /** Runs of a scenario, strategy and seed at most. */
  readonly runs: number | undefined;
  readonly timeMs: number | undefined;
  readonly seed: number;
  /** Seeds of a scenario and strategy at most. */
  readonly seeds: number | undefined;
  /** Who makes the decisions, as `portfolio,pct:3`. */
  readonly strategy: string;
  readonly untilFailure: boolean;
  /** Search each space to its end, instead of drawing runs. */
  readonly explore: boolean;
  readonly faultsMax: number | undefined;
  readonly memory: 'cells' | 'process';
  readonly width: number;
  readonly corpus: string | undefined;
  readonly workers: number;
  /** Where other machines take work from; undefined: this one does it all. */
  readonly redis: string | undefined;
  /** Where the dashboard listens; undefined: there is none. */
  readonly dashboard: DashboardPlace | undefined;
  /** Of a report: as an HTML file, and where. */
  readonly html: boolean;
  readonly out: string | undefined;
  /** A campaign to go on with. */
  readonly resume: string | undefined;
}

/** Where somebody listens. */
export interface DashboardPlace {
  readonly host: string;
  readonly port: number;
}

function parsePlace(text: string): DashboardPlace {
  const [, host, name, port] = /^(?:(?:\[([^\]]+)\]|([^:\s]+)):)?(\d{1,5})$/.exec(text) ?? [];
  if (port !== undefined && Number(port) <= 65_535) {
    return { host: host ?? name ?? '127.0.0.1', port: Number(port) };
  }
  throw new InvalidArgumentError('it must be a port, or a host and a port, as 0.0.0.0:8080.');
}

/**
 * Searches that go on at a time: with four batches each they keep more processes busy than a
 * machine has.
 */
const WIDTH = 16;

export const command: AnyCommand = defineCommand<CampaignCommand>({
  name: 'campaign',
  about:
    'search many scenarios with many seeds, for as long as there is time; it can be gone on with',
  given: {
    what: argument(
      '[what...]',
      'files, folders or patterns of files with scenarios (default: the current folder); or: report ID',
    ),
    named: option('-t, --name <pattern>', 'only scenarios whose name matches it', parsePattern),
    runs: runs(
      'runs of each scenario, strategy and seed (default: 10,000, or as many as --time allows)',
    ),
    timeMs: { ...TIME, about: 'end at the end of a round after this time, as 30m or 8h' },
    seed: seed('first seed of the strategies'),
    seeds: option(
      '--seeds <n>',
      'seeds of each scenario and strategy, from the first on (default: 1 with --runs, else as many as pay)',
      parseCount,
    ),
    strategy: optionWith(
      '--strategy <list>',
      'who makes the decisions, several with commas between: portfolio,pct:3,pos',
      String,
      'portfolio',
    ),
    untilFailure: flag(
      '--until-failure',
      'search each scenario until it fails first, as fuzz does',
    ),
    explore: flag(
      '--explore',
      'run every class of interleavings once, as heddle explore does, until there is no other; of models, too',
    ),
    faultsMax: option(
      '--faults-max <n>',
      'with --explore: faults that may fire in a run (default: 1 with --faults, else 0)',
      parseBound,
    ),
    memory: choice(
      '--memory <what>',
      'with --explore: what threads of a process share: what says so, or every variable',
      { cells: 'cells', process: 'process' },
      'cells',
    ),
    width: optionWith(
      '--width <n>',
      'searches that go on at a time: more of them keep more machines busy',
      parseCount,
      WIDTH,
    ),
    ...worldOptions(),
    corpus: CORPUS,
    workers: WORKERS,
    redis: REDIS,
    dashboard: option(
      '--dashboard <port>',
      'show how it goes in the browser: 8080 for this machine alone, 0.0.0.0:8080 for others too, with a token',
      parsePlace,
    ),
    html: flag('--html', 'of a report: write it as an HTML file'),
    out: option('--out <file>', 'where to (default: under .heddle/campaigns/)', String),
    resume: option('--resume <id>', 'go on with a campaign that was stopped, or killed', String),
    ...REPORTING,
  },
  notes: `A campaign goes round by round. What is found, and saved under .heddle/, is the same whatever the number of workers: with one seed it is what heddle fuzz finds.
Scenarios and strategies that still meet new classes of interleavings get more of the next rounds.
With --redis the work is done by heddle worker, on as many machines as there are; without it by processes of this machine.
What is known is kept under .heddle/campaigns/, or in Redis: a campaign that was stopped or killed goes on with --resume, and counts nothing twice.`,
  examples: [
    'campaign',
    "campaign 'test/**/*.sim.ts' --time 8h",
    'campaign test/server.test.ts --strategy portfolio,pct:3,pos --seeds 20 --runs 50000',
    'campaign test --redis redis://ci.example:6379 --time 8h',
    'campaign protocol --explore --time 8h',
    'campaign test --dashboard 8080',
    'campaign report 20261130-0315-7f3a --html',
    'campaign --resume 20261130-0315-7f3a',
  ],
  run: async (given) => (await import('./campaign-run.ts')).campaignCommand(given),
});
