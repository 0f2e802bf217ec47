import pc from 'picocolors';
import { explain } from '../sim/explore/explain.ts';
import { type RecordedRun, recordRun } from '../sim/explore/record.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import { formatSchedule } from '../sim/schedule/text.ts';
import { moveText } from '../sim/trace/explanation.ts';
import { type Parting, partingOf } from '../sim/trace/parting.ts';
import type { ToldStep } from '../sim/trace/recorder.ts';
import { countText, WIDTH_MAX } from '../sim/trace/report.ts';
import { type Aligned, sideBySide } from '../sim/trace/side-by-side.ts';
import { UsageError } from '../sys/errors.ts';
import { parseCount } from './arguments.ts';
import { type AnyCommand, defineCommand, optionWith } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { runArgument } from './latest.ts';
import { FILE, JSON_LINES, TRUST } from './options.ts';
import { Output } from './output.ts';
import { type NamedRun, openRun } from './runs.ts';

interface DiffCommand {
  /** A failure file, or a schedule as text. */
  readonly here: string;
  /** Another one, or one of {@link OTHER_RUNS}. */
  readonly there: string;
  /** Where the scenario is defined, if not where the failure file says. */
  readonly file: string | undefined;
  readonly trust: boolean;
  /** Rows to print at most. */
  readonly rowsMax: number;
  readonly json: boolean;
}

/**
 * Runs that go without a file: of the same scenario without any decision, and the nearest that
 * passes.
 */
const OTHER_RUNS = ['calm', 'nearest'] as const;

export const command: AnyCommand = defineCommand<DiffCommand>({
  name: 'diff',
  about: 'where two runs of one scenario differ, side by side',
  given: {
    here: runArgument('<run>', 'a failure file under .heddle/, or a schedule as text (h1:…)'),
    there: runArgument(
      '[other]',
      'another one, or: calm (no decision at all), nearest (that passes)',
      'nearest',
    ),
    rowsMax: optionWith('--rows <n>', 'rows to print at most', parseCount, 24),
    file: FILE,
    trust: TRUST,
    json: JSON_LINES,
  },
  notes: 'Ends with 0 when the two do the same, with 1 when they differ.',
  examples: [
    'diff .heddle/FILE.json              against the nearest run that passes',
    'diff .heddle/FILE.json calm         against the calm run',
    'diff .heddle/A.json .heddle/B.json  two failures of one scenario',
  ],
  run: diffCommand,
});

interface Side {
  readonly name: string;
  readonly run: NamedRun;
  readonly recorded: RecordedRun;
}

/** `heddle diff`: where two runs of one scenario part, and what each does then. */
async function diffCommand(command: DiffCommand): Promise<number> {
  const out = new Output(command.json);
  const open = (what: string): ReturnType<typeof openRun> =>
    openRun({ ...command, what, variant: 'asWritten' }, (text) => out.warn(text));
  const openHere = await open(command.here);
  const isOther = (OTHER_RUNS as readonly string[]).includes(command.there);
  const openThere = isOther ? undefined : await open(command.there);
  return inMacrotask(() => {
    const here = sideOf(command.here, openHere());
    const there = sideOf(command.there, openThere?.() ?? otherRun(here, command.there));
    return compare(here, there, command, out);
  });
}

function sideOf(name: string, run: NamedRun): Side {
  return { name, run, recorded: recordRun(run.scenario, run.decisions) };
}

function otherRun(here: Side, which: string): NamedRun {
  const { scenario, decisions } = here.run;
  if (which === 'calm') return { scenario, decisions: [] };
  const { failure } = here.recorded.run;
  if (failure === undefined) {
    throw new UsageError(`${here.name} passes itself; compare it with calm, or with a failure`);
  }
  const { nearest, replays } = explain(scenario, { decisions, failure });
  if (nearest === undefined) {
    throw new UsageError(
      `no passing run was found near ${here.name} in ${replays} replays; compare it with calm`,
    );
  }
  return { scenario, decisions: nearest.decisions };
}

function compare(here: Side, there: Side, command: DiffCommand, out: Output): number {
  if (here.run.scenario.name !== there.run.scenario.name) {
    throw new UsageError(
      `${here.name} is a run of ${JSON.stringify(here.run.scenario.name)} and ${there.name} one of ${JSON.stringify(there.run.scenario.name)}; only runs of one scenario can be compared`,
    );
  }
  const [hereSteps, thereSteps] = [namedSteps(here), namedSteps(there)];
  const parting = partingOf(hereSteps, thereSteps);
  const rows = sideBySide(hereSteps, thereSteps);
  out.object({
    type: 'diff',
    scenario: here.run.scenario.name,
    here: summaryOf(here),
    there: summaryOf(there),
    parting: parting ?? null,
    rows: shownOf(rows, command.rowsMax),
  });
  print(here, there, parting, rows, command.rowsMax, out);
  return parting === undefined ? EXIT.ok : EXIT.failure;
}

/** The steps of a run with names in place of addresses, as a report has them. */
function namedSteps({ recorded: { recorder } }: Side): ToldStep[] {
  return recorder.words.map((step) => ({
    ...step,
    did: recorder.peers.named(step.did, step.step),
    result: recorder.peers.named(step.result, step.step),
  }));
}

function summaryOf({ run, recorded }: Side) {
  const { failure } = recorded.run;
  return {
    schedule: formatSchedule(run.scenario.name, run.decisions),
    steps: recorded.result.steps,
    failure: failure === undefined ? null : { law: failure.law, message: failure.message },
  };
}

/** The rows from just before the first one that differs. */
function shownOf(rows: readonly Aligned[], rowsMax: number): readonly Aligned[] {
  const first = rows.findIndex(isDifferent);
  if (first < 0) return [];
  const from = Math.max(0, first - CONTEXT_ROWS);
  return rows.slice(from, from + rowsMax);
}

/** Rows in which both did the same, before the first in which they did not. */
const CONTEXT_ROWS = 3;

function isDifferent({ here, there }: Aligned): boolean {
  return here === undefined || there === undefined;
}

const NUMBER_COLUMNS = 5;
const COLUMN = (WIDTH_MAX - 2 * (NUMBER_COLUMNS + 1) - 3) >> 1;

function print(
  here: Side,
  there: Side,
  parting: Parting | undefined,
  rows: readonly Aligned[],
  rowsMax: number,
  out: Output,
): void {
  out.line(pc.bold(here.run.scenario.name));
  for (const [label, side] of [
    ['here', here],
    ['there', there],
  ] as const) {
    const { failure } = side.recorded.run;
    const ending = failure === undefined ? pc.green('passes') : pc.red(failure.message);
    out.line(
      `  ${label.padEnd(7)}${side.name}, ${countText(side.recorded.result.steps)} steps: ${ending}`,
    );
  }
  if (parting === undefined) {
    out.line('\nthe two runs do the same, step by step');
    return;
  }
  out.line(`\nthey differ from step ${parting.step} on\n`);
  const shown = shownOf(rows, rowsMax);
  for (const row of shown) out.line(rowText(row));
  const left = rows.length - rows.indexOf(shown[0] as Aligned) - shown.length;
  if (left > 0) out.line(`  + ${countText(left)} further rows (--rows ${rows.length} shows them)`);
  const { effect } = parting;
  if (effect !== undefined) {
    out.line(`\nfirst to show: here ${moveText(effect.here)}`);
    out.line(`              there ${moveText(effect.there)}`);
  }
}

/** Both sides of a row; `=` where they did the same, `<` and `>` where only one did. */
function rowText(row: Aligned): string {
  const { here, there } = row;
  const mark = here === undefined ? '>' : there === undefined ? '<' : '=';
  const text = `${cell(here)} ${mark} ${cell(there)}`.trimEnd();
  return isDifferent(row) ? text : pc.dim(text);
}

function cell(step: ToldStep | undefined): string {
  if (step === undefined) return ''.padEnd(NUMBER_COLUMNS + 1 + COLUMN);
  const text = moveText(step);
  const fitting = text.length <= COLUMN ? text : `${text.slice(0, COLUMN - 1)}…`;
  return `${String(step.step).padStart(NUMBER_COLUMNS)} ${fitting.padEnd(COLUMN)}`;
}
