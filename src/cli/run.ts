import { hostsScenario, parseFaults, parseHosts } from '../node/hosts.ts';
import { notesOf } from '../node/notes.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { UsageError } from '../sys/errors.ts';
import { fuzzScenarios } from './fuzz-files.ts';
import { Output } from './output.ts';

export interface RunCommand {
  /** `server=./server.js,client=./load.js`. */
  readonly hosts: string;
  readonly runs: number | undefined;
  readonly timeMs: number | undefined;
  readonly seed: number;
  readonly strategy: string;
  /** `5` or `1-20`, in milliseconds. */
  readonly latency: string;
  readonly splits: boolean;
  /** `crash,partition,reset`. */
  readonly faults: string | undefined;
  readonly workers: number;
  readonly json: boolean;
}

const RUNS_DEFAULT = 100;

/**
 * `heddle run`: unmodified Node programs on simulated hosts, run after run under another schedule
 * each.
 */
export async function runCommand(command: RunCommand): Promise<number> {
  const [latencyMsMin, latencyMsMax] = parseLatency(command.latency);
  const scenario = hostsScenario({
    hosts: parseHosts(command.hosts),
    latencyMsMin,
    latencyMsMax,
    splits: command.splits,
    faults: command.faults === undefined ? [] : parseFaults(command.faults),
  });
  const { timeMs } = command;
  const runs = command.runs ?? (timeMs === undefined ? RUNS_DEFAULT : undefined);
  const uncontrolled = new Map<string, number>();
  try {
    return await fuzzScenarios([[noting(scenario, uncontrolled), undefined]], { ...command, runs });
  } finally {
    // Whatever came of it: it may be why two runs are not the same.
    const out = new Output(command.json);
    for (const [what, times] of uncontrolled) out.warn(`uncontrolled: ${times} × ${what}`);
  }
}

/**
 * The same scenario, which counts the work that nobody controls: how often it was met in a run of
 * this process, at the most.
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

function parseLatency(text: string): [min: number, max: number] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  const [, min, max = min] = match ?? [];
  if (min === undefined || Number(min) > Number(max)) {
    throw new UsageError(`${text} is no latency; write milliseconds, as in 5 or 1-20`);
  }
  return [Number(min), Number(max)];
}
