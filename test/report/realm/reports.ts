import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { check, type Scenario } from '../../../src/index.ts';

const golden = (name: string): string => join(import.meta.dirname, '..', 'golden', `${name}.txt`);

const RUNS = 50;
/** The report of a scenario that fails, with nothing in it that a page has no room for. */
export async function reportOf(scenario: Scenario): Promise<string> {
  const failed = check(scenario, { folder: false, runs: RUNS, seed: 1 });
  const error = await failed.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  const { name, message } = error as Error;
  const rows = message.split('\n').filter((line) => /^ {3}. +(?:\d+|end) /.test(line));
  // Twelve rows at most, and that of the end.
  expect(rows.length).toBeLessThan(14);
  expect(rows.filter((row) => row.startsWith('   ✗'))).toHaveLength(1);
  const wide = message.split('\n').filter((line) => line.length > 96);
  // What is to be pasted is not broken.
  expect(wide.filter((line) => !line.startsWith('  pin'))).toEqual([]);
  expect(message).not.toContain('unsteady');
  return `${name}: ${message}\n`;
}

/** `file:7`, where the 7th line is the first that looks so. */
export function placeOf([file, line]: readonly [string, string | RegExp]): string {
  const at = readFileSync(file, 'utf8')
    .split('\n')
    .findIndex((one) => (typeof line === 'string' ? one.includes(line) : line.test(one)));
  expect(at, `${line} in ${file}`).toBeGreaterThanOrEqual(0);
  return `${file}:${at + 1}`;
}

/** The paragraph of a report that names two lines that ran into each other, as one line. */
export const overtakenIn = (report: string): string =>
  (/^ {2}overtaken (?:.+\n)+/m.exec(report)?.[0] ?? '').replace(/\s+/g, ' ');

export async function expectGolden(name: string, report: string): Promise<void> {
  await expect(report).toMatchFileSnapshot(golden(name));
}
