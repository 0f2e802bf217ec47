// The measured table of docs/strategies.md: its first row is measured again.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { firstOf, PROGRAMS } from '../zoo/entries.ts';

const SEEDS = [1, 2, 3, 4, 5];
const RUNS_MAX = 1_000;

it('says what is measured (npm run strategies writes it)', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/strategies.md'), 'utf8');
  const [, table = ''] = page.split('<!-- measured: npm run strategies -->\n\n');
  const [head = '', , row = ''] = table.split('\n');
  const cells = (line: string): string[] =>
    line
      .split('|')
      .slice(2, -1)
      .map((cell) => cell.trim());
  const names = cells(head).map((name) => name.replaceAll('`', ''));
  expect(names).toContain('portfolio');
  const account = PROGRAMS.find(({ name }) => name === 'account');
  if (account === undefined) throw new Error('the program account is gone');
  const means = names.map((strategy) => {
    const firsts = SEEDS.map(
      (seed) => firstOf(account, { strategy, seed, runsMax: RUNS_MAX }) ?? NaN,
    );
    return String(
      Number((firsts.reduce((sum, first) => sum + first, 0) / SEEDS.length).toFixed(1)),
    );
  });
  expect(cells(row)).toEqual(means);
});
