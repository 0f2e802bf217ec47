import fs from 'node:fs';
import { resolve } from 'node:path';
import { define } from './clock.ts';
import { OF_DESCRIPTOR } from './files/of-descriptor.ts';
import type { Internal, Internals } from './internals.ts';

/** Requests that name a second file, by what Node's C++ calls them (src/node_file.cc). */
const NAMES_TWO = /^(?:rename|link|symlink|copyFile|cp)/;
const SLASH = 0x2f;

/**
 * A program on a host has a working directory of its own, and may change it. A thread has none, so
 * paths become absolute where Node's library hands them to C++; `process.cwd`, which `path.resolve`
 * asks, says where they count from. Gives what moves there whoever begins.
 */
export function replaceWorkingDirectory(internals: Internals): (folder: string) => void {
  const real = process.cwd();
  let folder = real;
  define(process, 'cwd', () => folder);
  define(process, 'chdir', (directory: string) => {
    internals.requireBuiltin('internal/validators').validateString(directory, 'directory');
    const path = resolve(folder, directory);
    refuseNoFolder(internals, path, { path: folder, dest: directory });
    folder = path;
  });
  const files = internals.internalBinding('fs');
  for (const name of Object.keys(files)) {
    const own = files[name];
    // A class has a capital letter.
    if (typeof own !== 'function' || !/^[a-z]/.test(name) || OF_DESCRIPTOR.has(name)) continue;
    // What a symbolic link holds counts from where the link is.
    const places = name === 'symlink' ? [1] : NAMES_TWO.test(name) ? [0, 1] : [0];
    files[name] = function (this: unknown, ...args: Internal[]): Internal {
      if (folder === real) return own.apply(this, args);
      const given = [...args];
      for (const place of places) args[place] = absolute(args[place], folder);
      try {
        const value = own.apply(this, args);
        return name === 'mkdtemp' ? asGiven(value, args[0], given[0]) : value;
      } catch (error) {
        throw tellAsGiven(error, args, given);
      }
    };
  }
  return (to) => {
    folder = to;
  };
}

/** chdir(2), as process.chdir tells of it (node_process_methods.cc). */
function refuseNoFolder(
  { internalBinding, requireBuiltin }: Internals,
  path: string,
  told: object,
) {
  const { UVException } = requireBuiltin('internal/errors');
  const { UV_ENOENT, UV_ENOTDIR } = internalBinding('uv');
  const found = fs.statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  const errno = found === undefined ? UV_ENOENT : UV_ENOTDIR;
  throw new UVException({ errno, syscall: 'chdir', ...told });
}

function absolute(path: Internal, folder: string): Internal {
  if (typeof path === 'string') {
    return path === '' || path.startsWith('/') ? path : resolve(folder, path);
  }
  if (!Buffer.isBuffer(path) || path.length === 0 || path[0] === SLASH) return path;
  return Buffer.concat([Buffer.from(`${folder}/`), path]);
}

/** A path that was made from one that was given. */
function asGiven(value: Internal, path: Internal, given: Internal): Internal {
  return typeof value === 'string' ? value.replace(String(path), () => String(given)) : value;
}

/** An error names files as the program has named them. */
function tellAsGiven(error: Internal, paths: readonly Internal[], given: readonly Internal[]) {
  for (const [place, path] of paths.entries()) {
    if (typeof path !== 'string' || path === given[place]) continue;
    for (const field of ['path', 'dest', 'message', 'stack']) {
      if (typeof error?.[field] === 'string') {
        error[field] = error[field].replace(path, () => given[place]);
      }
    }
  }
  return error;
}
