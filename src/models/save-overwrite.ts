/**
 * A file is saved by writing over it: opened with O_TRUNC, written, closed.
 *
 * A crash may leave it empty, or without the last that was written, long after that was said to be
 * saved. It is put right by writing another file and renaming that.
 */
import type { Program, Sys } from '../sys/index.ts';
import { replaceFile, writeFile } from './userland/files.ts';

export function* asWritten(sys: Sys, path: string, text: string): Program {
  yield* writeFile(sys, path, text, false);
}

export const corrected: typeof asWritten = replaceFile;
