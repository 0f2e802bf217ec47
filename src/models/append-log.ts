/**
 * A log: each record is a line at the end of a file, which is synced before anybody is told.
 *
 * A crash in the middle leaves part of a record, or zeros in its place. As written that is taken
 * for a record, and the next one is appended to it. The corrected one begins each line with a
 * checksum, cuts off what is none when it starts, and syncs the directory in which the file lies.
 */
import { O_APPEND, O_CREAT, O_RDWR, O_WRONLY, type Program, type Sys } from '../sys/index.ts';
import { readFile, syncDirectory } from './userland/files.ts';
import { encode, writeAll } from './userland/text.ts';

function* append(sys: Sys, path: string, line: string): Program {
  const fd = yield* sys.open(path, O_WRONLY | O_CREAT | O_APPEND);
  yield* writeAll(sys, fd, encode(line));
  yield* sys.fsync(fd);
  yield* sys.close(fd);
}

export function* asWritten(sys: Sys, path: string, record: string): Program {
  yield* append(sys, path, `${record}\n`);
}

/** The records of a log as it was written. */
export const recordsAsWritten = (log: Uint8Array): string[] =>
  new TextDecoder()
    .decode(log)
    .split('\n')
    .filter((line) => line !== '');

export function* corrected(sys: Sys, path: string, record: string): Program {
  yield* append(sys, path, lineOf(record));
}

/** FNV-1a, of 32 bits. */
function checksum(text: string): string {
  let sum = 0x811c9dc5;
  for (const byte of encode(text)) sum = Math.imul(sum ^ byte, 0x01000193);
  return (sum >>> 0).toString(16).padStart(8, '0');
}

const lineOf = (record: string): string => `${checksum(record)} ${record}\n`;

/** Those whose checksum is right, up to the first of which it is not. */
export function records(log: Uint8Array): string[] {
  const found: string[] = [];
  for (const line of new TextDecoder().decode(log).split('\n')) {
    const record = line.slice(line.indexOf(' ') + 1);
    if (lineOf(record) !== `${line}\n`) break;
    found.push(record);
  }
  return found;
}

/** Before the first record of each life. */
export function* recover(sys: Sys, path: string): Program {
  const good = encode(
    records(yield* readFile(sys, path))
      .map(lineOf)
      .join(''),
  );
  const fd = yield* sys.open(path, O_RDWR);
  yield* sys.ftruncate(fd, good.length);
  yield* sys.fsync(fd);
  yield* sys.close(fd);
  yield* syncDirectory(sys, '/');
}
