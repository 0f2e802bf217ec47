import pc from 'picocolors';
import { holdsRecording } from '../real/recording-file.ts';
import { SCENARIOS } from '../scenarios/index.ts';
import { fitOf, replay } from '../sim/explore/attempt.ts';
import { explain } from '../sim/explore/explain.ts';
import { recordRun } from '../sim/explore/record.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { formatSchedule } from '../sim/schedule/text.ts';
import { HEDDLE } from '../sim/trace/invocation.ts';
import { countText, formatReport } from '../sim/trace/report.ts';
import { tellStory } from '../sim/trace/story.ts';
import { UsageError } from '../sys/errors.ts';
import { parseCount, parsePort } from './arguments.ts';
import { breakAt } from './break.ts';
import { type AnyCommand, defineCommand, flag, option, optionWith } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { type FoundRun, findRun } from './find-run.ts';
import { runArgument } from './latest.ts';
import { checkModel } from './model-ids.ts';
import {
  FILE,
  isOtherWorld,
  JSON_LINES,
  TRUST,
  type WorldOptions,
  worldOptions,
} from './options.ts';
import { Output } from './output.ts';
import { refuseOfRecording, replayOfRecording } from './replay-recording.ts';

interface ReplayCommand extends WorldOptions {
  /** A failure file, or a schedule as text. */
  readonly what: string;
  /** Only for this model's scenarios. */
  readonly model: string | undefined;
  /** Where the scenario is defined, if not where the failure file says. */
  readonly file: string | undefined;
  readonly trust: boolean;
  readonly byName: boolean;
  readonly times: number;
  /** Go no further than this step, and print the state of the world there there. */
  readonly until: number | undefined;
  /** Stop in a debugger at this step. */
  readonly breakAt: number | undefined;
  /** The debugger's port. */
  readonly inspectPort: number;
  readonly json: boolean;
}

export const command: AnyCommand = defineCommand<ReplayCommand>({
  name: 'replay',
  about: 'run a recorded schedule again and report what it shows',
  given: {
    what: runArgument(
      '<file-or-schedule>',
      'a failure file or a recording under .heddle/, or a schedule as text (h1:…)',
    ),
    model: option('--model <id>', 'refuse a schedule of any other model', String),
    file: FILE,
    trust: TRUST,
    byName: flag(
      '--by-name',
      'follow the names of tasks and syscalls instead of places (needs a file)',
    ),
    until: option(
      '--until <step>',
      'go no further than this step, and print the state of the world there',
      parseCount,
    ),
    breakAt: option(
      '--break <step>',
      'stop in a debugger at the line of your code that takes this step',
      parseCount,
    ),
    inspectPort: optionWith(
      '--inspect-port <p>',
      'port for that debugger; 0 takes a free one',
      parsePort,
      9229,
    ),
    times: optionWith('--times <n>', 'replay this often and compare the digests', parseCount, 1),
    ...worldOptions(),
    json: JSON_LINES,
  },
  notes: `A failure file says with which faults and latencies it was found. A schedule as text does not: give the same --faults, --latency and --splits.`,
  examples: [
    'replay .heddle/FILE.json',
    'replay .heddle/FILE.json --times 100',
    'replay .heddle/FILE.json --until 12',
    'replay .heddle/FILE.json --break 12',
    'replay h1:… --file test/server.test.ts',
  ],
  run: replayCommand,
});

/** `heddle replay`: run a recorded schedule again and report what it shows. */
async function replayCommand(command: ReplayCommand): Promise<number> {
  const out = new Output(command.json);
  if (command.model !== undefined) checkModel(command.model);
  if (holdsRecording(command.what)) return replayRecorded(command, out);
  const run = await findRun({ ...command, say: (text) => out.warn(text) });
  return inMacrotask(() => {
    const replayed = run();
    const { scenario, decisions } = replayed;
    if (command.breakAt !== undefined) {
      const say = (text: string): void => out.warn(text);
      breakAt(scenario, decisions, { step: command.breakAt, port: command.inspectPort, say });
    }
    return command.until === undefined
      ? show(command, replayed, out)
      : showUntil(command.until, replayed, out);
  });
}

function replayRecorded(command: ReplayCommand, out: Output): Promise<number> {
  if (command.byName) refuseOfRecording('--by-name');
  if (command.until !== undefined) refuseOfRecording('--until');
  if (command.breakAt !== undefined) refuseOfRecording('--break');
  if (isOtherWorld(command)) refuseOfRecording('--faults, --latency and --splits');
  return replayOfRecording(command.what, command, out);
}

function show(
  command: ReplayCommand,
  { scenario, decisions, recorded, digest }: FoundRun,
  out: Output,
): number {
  const { failure } = recorded.run;
  let same = 1;
  for (let i = 1; i < command.times; i++) {
    if (replay(scenario, decisions, 'clamp').digest === digest) same++;
  }
  const explanation =
    failure?.cutAfter === undefined
      ? failure && explain(scenario, { decisions, failure })
      : undefined;
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
          [
            'again',
            // A schedule as text does not hold what a scenario is made of.
            scenario.recipe === undefined
              ? `${HEDDLE} replay ${formatSchedule(scenario.name, decisions, fitOf(scenario, decisions))}${fileFlag(scenario)}`
              : `${HEDDLE} replay ${command.what}`,
          ],
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

/** How things stand after a step: nothing of what comes later has happened. */
function showUntil(step: number, { scenario, decisions }: FoundRun, out: Output): number {
  const cut = { ...scenario, options: { ...scenario.options, stepsMax: step } };
  const { run, recorder, result } = recordRun(cut, decisions);
  const { failure } = run;
  if (failure === undefined || failure.step < step || failure.kind !== 'livelock') {
    throw new UsageError(`the run has ended at step ${result.steps}, before step ${step}`);
  }
  const stopped = { ...failure, kind: 'law' as const, message: `stopped after step ${step}` };
  const story = tellStory({ ...stopped, law: 'none is broken so far' }, run.world, recorder);
  const { rows, descriptors, tasks, inFlight } = story;
  out.object({ type: 'until', step, rows, descriptors, tasks, inFlight });
  out.line(formatReport(story, { scenario: scenario.name, untitled: true, next: [] }));
  return EXIT.ok;
}

/** A schedule as text does not say where the scenario of a user is defined. */
function fileFlag({ name, where }: Scenario): string {
  if (SCENARIOS.some(({ scenario }) => scenario.name === name)) return '';
  return ` --file ${where.replace(/:\d+:\d+$/, '')}`;
}
