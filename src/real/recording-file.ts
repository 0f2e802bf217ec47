/** Recordings of runs on real sockets, on disk. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { FAILURES_FOLDER, RECORDING_SUFFIX, slugOf } from '../sim/explore/failures.ts';
import { kindOfPath, readBounded, writeWhole } from '../sim/explore/whole-file.ts';
import type { Failure } from '../sim/schedule/failure.ts';
import { UsageError } from '../sys/errors.ts';
import { parseRecording, type Recording } from './recording.ts';

/** Ten seconds of a busy server; a recording holds all bytes that came from the network. */
const FILE_BYTES_MAX = 512 * 2 ** 20;

/**
 * Write the recording of a failure; gives the file's path. The same failure always lands under the
 * same name.
 *
 * ```ts
 * const { failure, recording } = await runOnNode(echo, { record: true });
 * if (failure !== undefined && recording !== undefined) saveRecording(recording, failure);
 * ```
 *
 * @since 0.2.0
 */
export function saveRecording(
  recording: Recording,
  failure: Failure,
  folder: string = FAILURES_FOLDER,
): string {
  const identity = JSON.stringify([recording.scenario, failure.signature]);
  const digest = createHash('sha256').update(identity).digest('hex').slice(0, 8);
  const path = join(folder, `${slugOf(recording.scenario)}-${digest}${RECORDING_SUFFIX}`);
  try {
    writeWhole(path, `${JSON.stringify(recording)}\n`);
  } catch (error) {
    throw new UsageError(
      `the recording could not be saved to ${path}: ${(error as Error).message}; make ${folder} writable`,
    );
  }
  return path;
}

/**
 * Read a recording; what is none, or damaged, is refused with a UsageError.
 *
 * ```ts
 * await replayRecording(echo, readRecording('.heddle/echo.recording.json'));
 * ```
 *
 * @since 0.2.0
 */
export function readRecording(path: string): Recording {
  let text: string;
  try {
    text = readBounded(path, FILE_BYTES_MAX).toString('utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
  return parseRecording(text);
}

/** A recording on disk. */
export interface SavedRecording {
  readonly path: string;
  readonly recording: Recording;
}

/** The recordings of a scenario that a folder holds, by name; one that is damaged is told. */
export function savedRecordings(
  scenario: string,
  onDamaged: (message: string) => void,
  folder: string = FAILURES_FOLDER,
): SavedRecording[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const saved: SavedRecording[] = [];
  for (const name of names.sort()) {
    if (!name.startsWith(slugOf(scenario)) || !name.endsWith(RECORDING_SUFFIX)) continue;
    const path = join(folder, name);
    try {
      const recording = readRecording(path);
      if (recording.scenario === scenario) saved.push({ path, recording });
    } catch (error) {
      onDamaged(`${path}: ${(error as Error).message}`);
    }
  }
  return saved;
}

const BEGINNING = '{"heddleRecording":';

/** Whether a file begins as a recording does. */
export function holdsRecording(path: string): boolean {
  if (kindOfPath(path) !== 'file') return false;
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(BEGINNING.length);
    readSync(file, bytes, 0, bytes.length, 0);
    return bytes.toString('latin1') === BEGINNING;
  } finally {
    closeSync(file);
  }
}
