/** A run as an SVG that needs nothing else: columns are tasks, rows are steps. */
import type { TraceModel } from '../src/sim/trace/model.ts';

const ROW = 13;
const COLUMN = 150;
const TOP = 34;
const LEFT = 44;
/** What does not fit beside its column is cut. */
const TEXT_MAX = 22;

/** Set-up that says nothing of how a server moves. */
const DULL = new Set(['fcntl', 'setsockopt', 'getsockopt', 'getsockname', 'write']);

export function runPicture(model: TraceModel): string {
  const shown = model.steps.flatMap((step, index) =>
    step.lane === null || DULL.has(step.call) ? [] : [index + 1],
  );
  /** The row of a step; of one that is left out, the row before. */
  const rowOf = (step: number): number => shown.findLastIndex((one) => one <= step);
  const y = (step: number): number => TOP + ROW * (rowOf(step) + 1);
  const x = (lane: number): number => LEFT + COLUMN * lane;
  const width = LEFT + COLUMN * model.lanes.length;
  const height = TOP + ROW * (shown.length + 2);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, monospace" font-size="10">`,
    `<title>${escaped(model.scenario)}</title>`,
    '<defs><marker id="tip" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="6" markerHeight="6" orient="auto"><path d="M0 0 6 3 0 6z" fill="#b3541e"/></marker></defs>',
    `<rect width="${width}" height="${height}" rx="8" fill="#ffffff"/>`,
    ...model.lanes.map(
      ({ name }, lane) =>
        `<text x="${x(lane)}" y="20" font-weight="bold" fill="#1b1b1f">${escaped(name)}</text>`,
    ),
    ...model.spans.map(
      ({ lane, from, to, status }) =>
        `<path d="M${x(lane)} ${y(from)}V${y(to)}" stroke="#0b5c8a" stroke-width="1.5"${status === 'asleep' ? ' stroke-dasharray="2 3"' : ''}/>`,
    ),
    ...arrows(model, x, y),
    ...shown.map((number) => dot(model, number, x, y)),
    '</svg>',
    '',
  ].join('\n');
}

type Place = (of: number) => number;

/** Bytes on their way: from the step that sends to the step in which they are read. */
function arrows({ arrows: all, steps }: TraceModel, x: Place, y: Place): string[] {
  return all.flatMap(({ kind, from, to }) => {
    const [sent, met] = [steps[from - 1], steps[to - 1]];
    const crosses = sent?.lane !== met?.lane;
    if (kind !== 'message' || !crosses || sent?.lane == null || met?.lane == null) return [];
    return [
      `<path d="M${x(sent.lane)} ${y(from)}L${x(met.lane)} ${y(to)}" stroke="#b3541e" fill="none" marker-end="url(#tip)"/>`,
    ];
  });
}

function dot({ steps }: TraceModel, number: number, x: Place, y: Place): string {
  const step = steps[number - 1];
  if (step === undefined || step.lane === null) return '';
  const isArrival = step.kind === 'arrival';
  const text = isArrival ? `${step.arrives} arrives` : `${step.did} ${resultOf(step.result)}`;
  const fill = step.kind === 'sleep' ? '#ffffff' : '#0b5c8a';
  const mark = isArrival
    ? `<rect x="${x(step.lane) - 3}" y="${y(number) - 3}" width="6" height="6" fill="#b3541e"/>`
    : `<circle cx="${x(step.lane)}" cy="${y(number)}" r="3" fill="${fill}" stroke="#0b5c8a"/>`;
  return `${mark}<text x="${x(step.lane) + 8}" y="${y(number) + 3}" fill="#1b1b1f">${escaped(cut(text.trim()))}</text>`;
}

const resultOf = (result: string): string => (result === 'ok' ? '' : result);
const cut = (text: string): string =>
  text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - 1)}…`;
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
