import type { Failure } from '../schedule/failure.ts';
import { NO_MORE_SAID } from '../schedule/judge.ts';
import { explanationFields, markOf } from './explanation.ts';
import { printable } from './printable.ts';
import type { Story, StoryRow } from './story.ts';
import type { Wait } from './wait.ts';

/** Columns of a report: what a test runner indents by four still fits into 100. */
export const WIDTH_MAX = 96;

/** Of the errors whose message is a report. */
export const ERROR_NAME = 'ScheduleFailure';

export interface ReportContext {
  readonly scenario: string;
  /** `run 412 of 2,000 by random, seed 7`. */
  readonly found?: string | undefined;
  /** `63 → 9 decisions in 48 replays`. */
  readonly reduced?: string | undefined;
  /** Where two runs of this schedule parted, and what went past it in them, if they did. */
  readonly unsteady?: { readonly step: number; readonly seen: readonly string[] } | undefined;
  /** Leave out what kind of failure it is, because an error's name says it. */
  readonly untitled?: boolean;
  /** Commands and snippets to run next: `replay`, `pin`, … */
  readonly next: readonly (readonly [label: string, text: string])[];
}

/**
 * The report of a failing run as plain text : the law in the user's words,
 * how it was found and reduced, the shortest story with the decisions that matter marked (◆) and
 * the end (✗), how the nearest passing run differs, sockets and tasks at that moment, and what to
 * run next.
 *
 * ```ts
 * console.log(formatReport(story, { scenario: echo.name, next: [['replay', text]] }));
 * ```
 *
 * @since 0.1.0
 */
export function formatReport(story: Story, context: ReportContext): string {
  const paragraphs = [
    titleLines(story.failure, context),
    formatFields(headFields(story, context)),
    formatWaits(story.waits),
    formatFields([...optional('at once', story.collision), ...label('overtaken', story.overtaken)]),
    [...formatRows(story), ...leftOutLines(story.stepsLeftOut)],
    formatFields(explanationLines(story)),
    formatFields([
      ...label('sockets', firstOf(story.descriptors)),
      ...label('in flight', firstOf(story.inFlight)),
      ...(story.waits.length > 0 ? [] : [['tasks', tasksText(story)] as const]),
      ...label('awaits', firstOf(story.awaits)),
    ]),
    formatFields(context.next.map(pasteable), false),
    formatFields(unsteadyFields(context.unsteady), false),
  ];
  const text = paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
  return printable(text);
}

/** Lines of a list at most. */
const LINES_MAX = 8;

function firstOf(lines: readonly string[]): readonly string[] {
  if (lines.length <= LINES_MAX) return lines;
  const left = lines.length - LINES_MAX + 1;
  return [...lines.slice(0, LINES_MAX - 1), `and ${countText(left)} more`];
}

function tasksText({ tasks, tasksLeftOut }: Story): string {
  const told = tasks.slice(0, TASKS_MAX);
  const left = tasks.length - told.length + tasksLeftOut;
  return [...told, ...(left > 0 ? [`and ${countText(left)} more`] : [])].join(' · ');
}

/** About two lines of them: where there are more, most of them sleep and have no part in it. */
const TASKS_MAX = 12;

/** What is longer than this is pasted by nobody; the failure file holds it. */
const PASTED_MAX = 200;

function pasteable([name, text]: Field): Field {
  if (text.length <= PASTED_MAX) return [name, text];
  return [name, `${countText(text.length)} characters, too long to paste; the failure file has it`];
}

type Field = readonly [label: string, text: string];

function titleLines(failure: Failure, { untitled }: ReportContext): string[] {
  const { kind } = failure;
  const message = saidText(failure);
  if (untitled !== true) return wrapText(`${titleOf(kind)}: ${message}`, WIDTH_MAX);
  // The name of the error, which whoever prints it puts in front, takes room as well.
  const name = `${ERROR_NAME}: `;
  const [first = '', ...others] = wrapText(`${name}${message}`, WIDTH_MAX);
  return [first.slice(name.length), ...others];
}

/** What broke; of a law that only says no, the law. */
function saidText({ kind, law, message }: Failure): string {
  return kind === 'law' && message === NO_MORE_SAID ? `it does not hold: ${law}` : message;
}

function headFields({ failure, given, faults, at }: Story, context: ReportContext): Field[] {
  const law = lawText(failure);
  return [
    ['scenario', context.scenario],
    ['law', law],
    ...optional('found', context.found),
    ...optional('reduced', context.reduced),
    ...optional('given', given.join(', ')),
    ...optional('faults', faults.join(', ')),
    ...optional('where', law.endsWith(`  ${at}`) ? undefined : at),
  ];
}

function optional(name: string, text: string | undefined): Field[] {
  return text === undefined || text === '' ? [] : [[name, text]];
}

function leftOutLines(count: number): string[] {
  return count === 0 ? [] : [`           + ${count} other step${count === 1 ? '' : 's'}`];
}

function explanationLines({ explanation, named }: Story): Field[] {
  if (explanation === undefined) return [];
  return explanationFields(explanation).map(([name, text]) => [name, named(text)]);
}

function unsteadyFields(unsteady: ReportContext['unsteady']): Field[] {
  if (unsteady === undefined) return [];
  const { step, seen } = unsteady;
  return [
    ['unsteady', `the same schedule gave two different runs, first at step ${step}`],
    ...label('seen', seen),
  ];
}

/** The law, and the line that states it where there is room. */
function lawText({ law, where }: Failure): string {
  const room = WIDTH_MAX - 2 - LABEL_COLUMNS - law.length - 2;
  return where === undefined || where === '' || where.length > room
    ? law
    : `${law}  ${where.padStart(room)}`;
}

/** What shrinking has made of a failure: `63 → 9 decisions, 2 of them not calm, in 48 replays`. */
export function reducedText(
  decisionCount: number,
  decisions: readonly number[],
  replays: number,
): string {
  const restless = decisions.filter((decision) => decision !== 0).length;
  if (restless === 0)
    return `${countText(decisionCount)} → 0 decisions, in ${replays} replays: the calm run fails too`;
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
    case 'race':
      return 'DataRace';
    case 'livelock':
      return 'Livelock';
    case 'law-threw':
      return 'LawError';
    default:
      return 'ScheduleFailure';
  }
}

/**
 * Who waits, for what, why nothing comes, and the user's line; a line each, or two where that is
 * too long.
 */
function formatWaits(waits: readonly Wait[]): string[] {
  if (waits.length === 0) return [];
  if (waits.length > LINES_MAX) {
    // One that waits for another's end says less than that other.
    const first = [...waits].sort((a, b) => Number(a.joins) - Number(b.joins)).slice(0, LINES_MAX);
    const left = waits.length - LINES_MAX;
    return [...formatWaits(first), `${' '.repeat(2 + LABEL_COLUMNS)}and ${countText(left)} more`];
  }
  const who = Math.max(...waits.map((wait) => wait.who.length));
  const call = Math.max(...waits.map((wait) => wait.call.length));
  const indent = ' '.repeat(2 + LABEL_COLUMNS);
  return waits.flatMap((wait, index) => {
    const label = index === 0 ? `  ${'waits'.padEnd(LABEL_COLUMNS)}` : indent;
    const left = `${label}${wait.who.padEnd(who)}  ${wait.call.padEnd(call)}`;
    const line = aligned(`${left}  ${wait.why}`, wait.where);
    if (line.length <= WIDTH_MAX) return [line];
    const place = placeEnd(wait.where ?? '', WIDTH_MAX - left.trimEnd().length - 2);
    const room = WIDTH_MAX - indent.length - who - 2;
    return [
      aligned(left, place),
      ...wrapText(wait.why, room).map((part) => `${indent}${' '.repeat(who)}  ${part}`),
    ];
  });
}

/** The place in the source at the right edge. */
function aligned(left: string, where = ''): string {
  const text = left.trimEnd();
  return `${text}  ${where.padStart(WIDTH_MAX - columnsOf(text) - 2)}`.trimEnd();
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

/**
 * Break a text between words into lines of at most `room` columns, where its words allow that; the
 * lines that it has of its own stay.
 */
export function wrapText(text: string, room: number): string[] {
  const own = text.trimEnd().split('\n');
  if (own.length > 1) return own.flatMap((line) => wrapText(line, room));
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && columnsOf(line) + 1 + columnsOf(word) > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

/**
 * Columns are as wide as what stands in them; where that is too much, what was done gives way
 * before what came of it.
 */
function formatRows(story: Story): string[] {
  const { rows, sleepers, brokenAtEnd } = story;
  if (rows.length === 0) return [];
  if (rows.some(({ isProgram }) => isProgram)) return formatProgramRows(story);
  const results = rows.map(({ result, note }) =>
    [result, note === '' ? '' : `(${note})`].filter((part) => part !== '').join(' '),
  );
  const widest = (texts: readonly string[]): number => Math.max(...texts.map(columnsOf));
  const time = Math.max(4, widest(rows.map(({ timeMs }) => timeText(timeMs))));
  const names = [...rows, ...sleepers].map((row) => row.who);
  const who = Math.min(WHO_COLUMNS_MAX, Math.max(4, widest(names)));
  const room = WIDTH_MAX - `   ✗ 12345  ${' '.repeat(time)}  ${' '.repeat(who)} `.length - 2;
  const wanted = Math.max(
    3,
    widest([...rows.map((row) => row.did), ...sleepers.map(({ call }) => call)]),
  );
  const did = Math.min(wanted, Math.max(DID_COLUMNS_MIN, room - Math.max(6, widest(results))));
  const lines = [
    `     ${'step'.padStart(5)}  ${'time'.padStart(time)}  ${'task'.padEnd(who)} ${'did'.padEnd(did)}  result`,
  ];
  for (const [index, row] of rows.entries()) {
    const mark = rowMark(row);
    const cells = [
      `   ${mark} ${String(row.step).padStart(5)}`,
      timeText(row.timeMs).padStart(time),
      `${padded(cut(row.who, who), who)} ${padded(cut(row.did, did), did)}`,
      cut(results[index] as string, room - did),
    ];
    lines.push(placed(cells.join('  ').trimEnd(), row.where));
  }
  lines.push(...sleeperLines(story, { time, who, did }));
  if (brokenAtEnd) lines.push(endLine(story, time));
  return lines;
}

function endLine({ failure, endMs, thrown, at }: Story, timeColumns: number): string {
  const time = timeText(endMs).padStart(timeColumns);
  const text = `   ✗   end  ${time}  ${thrown ?? `the law: ${failure.message}`}`;
  const place = thrown === undefined ? '' : shortPlace(at ?? '');
  const room = WIDTH_MAX - (place === '' ? 0 : place.length + 2);
  return aligned(cut(text.replaceAll('\n', ' '), room), place);
}

/** A line for each task that sleeps when all is over. */
function sleeperLines(
  { sleepers, endMs }: Story,
  columns: { readonly time: number; readonly who: number; readonly did: number },
): string[] {
  const at = timeText(endMs).padStart(columns.time);
  return sleepers.map(({ who, call, where = '' }) => {
    const did = padded(cut(call, columns.did), columns.did);
    return placed(
      `   ✗   end  ${at}  ${padded(cut(who, columns.who), columns.who)} ${did}  sleeps`,
      where,
    );
  });
}

/** With the place at the right edge, if there is room. */
function placed(line: string, where = ''): string {
  if (where === '') return line;
  const place = shortPlace(where);
  const room = WIDTH_MAX - columnsOf(line);
  return room < place.length + 2 ? line : aligned(line, place);
}

function rowMark({ broke, decided, free, collides }: StoryRow): string {
  if (broke) return '✗';
  if (decided) return markOf(!free);
  return collides ? '▸' : ' ';
}

/**
 * Of programs: what each did is one text, with the line of its code at the right edge where there
 * is room.
 */
function formatProgramRows(story: Story): string[] {
  const { rows, brokenAtEnd } = story;
  const widest = (texts: readonly string[]): number => Math.max(...texts.map(columnsOf));
  const time = Math.max(4, widest(rows.map(({ timeMs }) => timeText(timeMs))));
  const who = Math.min(WHO_COLUMNS_MAX, Math.max(4, widest(rows.map((row) => row.who))));
  const lines = [`     ${'step'.padStart(5)}  ${'time'.padStart(time)}  ${'task'.padEnd(who)} did`];
  for (const row of rows) {
    const { did, result, note, where = '' } = row;
    const said = result === '' ? did : `${did} → ${result}`;
    const left = [
      `   ${rowMark(row)} ${String(row.step).padStart(5)}`,
      timeText(row.timeMs).padStart(time),
      `${padded(cut(row.who, who), who)} ${said}${note === '' ? '' : ` (${note})`}`,
    ].join('  ');
    const place = where === '' ? '' : shortPlace(where);
    lines.push(aligned(cut(left, WIDTH_MAX - (place === '' ? 0 : place.length + 2)), place));
  }
  if (brokenAtEnd) lines.push(endLine(story, time));
  return lines;
}

/** Columns of a place in a row; a longer one keeps its end. */
const PLACE_COLUMNS_MAX = 30;

/** `src/server.mjs:22`: the column says little in a row. */
function shortPlace(where: string): string {
  return placeEnd(where.replace(/:\d+$/, ''), PLACE_COLUMNS_MAX);
}

/** As many of its last folders as there is room for. */
function placeEnd(place: string, columns: number): string {
  if (place.length <= columns) return place;
  const from = place.indexOf('/', place.length - columns + 1);
  return from < 0 ? `…${place.slice(1 - columns)}` : `…${place.slice(from)}`;
}

/** A longer name is cut: what was done and what came of it need the other columns. */
const WHO_COLUMNS_MAX = 20;
const DID_COLUMNS_MIN = 28;

function timeText(ms: number): string {
  return ms >= 100_000 ? `${Number((ms / 1000).toFixed(1))} s` : `${Number(ms.toFixed(2))} ms`;
}

/** Letters of East Asian scripts take two columns of a terminal. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;

export function columnsOf(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0);
}

function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

function cut(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = text.slice(0, columns - 1);
  while (columnsOf(kept) > columns - 1) kept = kept.slice(0, -1);
  return `${kept}…`;
}
