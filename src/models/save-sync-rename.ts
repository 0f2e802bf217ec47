/**
 * A file is saved by writing another, syncing it and renaming it, as write-file-atomic does.
 *
 * It is always the old one or the new one. But the rename may be lost, so the new one may be
 * missing although it was said to be saved: the directory has to be synced as well.
 */
import type { Program, Sys } from '../sys/index.ts';
import { replaceFile, writeFile } from './userland/files.ts';

export function* asWritten(sys: Sys, path: string, text: string): Program {
  yield* writeFile(sys, `${path}.tmp`, text, true);
  yield* sys.rename(`${path}.tmp`, path);
}

export const corrected: typeof asWritten = replaceFile;
