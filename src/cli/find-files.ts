import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { kindOfPath, readBounded } from '../sim/explore/whole-file.ts';
import { UsageError } from '../sys/errors.ts';
import { isScenarioFile } from './arguments.ts';

/** A file that may define scenarios. */
export interface CandidateFile {
  readonly path: string;
  /** It was named: that it holds none is a mistake, and not only one of many files. */
  readonly isNamed: boolean;
}

/** Where scenarios stand by custom: beside tests, and in files that are called so. */
const NAMES =
  '**/{scenario,scenarios,*.{test,spec,scenario,scenarios}}.{ts,mts,cts,tsx,js,mjs,cjs,jsx}';
const IGNORED = ['**/node_modules/**', '**/dist/**', '**/coverage/**', '**/.*/**'];

/** Whether a word of the command line is a file, a folder or a pattern, and no model's name. */
export function isPath(word: string): boolean {
  return isScenarioFile(word) || /[\\/]/.test(word) || isDynamicPattern(word) || isFolder(word);
}

/**
 * The files that are meant by words of the command line: paths, folders and patterns; of the
 * current folder where there are none. What is met in folders and by patterns is looked at only if
 * it speaks of heddle or of scenarios: to load a file is to run it.
 *
 * @throws UsageError if a word means no file
 */
export async function candidateFiles(words: readonly string[]): Promise<CandidateFile[]> {
  const found = new Map<string, CandidateFile>();
  for (const word of words.length === 0 ? ['.'] : words) {
    for (const file of await filesOf(word)) if (!found.has(file.path)) found.set(file.path, file);
  }
  return [...found.values()];
}

async function filesOf(word: string): Promise<CandidateFile[]> {
  if (existsSync(word) && !isFolder(word)) return [{ path: word, isNamed: true }];
  const pattern = isFolder(word) ? join(word, NAMES).replaceAll('\\', '/') : word;
  if (pattern === word && !isDynamicPattern(word)) throw new UsageError(`there is no file ${word}`);
  const paths = await glob(pattern, { ignore: IGNORED, expandDirectories: false });
  if (paths.length === 0 && pattern === word) throw new UsageError(`no file matches ${word}`);
  return paths
    .sort()
    .filter(speaksOfScenarios)
    .map((path) => ({ path, isNamed: false }));
}

function isFolder(word: string): boolean {
  return kindOfPath(word) === 'folder';
}

/** Source that somebody wrote is smaller. */
const SOURCE_BYTES_MAX = 16 * 2 ** 20;

/** What cannot be read, or is a pipe, is nobody's scenario. */
function speaksOfScenarios(path: string): boolean {
  try {
    return /\bheddle\b|\bscenario/.test(readBounded(path, SOURCE_BYTES_MAX).toString('utf8'));
  } catch {
    return false;
  }
}
