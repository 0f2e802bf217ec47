import type { Failure } from '../schedule/failure.ts';
import { explanationFields, markOf } from './explanation.ts';
import type { Story, StoryRow } from './story.ts';

/** Columns of a report at the most. */
export const WIDTH_MAX = 96;

export interface ReportContext {
  readonly scenario: string;
  /** `run 412 of 2,000 by random, seed 7`. */
  readonly found?: string | undefined;
  /** `63 → 9 decisions in 48 replays`. */
  readonly reduced?: string | undefined;
  /** The step at which two runs of this schedule parted, where they did. */
  readonly unsteadyAt?: number | undefined;
  /** Leave out what kind of failure it is, because an error's name says it. */
  readonly untitled?: boolean;
  /** Commands and snippets to run next: `replay`, `pin`, … */
  readonly next: readonly (readonly [label: string, text: string])[];
}

/**
 * The report of a failing run as plain text (DESIGN.md, section 8): the law in the user's words, how it was found
 * and reduced, the shortest story with the decisions that matter marked (◆) and the end (✗), how the nearest passing run differs,
 * sockets and tasks at that moment, and what to run next.
 */
export function formatReport(story: Story, context: ReportContext): string {
  const { failure } = story;
  const title = context.untitled === true ? '' : `${titleOf(failure.kind)}: `;
  const lines = [...wrapText(`${title}${failure.message}`, WIDTH_MAX), ''];
  const fields: [string, string][] = [
    ['scenario', context.scenario],
    ['law', lawText(failure)],
  ];
  if (context.found !== undefined) fields.push(['found', context.found]);
  if (context.reduced !== undefined) fields.push(['reduced', context.reduced]);
  if (story.given.length > 0) fields.push(['given', story.given.join(', ')]);
  if (story.faults.length > 0) fields.push(['faults', story.faults.join(', ')]);
  if (story.at !== undefined) fields.push(['at', story.at]);
  lines.push(...formatFields(fields), '', ...formatRows(story.rows));
  if (story.stepsLeftOut > 0) {
    lines.push(
      `           + ${story.stepsLeftOut} other step${story.stepsLeftOut === 1 ? '' : 's'}`,
    );
  }
  lines.push('');
  if (story.explanation !== undefined) {
    const fields = explanationFields(story.explanation);
    if (fields.length > 0) lines.push(...formatFields(fields), '');
  }
  lines.push(
    ...formatFields([
      ...label('sockets', story.descriptors),
      ...label('in flight', story.inFlight),
      ['tasks', story.tasks.join(' · ')],
    ]),
  );
  if (context.next.length > 0) {
    lines.push(
      '',
      ...formatFields(
        context.next.map(([name, text]) => [name, text]),
        false,
      ),
    );
  }
  if (context.unsteadyAt !== undefined) {
    const text = `the same schedule gave two different runs, first at step ${context.unsteadyAt}`;
    lines.push('', ...formatFields([['unsteady', text]], false));
  }
  return lines.join('\n');
}

/** The law, and the line that states it where there is room. */
function lawText({ law, where }: Failure): string {
  const room = WIDTH_MAX - 2 - LABEL_COLUMNS - law.length - 2;
  return where === undefined || where.length > room ? law : `${law}  ${where.padStart(room)}`;
}

/** What shrinking has made of a failure: `63 → 9 decisions, 2 of them not calm, in 48 replays`. */
export function reducedText(
  decisionCount: number,
  decisions: readonly number[],
  replays: number,
): string {
  const restless = decisions.filter((decision) => decision !== 0).length;
  return `${countText(decisionCount)} → ${countText(decisions.length)} decisions, ${restless} of them not calm, in ${replays} replays`;
}

/** 12,345 */
export function countText(n: number): string {
  return Math.round(n)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

function titleOf(kind: string): string {
  switch (kind) {
    case 'deadlock':
      return 'Deadlock';
    case 'livelock':
      return 'Livelock';
    case 'law-threw':
      return 'LawError';
    default:
      return 'ScheduleFailure';
  }
}

/** The first of several lines carries the label. */
function label(name: string, lines: readonly string[]): [string, string][] {
  return lines.map((line, index) => [index === 0 ? name : '', line]);
}

const LABEL_COLUMNS = 11;

/** `  label    text`, wrapped to the width unless the text is to be pasted. */
function formatFields(fields: readonly (readonly [string, string])[], wrap = true): string[] {
  const lines: string[] = [];
  for (const [name, text] of fields) {
    const room = WIDTH_MAX - 2 - LABEL_COLUMNS;
    const parts = wrap ? wrapText(text, room) : [text];
    parts.forEach((part, index) => {
      lines.push(`  ${(index === 0 ? name : '').padEnd(LABEL_COLUMNS)}${part}`);
    });
  }
  return lines;
}

/** Break a text between words into lines of at most `room` columns, where its words allow that. */
export function wrapText(text: string, room: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

function formatRows(rows: readonly StoryRow[]): string[] {
  if (rows.length === 0) return [];
  const who = Math.min(16, Math.max(4, ...rows.map((row) => row.who.length)));
  const left = 23 + who;
  const did = Math.min(40, Math.max(3, ...rows.map((row) => row.did.length)));
  const room = WIDTH_MAX - left - did - 2;
  const lines = [
    `     ${'step'.padStart(5)}  ${'time'.padStart(8)}  ${'task'.padEnd(who)} ${'did'.padEnd(did)}  result`,
  ];
  for (const row of rows) {
    const mark = row.broke ? '✗' : row.decided ? markOf(!row.free) : ' ';
    const note = row.note === '' ? '' : `(${row.note})`;
    const result = [row.result, note].filter((part) => part !== '').join(' ');
    lines.push(
      `   ${mark} ${String(row.step).padStart(5)}  ${timeText(row.timeMs).padStart(8)}  ${cut(row.who, who).padEnd(who)} ${cut(row.did, did).padEnd(did)}  ${cut(result, Math.max(8, room))}`.trimEnd(),
    );
  }
  return lines;
}

function timeText(ms: number): string {
  return ms >= 100_000 ? `${Number((ms / 1000).toFixed(1))} s` : `${Number(ms.toFixed(2))} ms`;
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
}
