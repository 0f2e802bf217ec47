/** Mistakes in models, their userland and the providers of real sockets: what catches each. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { UsageError } from '../src/sys/errors.ts';
import type { ModelMutant, Tests } from './model-mutant-table.ts';

/** A test that meets a livelock may take long to say so. */
const TIME_MS_MAX = 600_000;

/** The source with the mistake in it; undefined if its line is not there. */
export function plantedInModel(
  source: string,
  { find, behind, replace }: Pick<ModelMutant, 'find' | 'behind' | 'replace'>,
): string | undefined {
  const lines = source.split('\n');
  const reads = (line: string): boolean => line.trim() === find;
  const from = lines.findIndex((line) => behind !== undefined && line.trim().startsWith(behind));
  if (behind !== undefined && from < 0) return undefined;
  const at =
    behind === undefined
      ? lines.findLastIndex(reads)
      : lines.findIndex((line, i) => i > from && reads(line));
  if (at < 0) return undefined;
  lines[at] = replace;
  return lines.join('\n');
}

/**
 * Whether these tests are green in a copy of the sources. A pattern that names none of them is a
 * mistake in the table, which would let whatever it should catch pass.
 */
async function areGreen(folder: string, [file, pattern]: Tests): Promise<boolean> {
  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  const named = pattern === '' ? [] : ['-t', pattern];
  const options = ['--bail', '1', '--maxWorkers', '1', '--reporter', 'json'];
  const child = spawn(process.execPath, [vitest, 'run', file, ...named, ...options], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: TIME_MS_MAX,
    killSignal: 'SIGKILL',
  });
  const [out, code] = await Promise.all([
    text(child.stdout),
    new Promise((resolve) => child.on('close', resolve)),
  ]);
  if (code !== 0) return false;
  const report = out.slice(out.indexOf('{"numTotalTestSuites"'));
  const { numPassedTests } = JSON.parse(report) as { readonly numPassedTests: number };
  if (numPassedTests === 0) throw new UsageError(`no test of ${file} is named like "${pattern}"`);
  return true;
}

/** What was found of each on sources without a mistake. */
const sound = new Map<string, Promise<boolean>>();

/**
 * What catches the mistake that is planted in `folder`; undefined if nothing does. A test that is
 * red without any mistake too catches nothing.
 * @param base the sources without it
 */
export async function caughtBy(
  folder: string,
  base: string,
  tests: readonly Tests[],
): Promise<string | undefined> {
  for (const each of tests) {
    if (await areGreen(folder, each)) continue;
    const [file, pattern] = each;
    const name = pattern === '' ? file : `${file} -t "${pattern}"`;
    if (!sound.has(name)) sound.set(name, areGreen(base, each));
    if (await sound.get(name)) return name;
  }
  return undefined;
}
