import type * as FsModule from 'node:fs';
import type { Internal, Internals } from '../internals.ts';
import type { Present } from '../present.ts';
import { standInFor } from '../replace-function.ts';
import { Copies } from './copies.ts';
import { errorOf } from './failures.ts';
import type { Files } from './files.ts';

type Done = (error: Internal, ...rest: Internal[]) => void;
type WriteOptions = { flag?: string | number; mode?: string | number; encoding?: BufferEncoding };

/** kReadFileBufferLength and kReadFileUnknownBufferLength of Node's library: of one read. */
const PIECE_BYTES_MAX = 512 * 1024;
const UNKNOWN_BYTES = 64 * 1024;

/**
 * Since Node 26.10 a file that is read or written whole, and a folder that is copied, are one job
 * of C++ in the pool (ReadFileJob, WriteFileJob and CpDirJob in src/node_file.cc).
 *
 * # Each is the calls again that it was before: open, read or write, close
 */
export class FileJobs {
  readonly #internals: Internals;
  readonly #binding: Internal;
  readonly #fs: typeof FsModule & Record<string, Internal>;
  readonly #present: Present;

  constructor(internals: Internals, present: Present) {
    this.#internals = internals;
    this.#binding = internals.internalBinding('fs');
    this.#fs = internals.requireBuiltin('fs');
    this.#present = present;
  }

  replace(files: Files): void {
    const { ReadFileJob, WriteFileJob, CpDirJob } = this.#binding;
    if (ReadFileJob !== undefined) this.#replaceReads(ReadFileJob);
    if (WriteFileJob !== undefined) this.#replaceWrites(WriteFileJob);
    if (CpDirJob !== undefined) this.#replaceCopies(files);
  }

  /** fs.promises makes them by the binding; fs has the class itself, and a job has its options. */
  #replaceReads(Real: Internal): void {
    const jobs = this;
    this.#standIn('ReadFileJob', (path, flags) => ({
      run() {
        jobs.#read(path, flags, this.ondone);
      },
    }));
    this.#runInstead(Real, function (this: Internal, path) {
      jobs.#read(path, this.context.options.flag || 'r', (...told) => this.ondone(...told));
    });
  }

  /** Of a job of fs's own nothing can be asked: what it is to write is known from the call. */
  #replaceWrites(Real: Internal): void {
    const jobs = this;
    this.#standIn('WriteFileJob', (path, flags, mode, data) => ({
      run() {
        jobs.#write(path, data, { flag: flags, mode }, this.ondone);
      },
    }));
    let given: readonly [data: Internal, options: WriteOptions] | undefined;
    const real: Internal = this.#fs['writeFile'];
    const writeFile = (path: Internal, data: Internal, options: Internal, done: Internal): void => {
      given = [data, optionsOf(options)];
      try {
        real(path, data, options, done);
      } finally {
        given = undefined;
      }
    };
    (this.#fs as Internal).writeFile = writeFile;
    standInFor(real, writeFile);
    this.#runInstead(Real, function (this: Internal, path) {
      const [data, options] = given as NonNullable<typeof given>;
      jobs.#write(path, data, options, (error) => this.ondone(error));
    });
  }

  #replaceCopies(files: Files): void {
    const present = this.#present;
    const copies = new Copies(this.#fs);
    this.#standIn('CpDirJob', (from, to, ...how) => ({
      run() {
        const loop = present.now as NonNullable<Present['now']>;
        const work = files.inPlace(loop, 'fs.cp', () => copies.cpSyncCopyDir(from, to, ...how));
        work.later(loop.contexts.begin('CPDIRJOB'), (error) => this.ondone(error));
      },
    }));
  }

  #standIn(name: string, make: (...args: Internal[]) => Internal): void {
    const Real = this.#binding[name];
    const present = this.#present;
    // Constructors may be functions, not arrows.
    function Job(...args: Internal[]): Internal {
      return present.now === undefined ? new Real(...args) : make(...args);
    }
    this.#binding[name] = Job;
  }

  #runInstead(Real: Internal, run: (this: Internal, path: Internal) => void): void {
    const real = Real.prototype.run;
    const present = this.#present;
    Real.prototype.run = function (path: Internal): Internal {
      return present.now === undefined ? real.call(this, path) : run.call(this, path);
    };
  }

  #read(path: Internal, flags: Internal, done: Done): void {
    const fs = this.#fs;
    fs.open(path, flags, (unopened, fd) => {
      if (unopened) {
        done(unopened);
        return;
      }
      this.#readAll(fd, (unread, bytes) =>
        fs.close(fd, (unclosed) => {
          // Of a job it names the file.
          const failed = unread && errorOf(this.#internals, { ...unread, path });
          done(failed, bytes, -1, bytes?.length, unclosed);
        }),
      );
    });
  }

  /** In pieces as fs.readFile has them. */
  #readAll(fd: number, done: (error: Internal, bytes?: Buffer) => void): void {
    const fs = this.#fs;
    const pieces: Buffer[] = [];
    fs.fstat(fd, (failed, stats) => {
      if (failed) {
        done(failed);
        return;
      }
      let left = stats.isFile() ? stats.size : 0;
      const isKnown = left > 0;
      const more = (): void => {
        const length = isKnown ? Math.min(left, PIECE_BYTES_MAX) : UNKNOWN_BYTES;
        fs.read(fd, Buffer.allocUnsafe(length), 0, length, null, (unread, count, buffer) => {
          if (unread) {
            done(unread);
            return;
          }
          pieces.push(buffer.subarray(0, count));
          left -= count;
          if (count === 0 || (isKnown && left === 0)) done(null, Buffer.concat(pieces));
          else more();
        });
      };
      more();
    });
  }

  #write(path: Internal, data: Internal, options: WriteOptions, done: Done): void {
    const fs = this.#fs;
    const { flag, mode, encoding } = options;
    fs.open(path, flag || 'w', mode ?? 0o666, (unopened, fd) => {
      if (unopened) {
        done(unopened);
        return;
      }
      fs.writeFile(fd, data, { encoding: encoding ?? 'utf8' }, (unwritten) =>
        fs.close(fd, (unclosed) => done(unwritten ?? unclosed)),
      );
    });
  }
}

const optionsOf = (options: Internal): WriteOptions => {
  if (typeof options === 'string') return { encoding: options as BufferEncoding };
  return typeof options === 'object' && options !== null ? options : {};
};
