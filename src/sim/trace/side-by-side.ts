import { isSameStep } from './parting.ts';
import type { ToldStep } from './recorder.ts';

/** A row of two runs side by side: both sides where they did the same, else one of them. */
export interface Aligned {
  readonly here: ToldStep | undefined;
  readonly there: ToldStep | undefined;
}

/** Steps of each that are compared, all with all; what comes after stands alone. */
const COMPARED_MAX = 500;

/**
 * Two runs side by side, with as many rows as can be in which both did the same (their longest
 * common subsequence: Hunt and McIlroy, 1976), in the order of each.
 */
export function sideBySide(here: readonly ToldStep[], there: readonly ToldStep[]): Aligned[] {
  const rows: Aligned[] = [];
  let start = 0;
  while (start < here.length && isSameStep(here[start], there[start])) {
    rows.push({ here: here[start], there: there[start] });
    start++;
  }
  const a = here.slice(start, start + COMPARED_MAX);
  const b = there.slice(start, start + COMPARED_MAX);
  const common = commonLengths(a, b);
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (isSameStep(a[i], b[j])) rows.push({ here: a[i++], there: b[j++] });
    else if (at(common, i + 1, j) >= at(common, i, j + 1))
      rows.push({ here: a[i++], there: undefined });
    else rows.push({ here: undefined, there: b[j++] });
  }
  for (const step of here.slice(start + i)) rows.push({ here: step, there: undefined });
  for (const step of there.slice(start + j)) rows.push({ here: undefined, there: step });
  return rows;
}

const at = (lengths: readonly Uint16Array[], i: number, j: number): number =>
  (lengths[i] as Uint16Array)[j] as number;

/** How many steps the rests of two runs have in common, by where they begin. */
function commonLengths(a: readonly ToldStep[], b: readonly ToldStep[]): Uint16Array[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    const row = lengths[i] as Uint16Array;
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] = isSameStep(a[i], b[j])
        ? at(lengths, i + 1, j + 1) + 1
        : Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1));
    }
  }
  return lengths;
}
