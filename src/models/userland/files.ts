import {
  O_CREAT,
  O_DIRECTORY,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  type Program,
  type Sys,
} from '../../sys/index.ts';
import { encode, writeAll } from './text.ts';

/** What is in a file from now on; with `sync` it is on the disk when this is over. */
export function* writeFile(sys: Sys, path: string, text: string, sync: boolean): Program {
  const fd = yield* sys.open(path, O_WRONLY | O_CREAT | O_TRUNC);
  yield* writeAll(sys, fd, encode(text));
  if (sync) yield* sys.fsync(fd);
  yield* sys.close(fd);
}

/** What a file holds; one that is not there is made. */
export function* readFile(sys: Sys, path: string): Program<Uint8Array> {
  const fd = yield* sys.open(path, O_RDWR | O_CREAT);
  const { size } = yield* sys.fstat(fd);
  const bytes = yield* sys.pread(fd, size, 0);
  yield* sys.close(fd);
  return bytes;
}

/** The names in a directory are on the disk when this is over. */
export function* syncDirectory(sys: Sys, path: string): Program {
  const fd = yield* sys.open(path, O_RDONLY | O_DIRECTORY);
  yield* sys.fsync(fd);
  yield* sys.close(fd);
}

/** At every moment the file holds the old text or the new one; when this is over, the new one. */
export function* replaceFile(sys: Sys, path: string, text: string): Program {
  yield* writeFile(sys, `${path}.tmp`, text, true);
  yield* sys.rename(`${path}.tmp`, path);
  yield* syncDirectory(sys, '/');
}
