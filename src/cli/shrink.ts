import { existsSync } from 'node:fs';
import pc from 'picocolors';
import { type Effort, effortOf } from '../sim/explore/effort.ts';
import { readFailure, writeFailure } from '../sim/explore/failures.ts';
import { lookAt } from '../sim/explore/investigate.ts';
import { recordRun } from '../sim/explore/record.ts';
import { type ReplayedFailure, replaySaved } from '../sim/explore/replay-file.ts';
import { REPLAYS_MAX, type Shrunk, shrink } from '../sim/explore/shrink.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import { formatSchedule } from '../sim/schedule/text.ts';
import { HEDDLE } from '../sim/trace/invocation.ts';
import { countText } from '../sim/trace/report.ts';
import { UsageError } from '../sys/errors.ts';
import { parseCount } from './arguments.ts';
import { type AnyCommand, defineCommand, optionWith } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { scenarioOfFile } from './find-scenario.ts';
import { runArgument } from './latest.ts';
import { FILE, JSON_LINES, TRUST } from './options.ts';
import { Output, secondsText } from './output.ts';

interface ShrinkCommand {
  /** A failure file. */
  readonly path: string;
  /** Where the scenario is defined, if not where the failure file says. */
  readonly file: string | undefined;
  readonly trust: boolean;
  readonly replaysMax: number;
  readonly json: boolean;
}

export const command: AnyCommand = defineCommand<ShrinkCommand>({
  name: 'shrink',
  about: 'reduce a saved failure further, and write it back',
  given: {
    path: runArgument('<file>', 'a failure file under .heddle/'),
    replaysMax: optionWith('--replays <n>', 'replays to spend at most', parseCount, REPLAYS_MAX),
    file: FILE,
    trust: TRUST,
    json: JSON_LINES,
  },
  examples: ['shrink .heddle/FILE.json', 'shrink .heddle/FILE.json --replays 50000'],
  run: shrinkCommand,
});

/**
 * `heddle shrink`: reduce a saved failure further, or again after the program has changed, and
 * write it back.
 */
async function shrinkCommand(command: ShrinkCommand): Promise<number> {
  const { path } = command;
  if (!existsSync(path)) {
    throw new UsageError(`there is no file ${path}; heddle fuzz saves failures under .heddle/`);
  }
  const saved = { path, file: readFailure(path) };
  const out = new Output(command.json);
  const scenario = await scenarioOfFile(saved, { ...command, say: (text) => out.warn(text) });
  return inMacrotask(() => {
    const again = replaySaved(scenario, saved);
    const { failure } = again.recorded.run;
    if (failure === undefined) {
      throw new UsageError(
        `${path} passes now: there is nothing to shrink; it is fixed, or the scenario has changed`,
      );
    }
    const shrunk = shrink(
      again.scenario,
      { decisions: again.decisions, failure },
      { replaysMax: command.replaysMax, onReplay: liveLine(out, command.replaysMax) },
    );
    writeBack(path, saved.file.found, again, shrunk);
    tell(command, again, shrunk, out);
    return EXIT.ok;
  });
}

function writeBack(
  path: string,
  found: ReturnType<typeof readFailure>['found'],
  { scenario }: ReplayedFailure,
  { decisions, result, replays }: Shrunk,
): void {
  const finding = lookAt(scenario, decisions, recordRun(scenario, decisions), result.digest);
  const shrinkReplays = found.shrinkReplays + replays;
  writeFailure(path, { ...finding, at: finding.story.at, found: { ...found, shrinkReplays } });
}

/** Between two looks at the line. */
const LIVE_MS = 100;

/**
 * Shows now and then how far it has come: `replay 400 of at most 20,000 decisions left: 12 1.2 s`.
 */
function liveLine(out: Output, replaysMax: number): (replays: number, notCalm: number) => void {
  const began = performance.now();
  let shownAt = began;
  return (replays, notCalm) => {
    const now = performance.now();
    if (now - shownAt < LIVE_MS) return;
    shownAt = now;
    const of = `replay ${countText(replays)} of at most ${countText(replaysMax)}`;
    out.progress(`${of}  decisions left: ${countText(notCalm)}  ${secondsText(now - began)}`);
  };
}

function tell(command: ShrinkCommand, again: ReplayedFailure, shrunk: Shrunk, out: Output): void {
  const { scenario } = again;
  const before = effortOf(scenario, again.decisions);
  const after = effortOf(scenario, shrunk.decisions);
  out.object({
    type: 'shrink',
    path: command.path,
    scenario: scenario.name,
    before: { decisions: again.decisions.length, ...before },
    after: { decisions: shrunk.decisions.length, ...after },
    replays: shrunk.replays,
    schedule: formatSchedule(scenario.name, shrunk.decisions),
    digest: shrunk.result.digest,
  });
  out.line(pc.bold(scenario.name));
  out.line(`  ${shrunk.result.failure?.message}\n`);
  out.line(`  ${''.padEnd(LABEL)}${'before'.padStart(8)}${'after'.padStart(8)}`);
  const row = (label: string, from: number, to: number): void => {
    out.line(`  ${label.padEnd(LABEL)}${countText(from).padStart(8)}${countText(to).padStart(8)}`);
  };
  row('decisions', again.decisions.length, shrunk.decisions.length);
  for (const [key, label] of Object.entries(ROWS) as [keyof Effort, string][]) {
    row(label, before[key], after[key]);
  }
  out.line(`\n  ${countText(shrunk.replays)} replays; written to ${command.path}`);
  out.line(`  replay   ${HEDDLE} replay ${command.path}`);
}

const LABEL = 24;
const ROWS: Readonly<Record<keyof Effort, string>> = {
  notCalm: 'of them not calm',
  preemptions: 'preemptions',
  disturbances: 'faults, inputs, delays',
  switches: 'switches',
  steps: 'steps',
};
