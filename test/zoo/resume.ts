/** Takes up a measurement that was stopped. */
import { existsSync, readFileSync } from 'node:fs';
import type { Cell } from './entries.ts';

interface Measured {
  readonly program: string;
  readonly strategy: string;
  readonly runsMax: number;
  readonly firsts: readonly (number | null)[];
}

/**
 * Gives the cells what a file says that an earlier measurement with the same first seed has found;
 * nothing if there is no such file. Only what was measured with as many schedules a seed counts.
 */
export function resume(cells: readonly Cell[], path: string): void {
  if (!existsSync(path)) return;
  const { firstSeed, measured } = JSON.parse(readFileSync(path, 'utf8')) as {
    firstSeed: number;
    measured: readonly Measured[];
  };
  for (const cell of cells) {
    const known = measured.find(
      ({ program, strategy, runsMax }) =>
        program === cell.program &&
        strategy === cell.strategy &&
        runsMax === cell.effort.runsMax &&
        firstSeed === cell.effort.seeds[0],
    );
    for (const first of known?.firsts ?? []) {
      const next = cell.next();
      if (next === undefined) break;
      cell.set(next.place, first);
    }
  }
}
