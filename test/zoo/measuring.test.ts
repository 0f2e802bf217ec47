import { describe, expect, it } from 'vitest';
import { Cell, PORTFOLIO, PROGRAMS } from './entries.ts';
import { type FirstRuns, firstsText, meanOf, ratioOf } from './measure.ts';
import type { Specimen } from './programs.ts';
import { spread } from './spread.ts';
import { conclusion, type Row, rowText } from './table.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

/** A cell that has been measured: every seed that it asks for needs what `first` says. */
function measured(cell: Cell, first: (seed: number) => number | null): Cell {
  for (let next = cell.next(); next !== undefined; next = cell.next()) {
    cell.set(next.place, first(next.seed));
  }
  return cell;
}

describe('a cell', () => {
  it('tries all seeds, though the first answers come late', () => {
    const cell = new Cell('p', 'random', SEEDS, false);
    const given = Array.from({ length: 5 }, () => cell.next());
    expect(given.map((next) => next?.seed)).toEqual([1, 2, 3, 4, 5]);
    expect(cell.next()).toBeUndefined();
    cell.set(1, 7);
    expect(cell.next()?.seed).toBe(6);
    expect(cell.isDone).toBe(false);
    measured(cell, () => 3);
    for (const place of [0, 2, 3, 4, 5]) cell.set(place, null);
    expect(cell.isDone).toBe(true);
    expect(cell.firsts).toEqual([null, 7, null, null, null, null, 3, 3]);
  });

  it('is given up after five seeds that find nothing, unless it is to be patient', () => {
    const [hasty, patient] = [false, true].map((is) =>
      measured(new Cell('p', 'random', SEEDS, is), () => null),
    );
    expect(hasty?.isDone).toBe(true);
    expect(hasty?.firsts).toHaveLength(5);
    expect(patient?.firsts).toHaveLength(8);
  });
});

describe('spreading', () => {
  const cellsOf = (): Cell[] =>
    ['account', 'uneven-25', 'deadlock01'].flatMap((program) =>
      ['random', 'surw', 'icb'].map((spec) => new Cell(program, spec, SEEDS, false)),
    );
  const measure = async (workers: number): Promise<FirstRuns[]> => {
    const cells = cellsOf();
    const stop = new AbortController().signal;
    await spread(cells, { workers, runsMax: 60, stop }, () => {});
    expect(cells.filter((cell) => !cell.isDone)).toEqual([]);
    return cells.map(({ firsts }) => firsts);
  };

  it('finds the same with one process and with three', async () => {
    const [one, three] = [await measure(1), await measure(3)];
    expect(three).toEqual(one);
    // The random walk finds nothing in the uneven program.
    expect(one[3]).toEqual([null, null, null, null, null]);
    expect(one[0]).toHaveLength(SEEDS.length);
  });

  it('keeps what is known when it is stopped', async () => {
    const cells = cellsOf();
    const stop = new AbortController();
    let answers = 0;
    await spread(cells, { workers: 2, runsMax: 60, stop: stop.signal }, () => {
      if (++answers === 3) stop.abort();
    });
    expect(cells.flatMap(({ firsts }) => firsts)).toHaveLength(3);
  });

  it('says so when a process breaks', async () => {
    const cells = [new Cell('no such program', 'random', [1], false)];
    const stop = new AbortController().signal;
    const measuring = spread(cells, { workers: 1, runsMax: 1, stop }, () => {});
    await expect(measuring).rejects.toThrow(/ended with code 1/);
  });
});

describe('the table', () => {
  it.each([
    [[1, 2, 4], '2.3'],
    [[20, 30], '25'],
    [[null, 40], '40 (1)'],
    [[null, null], '0 of 2'],
  ] as [FirstRuns, string][])('%j is written %s', (firsts, text) => {
    expect(firstsText(firsts)).toBe(text);
  });

  it('a ratio is as uncertain as what it is made of', () => {
    const mean = meanOf([1, 3, null], 8);
    expect(mean.value).toBe(4);
    // Of 1, 3 and 8: the variance is 13.
    expect(mean.error).toBeCloseTo(Math.sqrt(13 / 3));
    const ratio = ratioOf(mean, { value: 2, error: 0 });
    expect(ratio.value).toBe(2);
    expect(ratio.error).toBeCloseTo(Math.sqrt(13 / 3) / 2);
  });

  const scope = { strategies: ['random', PORTFOLIO, 'dfs'], seeds: 8, runsMax: 100 };
  function rowOf(name: string, needs: Record<string, number | null>): Row {
    const program = PROGRAMS.find((one) => one.name === name) as Specimen;
    const cells = Object.entries(needs).map(([spec, first]): [string, Cell] => [
      spec,
      measured(new Cell(name, spec, spec === 'dfs' ? [1] : SEEDS, true), () => first),
    ]);
    return { program, cells: new Map(cells) };
  }

  it('names the programs on which the portfolio is not good enough, and nobody else', () => {
    const rows = [
      rowOf('account', { random: 9, [PORTFOLIO]: 9, dfs: 4 }),
      rowOf('reorder_3', { random: 5, [PORTFOLIO]: 10, dfs: null }),
      rowOf('SafeStack', { random: null, [PORTFOLIO]: null, dfs: null }),
    ];
    expect(rowText(rows[0] as Row, scope)).toMatch(/^account +9 +9 +4 +2\.25 \(dfs\)/);
    const text = conclusion(rows, scope);
    expect(text).toContain('the bugs of 2 of 3 programs; random 2, dfs 1.');
    expect(text).toContain('Of the 2 with published figures it found 2');
    expect(text).toContain('on 2 programs whose bug was found, for: account (2.25 ± 0.00, dfs).');
    expect(text).toContain('by more than two standard errors: account (2.25');
  });
});
