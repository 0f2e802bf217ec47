import { existsSync } from 'node:fs';
import pc from 'picocolors';
import { SCENARIOS } from '../scenarios/index.ts';
import { replay } from '../sim/explore/attempt.ts';
import { explain } from '../sim/explore/explain.ts';
import { namedSchedule, readFailure } from '../sim/explore/failures.ts';
import { type RecordedRun, recordRun, recordUnder } from '../sim/explore/record.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { ReplayByName } from '../sim/schedule/strategies/replay-by-name.ts';
import {
  formatSchedule,
  parseSchedule,
  ScheduleError,
  scenarioHash,
} from '../sim/schedule/text.ts';
import { countText, formatReport } from '../sim/trace/report.ts';
import { tellStory } from '../sim/trace/story.ts';
import { UsageError } from '../sys/errors.ts';
import { checkModel } from './arguments.ts';
import { EXIT } from './exit-codes.ts';
import { HEDDLE } from './invocation.ts';
import { Output } from './output.ts';

export interface ReplayCommand {
  /** A failure file, or a schedule as text. */
  readonly what: string;
  /** Only for this model's scenarios. */
  readonly model: string | undefined;
  readonly byName: boolean;
  readonly times: number;
  readonly json: boolean;
}

/** `heddle replay`: run a recorded schedule again and report what it shows. */
export function replayCommand(command: ReplayCommand): number {
  const out = new Output(command.json);
  if (command.model !== undefined) checkModel(command.model);
  return command.what.startsWith('h') && /^h\d+:/.test(command.what)
    ? replayText(command, out)
    : replayFile(command, out);
}

function replayText(command: ReplayCommand, out: Output): number {
  if (command.byName)
    throw new UsageError('--by-name needs a failure file: a schedule as text has no names');
  const parsed = parseSchedule(command.what);
  const scenario = scenarioOf(parsed.scenario, command.model);
  const { digest } = replay(scenario, parsed.decisions, 'strict');
  return show(
    command,
    scenario,
    parsed.decisions,
    recordRun(scenario, parsed.decisions),
    digest,
    out,
  );
}

function replayFile(command: ReplayCommand, out: Output): number {
  if (!existsSync(command.what)) {
    throw new UsageError(
      `${JSON.stringify(command.what)} is neither a file nor a schedule (those begin with h1:); heddle fuzz prints both`,
    );
  }
  const file = readFailure(command.what);
  const entry = SCENARIOS.find(({ scenario }) => scenario.name === file.scenario.name);
  if (entry === undefined) {
    throw new UsageError(
      `${command.what} belongs to the scenario ${JSON.stringify(file.scenario.name)}, which is not among the built-in ones (heddle models)`,
    );
  }
  if (command.model !== undefined && entry.model.id !== command.model) {
    throw new UsageError(
      `${command.what} belongs to the model ${entry.model.id}, not to ${command.model}`,
    );
  }
  const { scenario } = entry;
  const parsed = parseSchedule(file.schedule);
  if (parsed.scenario !== scenarioHash(scenario.name)) {
    throw new ScheduleError(
      `${command.what} is damaged: its schedule belongs to another scenario than its field "scenario.name" says`,
    );
  }
  if (!command.byName) {
    const { digest } = replay(scenario, parsed.decisions, 'strict');
    if (digest === file.digest) {
      return show(
        command,
        scenario,
        parsed.decisions,
        recordRun(scenario, parsed.decisions),
        digest,
        out,
      );
    }
    out.warn(
      'the trace is not the recorded one (the program has changed since); following names instead of places',
    );
  }
  const recorded = recordUnder(scenario, new ReplayByName(namedSchedule(file)));
  return show(command, scenario, recorded.result.schedule, recorded, recorded.result.digest, out);
}

/** The scenario that a schedule as text belongs to. */
function scenarioOf(hash: number, model: string | undefined): Scenario {
  const entry = SCENARIOS.find(({ scenario }) => scenarioHash(scenario.name) === hash);
  if (entry === undefined) {
    throw new ScheduleError(
      'this schedule belongs to a scenario that is not among the built-in ones; replay it where it was found, or from its file under .heddle/',
    );
  }
  if (model !== undefined && entry.model.id !== model) {
    throw new ScheduleError(
      `this schedule belongs to another scenario: ${JSON.stringify(entry.scenario.name)}, a scenario of ${entry.model.id} and not of ${model}; leave out --model`,
    );
  }
  return entry.scenario;
}

function show(
  command: ReplayCommand,
  scenario: Scenario,
  decisions: readonly number[],
  recorded: RecordedRun,
  digest: string,
  out: Output,
): number {
  const { failure } = recorded.run;
  let same = 1;
  for (let i = 1; i < command.times; i++) {
    if (replay(scenario, decisions, 'clamp').digest === digest) same++;
  }
  const explanation = failure && explain(scenario, { decisions, failure });
  out.object({
    type: 'replay',
    scenario: scenario.name,
    digest,
    times: command.times,
    same,
    steps: recorded.result.steps,
    failure:
      failure === undefined
        ? null
        : {
            kind: failure.kind,
            law: failure.law,
            message: failure.message,
            step: failure.step,
            explanation,
          },
  });
  if (failure === undefined) {
    out.line(`${pc.green('passes')}  ${scenario.name}`);
    out.line(`  ${recorded.result.steps} steps, digest ${digest}`);
  } else {
    const story = tellStory(failure, recorded.run.world, recorded.recorder, explanation);
    out.line(
      formatReport(story, {
        scenario: scenario.name,
        next: [
          ['digest', digest],
          ['again', `${HEDDLE} replay ${formatSchedule(scenario.name, decisions)}`],
        ],
      }),
    );
  }
  if (command.times > 1) {
    const text = `the same digest ${countText(same)} times of ${countText(command.times)}`;
    out.line(`\n${same === command.times ? pc.green(text) : pc.red(text)}`);
  }
  if (same < command.times) return EXIT.departure;
  return failure === undefined ? EXIT.ok : EXIT.failure;
}
