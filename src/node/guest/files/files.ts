import type { FileAnswer } from '../../wire.ts';
import type { AsyncContext } from '../async.ts';
import type { Internal, Internals } from '../internals.ts';
import type { GuestLoop } from '../loop.ts';
import type { Present } from '../present.ts';
import { noteCalls } from '../uncontrolled.ts';
import { replaceBlobs } from './blobs.ts';
import { replaceCopies } from './copies.ts';
import { replaceFolders } from './dirs.ts';
import { REQUESTS, type Request } from './disk.ts';
import { errorOf } from './failures.ts';
import { FileHandle } from './handle.ts';
import { FileJobs } from './jobs.ts';
import { isLoader } from './loader.ts';
import { OF_DESCRIPTOR } from './of-descriptor.ts';
import { asSocket, isSocket } from './socket-files.ts';

/**
 * Functions of Node's binding to C++, and which of their arguments is the request: undefined where
 * the answer is to come at once.
 */
const REQUEST_AT: Readonly<Record<string, number>> = {
  ...{ close: 1, fdatasync: 1, fsync: 1, rmdir: 1, unlink: 1 },
  ...{ access: 2, chmod: 2, fchmod: 2, fstat: 2, ftruncate: 2, link: 2, lstat: 2, mkdtemp: 2 },
  ...{ readlink: 2, realpath: 2, rename: 2, stat: 2, statfs: 2 },
  ...{ chown: 3, copyFile: 3, fchown: 3, futimes: 3, lchown: 3, lutimes: 3, mkdir: 3, open: 3 },
  ...{ openFileHandle: 3, readBuffers: 3, readdir: 3, readdirRecursive: 3, symlink: 3, utimes: 3 },
  ...{ writeBuffers: 3 },
  ...{ writeString: 4, read: 5, writeBuffer: 5 },
};

/** They have no request: there is only the one that answers at once. */
const AT_ONCE = ['existsSync', 'internalModuleStat', 'readFileUtf8', 'rmSync', 'writeFileUtf8'];

/** Node's loader looks for code with these. */
const OF_LOADER: ReadonlySet<string> = new Set([
  ...['existsSync', 'internalModuleStat', 'lstat', 'open', 'openFileHandle', 'readFileUtf8'],
  ...['readlink', 'realpath', 'stat'],
]);

/** What an int holds. */
const FD_MAX = 2 ** 31 - 1;

/** Descriptors of the real machine are told from those of the simulated one by that. */
const REAL_FD = 2 ** 30;
const STDERR = 2;

/** stat that is told not to throw where nothing is, and fstat that is told not to throw at all. */
const isQuiet = ({ syscall, code }: Internal, how: Internal): boolean =>
  syscall === 'fstat'
    ? how === true
    : how === false && /^l?stat$/.test(syscall) && /^ENO(?:ENT|TDIR)$/.test(code);

type Call = (...args: Internal[]) => Internal;
type Outcome = readonly [error: Internal, value?: Internal];

function outcomeOf(now: () => Internal): Outcome {
  try {
    const value = now();
    // The next one would write into the same array.
    return [undefined, ArrayBuffer.isView(value) ? (value as Float64Array).slice() : value];
  } catch (error) {
    return [error];
  }
}

/** How a call of the binding is answered: at once, or when the pool would have done it. */
export interface Work {
  /** What the answer is, or throws. */
  now(): Internal;
  later(context: AsyncContext, done: (error: Internal, value?: Internal) => void): void;
}

/**
 * All that Node's library asks of files goes through its binding to C++. On a host with a disk of
 * its own that is asked; elsewhere files are the real ones, and what is asked of them is done in
 * place. Either way what is asked for with a callback or a promise is done when the schedule says.
 *
 * # Modules are read from the real machine
 * So is what a program has written in a run and then loads as code.
 */
export class Files {
  readonly #internals: Internals;
  readonly #binding: Internal;
  readonly #present: Present;
  readonly #realOpen: Call;

  constructor(internals: Internals, present: Present) {
    this.#internals = internals;
    this.#binding = internals.internalBinding('fs');
    this.#present = present;
    this.#realOpen = this.#binding.open.bind(this.#binding);
  }

  replace(): void {
    for (const [name, place] of Object.entries(REQUEST_AT)) this.#replace(name, place);
    for (const name of AT_ONCE) this.#replace(name, undefined);
    replaceFolders(this.#internals, this.#present, this);
    replaceCopies(this.#internals, this.#present);
    new FileJobs(this.#internals, this.#present).replace(this);
    this.#noteTheRest();
  }

  /** What is the machine's own work. */
  #noteTheRest(): void {
    const fs = this.#internals.requireBuiltin('fs');
    noteCalls(this.#present, fs, ['watch', 'watchFile'], (name) => `fs.${name}`);
    replaceBlobs(this.#internals, this.#present);
    noteCalls(this.#present, fs.promises, ['watch'], (name) => `fs.promises.${name}`);
  }

  #replace(name: string, place: number | undefined): void {
    const binding = this.#binding;
    const own: Call = binding[name];
    // Not in all versions.
    if (typeof own !== 'function') return;
    const real: Call = own.bind(binding);
    const standIn = (...args: Internal[]): Internal => {
      const loop = this.#present.now;
      if (loop === undefined) return real(...args);
      const given = place === undefined ? args : args.slice(0, place);
      const work = this.#workOf(loop, name, given, real, standIn);
      return this.answer(loop, work, args, place, standIn);
    };
    binding[name] = standIn;
  }

  /** As the binding answers: a value, a promise, or a call of the request's. */
  answer(
    loop: GuestLoop,
    work: Work,
    args: readonly Internal[],
    place: number | undefined,
    standIn: Call,
  ): Internal {
    const request = place === undefined ? undefined : args[place];
    if (request === undefined) return this.#atOnce(work, args, place, standIn);
    if (request !== this.#binding.kUsePromises) {
      work.later(loop.contexts.of(request), (error, value) => {
        if (error !== undefined) request.oncomplete(error);
        else if (value === undefined) request.oncomplete(null);
        else request.oncomplete(null, value);
      });
      return undefined;
    }
    return new Promise((resolve, reject) => {
      work.later(loop.contexts.begin('FSREQPROMISE'), (error, value) => {
        if (error !== undefined) reject(error);
        else resolve(value);
      });
    });
  }

  #atOnce(
    work: Work,
    args: readonly Internal[],
    place: number | undefined,
    standIn: Call,
  ): Internal {
    try {
      return work.now();
    } catch (thrown) {
      const error = thrown as Internal;
      if (isQuiet(error, args[3])) return undefined;
      const last = place === undefined ? undefined : args[place + 1];
      // Some are given an object that is to hold the error.
      if (typeof last === 'object' && last !== null) {
        Object.assign(last, { errno: error.errno, code: error.code, syscall: error.syscall });
        return undefined;
      }
      if (error?.syscall !== undefined) Error.captureStackTrace(error, standIn);
      throw error;
    }
  }

  #workOf(loop: GuestLoop, name: string, args: Internal[], real: Call, standIn: Call): Work {
    const [file] = args;
    const isFd = typeof file === 'number';
    const isWrong = OF_DESCRIPTOR.has(name) && !(Number.isInteger(file) && file >= 0);
    if (loop.door.answered === undefined || isWrong || (isFd && file > FD_MAX)) {
      return this.#inPlace(loop, name, args, real);
    }
    if (isFd && file >= REAL_FD) {
      return this.#ofLoader(loop, name, [file - REAL_FD, ...args.slice(1)], real);
    }
    if (name === 'statfs') return this.#inPlace(loop, name, ['/', ...args.slice(1)], real);
    if (!loop.started || (!isFd && OF_LOADER.has(name) && isLoader(standIn))) {
      return this.inPlace(loop, 'import', () => this.#real(loop, name, args, real));
    }
    if (isFd && file <= STDERR) return this.#ofStandard(loop, name, args, real);
    return this.#onDisk(loop, name, args);
  }

  // ---- the simulated disk ----

  #onDisk(loop: GuestLoop, name: string, args: readonly Internal[]): Work {
    const request = (REQUESTS[name] as (...args: readonly Internal[]) => Request)(...args);
    return this.ask(loop, name, request);
  }

  ask(loop: GuestLoop, name: string, request: Request): Work {
    const made = (answer: FileAnswer, bytes: Uint8Array): Internal => {
      const failed = this.#failed(loop, name, request, answer);
      if (failed !== undefined) return failed.instead;
      const value = request.give?.(answer.value, bytes) ?? answer.value ?? undefined;
      if (name === 'existsSync') return true;
      return name === 'openFileHandle' ? this.#handle(loop, value) : value;
    };
    return {
      now: () => {
        const answer = loop.askFiles(request.asked, request.bytes);
        return this.#shared(made(answer, loop.door.answered as Uint8Array));
      },
      later: (context, done) =>
        loop.askFilesLater(context, request.asked, request.bytes, (answer, bytes) => {
          let value: Internal;
          try {
            value = made(answer, bytes);
          } catch (error) {
            done(error);
            return;
          }
          done(undefined, value);
        }),
    };
  }

  #handle(loop: GuestLoop, fd: number): FileHandle {
    return new FileHandle(this.#binding, loop, fd);
  }

  /** Throws the error, unless there is a value instead. */
  #failed(
    loop: GuestLoop,
    name: string,
    { syscall, path, dest }: Request,
    answer: FileAnswer,
  ): { readonly instead: Internal } | undefined {
    const errno = loop.errno(answer.errno);
    if (errno === 0) return undefined;
    if (name === 'existsSync') return { instead: false };
    if (name === 'internalModuleStat') return { instead: errno };
    // What fails after the file was opened is told without its name.
    const failed = answer.syscall ?? syscall;
    const named = answer.syscall === undefined || path === undefined ? { path, dest } : {};
    throw errorOf(this.#internals, { errno, syscall: failed, ...named });
  }

  /** What is asked for at once, stat tells in an array that the library looks into. */
  #shared(value: Internal): Internal {
    const { statValues, bigintStatValues } = this.#binding;
    const shared =
      value instanceof Float64Array
        ? statValues
        : value instanceof BigInt64Array
          ? bigintStatValues
          : undefined;
    if (shared === undefined) return value;
    shared.set(value);
    return shared;
  }

  // ---- the real machine ----

  #inPlace(loop: GuestLoop, name: string, args: Internal[], real: Call): Work {
    return this.inPlace(loop, `fs.${name}`, () => this.#real(loop, name, args, real));
  }

  /** A module is one decision, when it is opened: its loader's other calls are done at once. */
  #ofLoader(loop: GuestLoop, name: string, args: Internal[], real: Call): Work {
    const now = (): Internal => this.#real(loop, name, args, real);
    return { now, later: (_, done) => queueMicrotask(() => done(...outcomeOf(now))) };
  }

  /** What is done by `now`, completed as the pool's work is. */
  inPlace(loop: GuestLoop, what: string, now: () => Internal): Work {
    return {
      now,
      later: (context, done) => {
        const outcome = outcomeOf(now);
        loop.complete(what, context, () => done(...outcome));
      },
    };
  }

  #real(loop: GuestLoop, name: string, args: Internal[], real: Call): Internal {
    try {
      const value = this.#callReal(loop, name, args, real);
      return value === false && name === 'existsSync' ? isSocket(loop, args[0]) : value;
    } catch (thrown) {
      const error = thrown as Internal;
      if (error.code !== 'ENOENT' || !isSocket(loop, args[0])) throw error;
      return asSocket(this.#internals, loop, name, args);
    }
  }

  /** Each wants its arguments in another form where it is to answer at once. */
  #callReal(loop: GuestLoop, name: string, args: Internal[], real: Call): Internal {
    if (name === 'stat' || name === 'lstat') return real(args[0], args[1], undefined, true);
    if (name === 'fstat') return real(args[0], args[1], undefined, false);
    if (name === 'writeBuffer' || name === 'writeString') {
      const told: Internal = {};
      const given = [...args, ...Array(REQUEST_AT[name] as number).fill(undefined)];
      const value = real(...given.slice(0, REQUEST_AT[name] as number), undefined, told);
      if (told.errno !== undefined) throw errorOf(this.#internals, told);
      return value;
    }
    if (name === 'open' || name === 'openFileHandle') {
      const onDisk = loop.door.answered !== undefined;
      const fd = this.#realOpen(...args) + (onDisk ? REAL_FD : 0);
      return name === 'open' ? fd : this.#handle(loop, fd);
    }
    return real(...args);
  }

  /** Descriptors 0 to 2: what is printed is the run's, what is read is the real machine's. */
  #ofStandard(loop: GuestLoop, name: string, args: Internal[], real: Call): Work {
    const [fd] = args;
    if (name === 'close') return this.inPlace(loop, 'fs.close', () => undefined);
    if (fd === 0 || !name.startsWith('write')) return this.#inPlace(loop, name, args, real);
    const { bytes = new Uint8Array(0) } = (REQUESTS[name] as (...args: Internal[]) => Request)(
      ...args,
    );
    return this.inPlace(loop, `fs.${name}`, () => {
      loop.post(['output', fd, Buffer.from(bytes).toString()]);
      return bytes.length;
    });
  }
}
