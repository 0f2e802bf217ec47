/**
 * A file is saved by writing another and renaming that over it, and nothing is synced.
 *
 * ext4 writes what is renamed over a file before the rename, but not what is renamed to where
 * nothing was; others do neither, and leave a name without contents.
 */
import type { Program, Sys } from '../sys/index.ts';
import { replaceFile, writeFile } from './userland/files.ts';

export function* asWritten(sys: Sys, path: string, text: string): Program {
  yield* writeFile(sys, `${path}.tmp`, text, false);
  yield* sys.rename(`${path}.tmp`, path);
}

export const corrected: typeof asWritten = replaceFile;
