/** Files that are written whole or not at all, and read only if they are files of a likely size. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Of a name that no other thread, process or container makes up as well. */
const UNFINISHED = /\.[0-9a-f]{16}\.unfinished$/;

/** Nobody needs longer for one file: what is older was left by a process that is no more. */
const UNFINISHED_MS_MAX = 3_600_000;

/**
 * Write a file in place of what was there. Whoever reads it, and whatever kills us, there is the
 * whole old file or the whole new one; a full disk leaves the old one.
 *
 * @throws the error of the file system; nothing has changed then
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  const unfinished = `${path}.${randomBytes(8).toString('hex')}.unfinished`;
  try {
    writeThrough(unfinished, content);
    sweep(folder, statSync(unfinished).mtimeMs);
    renameSync(unfinished, path);
  } catch (error) {
    removeQuietly(unfinished);
    throw error;
  }
}

/** The bytes are on the disk when it returns: a name must not get there before them. */
function writeThrough(path: string, content: string | Uint8Array): void {
  const file = openSync(path, 'wx');
  try {
    // It goes on until all is written; what does not fit is an error.
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Take away what was left unfinished.
 *
 * @param nowMs by the clock of the file system
 */
function sweep(folder: string, nowMs: number): void {
  for (const name of readdirSync(folder)) {
    if (!UNFINISHED.test(name)) continue;
    const path = join(folder, name);
    const { mtimeMs = nowMs } = statSync(path, { throwIfNoEntry: false }) ?? {};
    if (nowMs - mtimeMs > UNFINISHED_MS_MAX) removeQuietly(path);
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // There is no such folder: nothing was written.
  }
}

/** What a path leads to; undefined where that is nothing, or cannot be said (a loop of links). */
export function kindOfPath(path: string): 'file' | 'folder' | 'other' | undefined {
  try {
    const stats = statSync(path);
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
  } catch {
    return undefined;
  }
}

/**
 * The bytes of a file; devices, pipes and what is larger than `bytesMax` are not opened at all.
 *
 * @throws an error that says why it cannot be read
 */
export function readBounded(path: string, bytesMax: number): Buffer {
  const stats = statSync(path);
  if (!stats.isFile()) throw new Error(stats.isDirectory() ? 'it is a folder' : 'it is no file');
  if (stats.size > bytesMax) {
    throw new Error(`it has ${stats.size} bytes, and more than ${bytesMax} are not read`);
  }
  return readFileSync(path);
}
