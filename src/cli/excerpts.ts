/** The lines of the user's files that a trace speaks of, with their neighbours. */
import { readFileSync } from 'node:fs';
import type { TraceModel } from '../sim/trace/model.ts';
import type { Excerpt, Sources } from '../sim/trace/page.ts';

const AROUND = 6;
/** A line longer than this was not written by hand. */
const COLUMNS_MAX = 400;

export function excerptsFor(models: readonly TraceModel[]): Sources {
  const wanted = new Map<string, Set<number>>();
  for (const { steps, failure } of models) {
    for (const where of [...steps.map((step) => step.where), failure?.at ?? '']) {
      const [, file, line] = /^(.*?):(\d+)(?::\d+)?$/.exec(where) ?? [];
      if (file === undefined) continue;
      const lines = wanted.get(file) ?? new Set<number>();
      lines.add(Number(line));
      wanted.set(file, lines);
    }
  }
  const sources: Record<string, readonly Excerpt[]> = {};
  for (const [file, lines] of wanted) sources[file] = excerptsOf(file, [...lines]);
  return sources;
}

function excerptsOf(file: string, wanted: readonly number[]): Excerpt[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // The program may have been built elsewhere: then the viewer names the line and does not show
    // it.
    return [];
  }
  const lines = text.split('\n').map((line) => line.slice(0, COLUMNS_MAX));
  const excerpts: { line: number; lines: string[] }[] = [];
  for (const number of [...wanted].sort((a, b) => a - b)) {
    const first = Math.max(1, number - AROUND);
    const last = Math.min(lines.length, number + AROUND);
    const before = excerpts.at(-1);
    if (before !== undefined && first <= before.line + before.lines.length) {
      before.lines = lines.slice(before.line - 1, last);
    } else excerpts.push({ line: first, lines: lines.slice(first - 1, last) });
  }
  return excerpts;
}
