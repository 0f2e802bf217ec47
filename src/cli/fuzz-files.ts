import pc from 'picocolors';
import { loadScenarios } from '../load/scenarios.ts';
import type { BatchSource } from '../sim/explore/batch.ts';
import { check } from '../sim/explore/check.ts';
import { ScheduleFailure } from '../sim/explore/reporting.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { countText } from '../sim/trace/report.ts';
import { printConfidence } from './confidence.ts';
import { EXIT } from './exit-codes.ts';
import type { FuzzCommand } from './fuzz.ts';
import { liveText } from './live.ts';
import { inOtherWorlds } from './options.ts';
import { Output } from './output.ts';
import { failingRecording } from './replay-recording.ts';
import { Crew } from './workers.ts';

export type FuzzScenarios = Pick<
  FuzzCommand,
  'runs' | 'timeMs' | 'seed' | 'strategy' | 'workers' | 'json'
>;

/** The scenarios of the user's own files, each until it fails or its runs are over. */
export async function fuzzFiles(files: readonly string[], command: FuzzCommand): Promise<number> {
  const scenarios: [Scenario, file: string][] = [];
  for (const file of files) {
    for (const scenario of await loadScenarios(file)) {
      scenarios.push([inOtherWorlds(scenario, command), file]);
    }
  }
  return fuzzScenarios(scenarios, command);
}

/** Scenarios, each with the file that defines it; undefined for one that is made of data. */
export async function fuzzScenarios(
  scenarios: readonly (readonly [Scenario, file: string | undefined])[],
  command: FuzzScenarios,
): Promise<number> {
  const out = new Output(command.json);
  const crew = new Crew(command.workers);
  let failed = 0;
  try {
    for (const [scenario, file] of scenarios) {
      if (!(await fuzzOne(scenario, command, crew.batchesOf(file), out))) failed++;
    }
  } finally {
    crew.close();
  }
  const exitCode = failed === 0 ? EXIT.ok : EXIT.failure;
  const workers = crew.size;
  out.object({ type: 'end', scenarios: scenarios.length, failed, workers, exitCode });
  out.line();
  const count = `${countText(scenarios.length)} scenario${scenarios.length === 1 ? '' : 's'}`;
  const text = failed === 0 ? `${count} survived` : `${count}, ${countText(failed)} failed`;
  out.line(failed === 0 ? pc.green(text) : pc.red(text));
  return exitCode;
}

/** Whether it survived. */
async function fuzzOne(
  scenario: Scenario,
  { runs, timeMs, seed, strategy }: FuzzScenarios,
  batches: BatchSource,
  out: Output,
): Promise<boolean> {
  const note = (text: string): void => out.warn(text);
  const recorded = await failingRecording(scenario, note);
  if (recorded !== undefined) {
    const { path, failure, report } = recorded;
    const { kind, law, message, step } = failure;
    out.object({
      type: 'scenario',
      scenario: scenario.name,
      failure: { kind, law, message, step },
      schedule: null,
      path,
    });
    out.line(`${pc.red('failed')}  ${scenario.name}, as ${path} has it\n\n${report}\n`);
    return false;
  }
  try {
    const checked = await check(scenario, {
      ...(runs === undefined ? {} : { runs }),
      ...(timeMs === undefined ? {} : { timeMs }),
      seed,
      strategy,
      batches,
      note,
      onProgress: (progress) => out.progress(`${scenario.name}  ${liveText(progress)}`),
    });
    out.object({ type: 'scenario', scenario: scenario.name, ...checked, failure: null });
    out.line(`${pc.green(`survived ${countText(checked.runs)} runs`)}  ${scenario.name}`);
    if (checked.confidence !== undefined) printConfidence(checked.confidence, out);
    return true;
  } catch (error) {
    if (!(error instanceof ScheduleFailure)) throw error;
    const { kind, law, message, step } = error.failure;
    out.object({
      type: 'scenario',
      scenario: scenario.name,
      failure: { kind, law, message, step },
      schedule: error.schedule,
      path: error.path ?? null,
    });
    out.line(`${pc.red('failed')}  ${scenario.name}\n\n${error.name}: ${error.message}\n`);
    return false;
  }
}
