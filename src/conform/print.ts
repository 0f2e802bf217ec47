import type { Seen } from './arm.ts';
import type { Execution, Row } from './execute.ts';
import { stepText } from './program.ts';
import type { Shown } from './show.ts';

const STEP_WIDTH = 52;
const COLUMN_WIDTH = 34;

/** A program and what both kernels made of it, in columns; the last row is where they part. */
export function executionText(execution: Execution): string {
  const head = `${'step'.padEnd(STEP_WIDTH)}${'simulated'.padEnd(COLUMN_WIDTH)}Linux`;
  const lines = execution.rows.map((row, i) => rowText(row, i === execution.rows.length - 1));
  return [head, ...lines].join('\n');
}

function rowText({ step, simulated, linux }: Row, isLast: boolean): string {
  const line = (what: string, a: Shown, b: Shown): string =>
    `${what.padEnd(STEP_WIDTH)}${text(a).padEnd(COLUMN_WIDTH)}${text(b)}`.trimEnd();
  const lines = [line(stepText(step), simulated.result, linux.result)];
  if (differ(simulated.woken, linux.woken) || simulated.woken.length > 0) {
    lines.push(line('      come back', simulated.woken, linux.woken));
  }
  if (isLast && differ(simulated.masks, linux.masks))
    lines.push(...maskLines(simulated, linux, line));
  return lines.join('\n');
}

type Line = (what: string, a: Shown, b: Shown) => string;

/** Only the descriptors on whose readiness they disagree. */
function maskLines(simulated: Seen, linux: Seen, line: Line): string[] {
  const of = (seen: Seen): string[] => text(seen.masks).split(' ');
  const theirs = of(linux);
  return of(simulated).flatMap((mask, i) =>
    mask === theirs[i] ? [] : [line('      readiness', mask, theirs[i] ?? '')],
  );
}

const differ = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);

const text = (shown: Shown): string => (typeof shown === 'string' ? shown : JSON.stringify(shown));
