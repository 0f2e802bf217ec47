import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { documentOf } from './document.ts';
import { Cell, type Effort, PORTFOLIO, PROGRAMS } from './entries.ts';
import { isHeldBack, KNOWN, KNOWN_SPECIMENS } from './known/index.ts';
import { type FirstRuns, firstsText, meanOf, ratioOf } from './measure.ts';
import type { Specimen } from './programs.ts';
import { resume } from './resume.ts';
import { spread } from './spread.ts';
import { conclusion, type Row, rowText, type Scope } from './table.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
/** With five seeds that find nothing the budget is spent. */
const EFFORT: Effort = { seeds: SEEDS, runsMax: 60, budget: 300 };
const PATIENT: Effort = { ...EFFORT, budget: Number.POSITIVE_INFINITY };

/** A cell that has been measured: every seed that it asks for needs what `first` says. */
function measured(cell: Cell, first: (seed: number) => number | null): Cell {
  for (let next = cell.next(); next !== undefined; next = cell.next()) {
    cell.set(next.place, first(next.seed));
  }
  return cell;
}

describe('a cell', () => {
  it('tries seeds until their schedules are spent, whoever answers first', () => {
    const cell = new Cell('p', 'random', EFFORT);
    const given = Array.from({ length: 8 }, () => cell.next());
    expect(given.map((next) => next?.seed)).toEqual(SEEDS);
    expect(cell.next()).toBeUndefined();
    // The last ones answer first; those before them decide whether they count.
    for (const place of [7, 6, 5]) cell.set(place, 3);
    expect(cell.isDone).toBe(false);
    for (const place of [0, 1, 2, 3]) cell.set(place, null);
    expect(cell.isDone).toBe(false);
    cell.set(4, null);
    expect(cell.isDone).toBe(true);
    expect(cell.firsts).toEqual([null, null, null, null, null]);
    cell.set(4, 59);
    expect(cell.firsts).toEqual([null, null, null, null, 59, 3]);
  });

  it('is given up where nothing is found, unless it is to be patient', () => {
    const [hasty, patient] = [EFFORT, PATIENT].map((effort) =>
      measured(new Cell('p', 'random', effort), () => null),
    );
    expect(hasty?.isDone).toBe(true);
    expect(hasty?.firsts).toHaveLength(5);
    expect(patient?.firsts).toHaveLength(8);
    expect(measured(new Cell('p', 'random', EFFORT), () => 2).firsts).toHaveLength(8);
  });
});

describe('resuming', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-zoo-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('takes what is known from a file, and no more than there is', () => {
    const path = join(folder, 'measured.json');
    const cells = ['random', 'surw', 'pos'].map((spec) => new Cell('account', spec, EFFORT));
    resume(cells, path);
    expect(cells.flatMap(({ firsts }) => firsts)).toEqual([]);
    const one = { program: 'account', runsMax: 60 };
    const file = {
      firstSeed: 1,
      measured: [
        { ...one, strategy: 'random', firsts: [1, null, 3] },
        { ...one, strategy: 'surw', firsts: SEEDS },
        { ...one, strategy: 'pos', runsMax: 61, firsts: [1] },
      ],
    };
    writeFileSync(path, JSON.stringify(file));
    resume(cells, path);
    expect(cells.map(({ firsts }) => firsts)).toEqual([[1, null, 3], SEEDS, []]);
    expect(cells.map((cell) => cell.next()?.seed)).toEqual([4, undefined, 1]);
    const others = [new Cell('account', 'random', { ...EFFORT, seeds: [21, 22] })];
    resume(others, path);
    expect(others[0]?.firsts).toEqual([]);
  });
});

describe('spreading', () => {
  const cellsOf = (): Cell[] =>
    ['account', 'uneven-25', 'deadlock01'].flatMap((program) =>
      ['random', 'surw', 'icb'].map((spec) => new Cell(program, spec, EFFORT)),
    );
  const measure = async (workers: number): Promise<FirstRuns[]> => {
    const cells = cellsOf();
    const stop = new AbortController().signal;
    await spread(cells, { workers, stop }, () => {});
    expect(cells.filter((cell) => !cell.isDone)).toEqual([]);
    return cells.map(({ firsts }) => firsts);
  };

  it('finds the same with one process and with three', async () => {
    const [one, three] = [await measure(1), await measure(3)];
    expect(three).toEqual(one);
    // The random walk finds nothing in the uneven program.
    expect(one[3]).toEqual([null, null, null, null, null]);
    await spread([], { workers: 1, stop: new AbortController().signal }, () => {});
    expect(one[0]).toHaveLength(SEEDS.length);
  });

  it('keeps what is known when it is stopped', async () => {
    const cells = cellsOf();
    const stop = new AbortController();
    let answers = 0;
    await spread(cells, { workers: 2, stop: stop.signal }, () => {
      if (++answers === 3) stop.abort();
    });
    expect(cells.flatMap(({ firsts }) => firsts)).toHaveLength(3);
  });

  it('says so when a process breaks', async () => {
    const cells = [new Cell('no such program', 'random', { ...EFFORT, seeds: [1], runsMax: 1 })];
    const stop = new AbortController().signal;
    const measuring = spread(cells, { workers: 1, stop }, () => {});
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

  const bounds = { seeds: 8, runsMax: 100, budget: 500 };
  const scope: Scope = { strategies: ['random', PORTFOLIO, 'dfs'], ...bounds, large: bounds };
  function rowOf(name: string, needs: Record<string, number | null>): Row {
    const program = PROGRAMS.find((one) => one.name === name) as Specimen;
    const cells = Object.entries(needs).map(([spec, first]): [string, Cell] => {
      const effort = { seeds: spec === 'dfs' ? [1] : SEEDS, runsMax: 100, budget: 10_000 };
      return [spec, measured(new Cell(name, spec, effort), () => first)];
    });
    return { program, cells: new Map(cells) };
  }
  const rows = [
    rowOf('account', { random: 9, [PORTFOLIO]: 9, dfs: 4 }),
    rowOf('reorder_3', { random: 8, [PORTFOLIO]: 16, dfs: null }),
    rowOf('SafeStack', { random: null, [PORTFOLIO]: null, dfs: null }),
    rowOf('WorkStealQueue', { random: 20, [PORTFOLIO]: null, dfs: null }),
    rowOf('qsort_mt', { random: 4, [PORTFOLIO]: 6, dfs: null }),
  ];

  it('compares the portfolio with the best, for the parts of the zoo each by itself', () => {
    expect(rowText(rows[0] as Row, scope)).toMatch(/^account +9 +9 +4 +2\.25 \(dfs\)/);
    const text = conclusion(rows, scope);
    expect(text).toContain('the bugs of 3 of 5 programs; random 4, dfs 1.');
    expect(text).toContain('Of the 5 with published figures it found 3');
    // 9/4 and 16/8; of the two only the second is hard.
    expect(text).toContain(
      'of the literature on schedulers: 2 programs; portfolio / best 2.12 in the geometric mean, at worst 2.25 ± 0.00 (account, dfs).',
    );
    expect(text).toContain('more than 5: 1 programs; portfolio / best 2.00');
    expect(text).toContain('published bugs, tuned on: 1 programs; portfolio / best 5.00');
    expect(text).toContain('published bugs, held back: 1 programs; portfolio / best 1.50');
    expect(text).toContain('and not so by the portfolio: WorkStealQueue.');
  });

  it('is a page that says where every published bug is from', () => {
    const page = documentOf(rows, scope);
    for (const { name, source } of KNOWN) expect(page).toContain(`| ${name} | ${source} |`);
    expect(page).toContain('| account | 9 | 9 | 4 | 2.25 (dfs) |');
    expect(page).toContain('| *SURW paper* | 18 |  |  |  |');
  });
});

describe('what is held back', () => {
  it('is two of three published bugs, by their names alone', () => {
    const heldBack = KNOWN.filter(({ name }) => isHeldBack(name));
    expect(heldBack.length / KNOWN.length).toBeGreaterThan(0.5);
    expect(heldBack.length / KNOWN.length).toBeLessThan(0.8);
    // FNV-1a of "a" is 0xe40c292c, of "foo" 0xa9f37ed7, which alone can be divided by three.
    expect(isHeldBack('a')).toBe(true);
    expect(isHeldBack('foo')).toBe(false);
    for (const { name, heldBack: is } of KNOWN_SPECIMENS) {
      expect(is).toBe(isHeldBack(name.replace(', in company', '')));
    }
  });
});
