import type { Internal, Internals } from '../internals.ts';
import type { GuestLoop } from '../loop.ts';
import type { Present } from '../present.ts';
import { REQUESTS, type Request } from './disk.ts';
import { errorOf } from './failures.ts';
import type { Files, Work } from './files.ts';

/** Which argument of a handle's methods is the request. */
const READ_REQUEST = 2;
const OPEN_REQUEST = 2;

/**
 * fs.opendir: what is in the folder is known when it is opened, in alphabetical order.
 * What opendirSync throws names no path.
 */
export function replaceFolders(internals: Internals, present: Present, files: Files): void {
  const dirs = internals.internalBinding('fs_dir');
  const { opendir, opendirSync } = dirs;
  const open = (loop: GuestLoop, path: Internal, told?: Internal): Work => {
    const made = ([fd, names, types]: [number, string[], number[]]): Folder =>
      new Folder(
        internals.internalBinding('fs'),
        files,
        loop,
        fd,
        names.map((name, i) => [name, types[i] as number]),
      );
    if (loop.door.answered !== undefined && loop.started) {
      const request = (REQUESTS['opendir'] as (path: Internal) => Request)(path);
      return files.ask(loop, 'opendir', { ...request, path: told, give: made });
    }
    return files.inPlace(loop, 'fs.opendir', () => made([-1, ...realNames(internals, path, told)]));
  };
  const standIn = (...args: Internal[]): Internal => {
    const loop = present.now;
    if (loop === undefined) return opendir.apply(dirs, args);
    return files.answer(loop, open(loop, args[0], args[0]), args, OPEN_REQUEST, standIn);
  };
  const standInSync = (...args: Internal[]): Internal => {
    const loop = present.now;
    if (loop === undefined) return opendirSync.apply(dirs, args);
    return files.answer(loop, open(loop, args[0]), args, undefined, standInSync);
  };
  Object.assign(dirs, { opendir: standIn, opendirSync: standInSync });
}

function realNames(internals: Internals, path: Internal, told: Internal): [string[], number[]] {
  try {
    return internals.internalBinding('fs').readdir(path, 'utf8', true);
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    throw errorOf(internals, { errno: errno as number, syscall: 'opendir', path: told });
  }
}

/** What Node's Dir finds in the place of a DirHandle of C++. */
class Folder {
  readonly #binding: Internal;
  readonly #files: Files;
  readonly #loop: GuestLoop;
  /** Of the simulated machine, where there is one. */
  readonly #fd: number;
  readonly #left: (readonly [name: string, type: number])[];

  constructor(
    binding: Internal,
    files: Files,
    loop: GuestLoop,
    fd: number,
    entries: readonly (readonly [name: string, type: number])[],
  ) {
    this.#binding = binding;
    this.#files = files;
    this.#loop = loop;
    this.#fd = fd;
    this.#left = [...entries];
  }

  /** So many names and types, one after the other; null at the end. */
  read(...args: Internal[]): Internal {
    const [encoding, count] = args;
    const work = this.#files.inPlace(this.#loop, 'fs.readdir', () => {
      const entries = this.#left.splice(0, count);
      if (entries.length === 0) return null;
      return entries.flatMap(([name, type]) => [
        encoding === 'buffer' ? Buffer.from(name) : name,
        type,
      ]);
    });
    return this.#files.answer(this.#loop, work, args, READ_REQUEST, this.read);
  }

  close(...args: Internal[]): Internal {
    if (this.#fd >= 0) return this.#binding.close(this.#fd, ...args.slice(0, 1));
    const work = this.#files.inPlace(this.#loop, 'fs.closedir', () => undefined);
    return this.#files.answer(this.#loop, work, args, 0, this.close);
  }
}
