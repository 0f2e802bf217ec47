import { findHostsConfig, loadHostsConfig } from '../load/hosts-config.ts';
import { keepFiles, requireEmpty } from '../node/host/keep.ts';
import { RUN_TIME_MS } from '../node/host/run-time.ts';
import {
  CRASH_MODELS,
  HOSTS_FAULTS,
  type HostPlan,
  type HostsConfig,
  type HostsFault,
  type HostsPlan,
  hostsScenario,
} from '../node/hosts.ts';
import { isService } from '../node/hosts-services.ts';
import { parseHosts } from '../node/hosts-text.ts';
import { notesOf } from '../node/notes.ts';
import type { Shard } from '../sim/explore/amounts.ts';
import type { CrashModelName } from '../sim/kernel/choices.ts';
import { runSync } from '../sim/schedule/runtime/execute.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { Calm } from '../sim/schedule/strategies/calm.ts';
import { UsageError } from '../sys/errors.ts';
import { parseCount, parseTime } from './arguments.ts';
import { type AnyCommand, defineCommand, option } from './command.ts';
import { fuzzScenarios } from './fuzz-files.ts';
import {
  CORPUS,
  RUNS_SHARD,
  runs,
  seed,
  TIME,
  WORKERS,
  type WorldOptions,
  worldOptions,
} from './options.ts';
import { Output } from './output.ts';
import { REPORTING, type Reporting, reporterOf } from './reporters.ts';
import { STRATEGY } from './strategy-option.ts';
import { surveyProgram } from './uncontrolled-calls.ts';

interface RunCommand extends WorldOptions<HostsFault>, Reporting {
  readonly hosts: readonly HostPlan[] | undefined;
  readonly config: string | undefined;
  readonly runs: number | undefined;
  readonly timeMs: number | undefined;
  readonly untilMs: number | undefined;
  readonly stepsMax: number | undefined;
  readonly runTimeMs: number | undefined;
  readonly crashModel: CrashModelName | undefined;
  /** Where the files go that the calm run has changed. */
  readonly keep: string | undefined;
  readonly seed: number;
  readonly strategy: string;
  readonly shard: Shard | undefined;
  /** Where runs lie that have shown something new. */
  readonly corpus: string | undefined;
  readonly workers: number;
}

const RUNS_DEFAULT = 100;

export const command: AnyCommand = defineCommand<RunCommand>({
  name: 'run',
  about: 'run your own Node programs, unmodified, on simulated hosts under random schedules',
  given: {
    hosts: option(
      '--hosts <list>',
      'hosts and their programs, or postgres:SCHEMA, redis or http:MODULE: cache=redis,server=./server.js,client after server:8080=PORT=8080 ./load.js --fast',
      parseHosts,
    ),
    config: option(
      '--config <path>',
      'the file that says so instead (default: heddle.config.ts, .mts, .js, .mjs or .json)',
      String,
    ),
    runs: runs(`runs at most (default: ${RUNS_DEFAULT})`),
    timeMs: TIME,
    untilMs: option('--until <t>', 'end a run after so much virtual time, as 60s', parseTime),
    stepsMax: option('--steps <n>', 'bound of a run (default: 50,000)', parseCount),
    runTimeMs: option(
      '--run-time <t>',
      `end a run that takes longer on the real clock, and say where it stands (default: ${RUN_TIME_MS / 1000}s)`,
      parseTime,
    ),
    crashModel: option(
      '--crash-model <name>',
      'what a disk may lose with the fault power: ext4 or harsh (default: ext4)',
      parseCrashModel,
    ),
    keep: option(
      '--keep <folder>',
      'write the files that the calm run has changed into a new folder, host by host',
      String,
    ),
    seed: seed('seed of the strategy'),
    strategy: STRATEGY,
    shard: RUNS_SHARD,
    corpus: CORPUS,
    ...worldOptions(HOSTS_FAULTS),
    workers: WORKERS,
    ...REPORTING,
  },
  notes: `The first program is started at once. Another one is started when any program listens, or when all that it names after "after" listen. A command line is written as in a shell: quotes, and the environment before the program. Hosts reach each other by their names, as in http://server:8080.
Each run draws how long bytes travel, unless --latency is given. A run fails if a program dies of an unhandled error, waits for ever, or exits with a code other than 0.`,
  examples: [
    'run',
    'run --hosts server=./server.js,client=./load.js --runs 500',
    'run --hosts "server=./server.js,client=./load.js --clients 3" --latency 1-20',
    'run --hosts server=./server.js,client=./client.js --faults crash,partition',
    'run --hosts db=./db.js,client=./client.js --faults power --crash-model harsh',
    'run --hosts job=./job.js --runs 1 --keep ./after',
    'run --hosts db=postgres:./schema.sql,shop=./shop.js,client=./load.js',
    'run --time 10m --shard 3/10',
    'run --hosts "store=./store.js,server after store=./server.js,client after server:8080=./load.js"',
  ],
  run: runCommand,
});

/**
 * `heddle run`: unmodified Node programs on simulated hosts, run after run under another schedule
 * each.
 */
async function runCommand(command: RunCommand): Promise<number> {
  const { latency, timeMs, keep } = command;
  if (keep !== undefined) requireEmpty(keep);
  const config = await configOf(command);
  const plan = { ...config, ...latency, ...said(command) };
  const scenario = hostsScenario(plan);
  const out = new Output(reporterOf(command) === 'json');
  warnOfNatives(plan.hosts, out);
  const runsMax = command.runs ?? (timeMs === undefined ? RUNS_DEFAULT : undefined);
  const uncontrolled = new Map<string, number>();
  if (keep !== undefined) keepCalm(scenario, keep, out);
  try {
    return await fuzzScenarios([[noting(scenario, uncontrolled), undefined]], {
      ...command,
      runs: runsMax,
    });
  } finally {
    // Whatever came of it: it may be why two runs are not the same.
    for (const [what, times] of uncontrolled) out.warn(`uncontrolled: ${times} × ${what}`);
  }
}

/** What no schedule will control is said before the first run. */
function warnOfNatives(hosts: readonly HostPlan[], out: Output): void {
  for (const { program } of hosts.filter((plan) => !isService(plan))) {
    for (const { name, file, line } of surveyProgram(program).natives) {
      out.warn(
        `${name} at ${file}:${line} has code of its own: files that it opens itself are this machine's, and stay from run to run`,
      );
    }
  }
}

/** Which programs there are, and what else the file says that says it. */
async function configOf({ hosts, config }: RunCommand): Promise<HostsConfig> {
  if (hosts !== undefined) {
    if (config === undefined) return { hosts };
    throw new UsageError('--hosts and --config both say which programs to run; give one of them');
  }
  const path = config ?? findHostsConfig();
  if (path !== undefined) return loadHostsConfig(path);
  throw new UsageError(
    'which programs? Give --hosts server=./server.js,client=./load.js, or write a heddle.config.ts that exports them by default: { hosts: [{ host: "server", program: "./server.js" }, …] }',
  );
}

/** What the command line says goes before what the file says. */
function said(command: RunCommand): Partial<HostsPlan> {
  const { splits, faults, untilMs, stepsMax, runTimeMs, crashModel } = command;
  return {
    ...(crashModel === undefined ? {} : { crashModel }),
    ...(splits ? { splits } : {}),
    ...(faults === undefined ? {} : { faults }),
    ...(untilMs === undefined ? {} : { untilMs }),
    ...(stepsMax === undefined ? {} : { stepsMax }),
    ...(runTimeMs === undefined ? {} : { runTimeMs }),
  };
}

function parseCrashModel(text: string): CrashModelName {
  const found = CRASH_MODELS.find((name) => name === text);
  if (found !== undefined) return found;
  throw new UsageError(`${text} is no crash model; there are ${CRASH_MODELS.join(' and ')}`);
}

/** The calm run, and what it has changed on its hosts' disks. */
function keepCalm(scenario: Scenario, folder: string, out: Output): void {
  runSync(scenario, {
    strategy: new Calm(),
    watch: ({ world }) => {
      world.onEnd(() => {
        const { files, removed } = keepFiles(world, folder);
        out.warn(`${files} files that the calm run has changed are in ${folder}`);
        for (const path of removed) out.warn(`the calm run has removed ${path}`);
      });
    },
  });
}

/**
 * A scenario that counts, beside, the work that nobody controls: how often it was met in a run of
 * this process, at most.
 */
function noting(scenario: Scenario, uncontrolled: Map<string, number>): Scenario {
  const build: Scenario['build'] = (world) => {
    scenario.build(world);
    world.onEnd(() => {
      for (const notes of notesOf(world).values()) {
        for (const [what, times] of notes.uncontrolled) {
          uncontrolled.set(what, Math.max(times, uncontrolled.get(what) ?? 0));
        }
      }
    });
  };
  return { ...scenario, build };
}
