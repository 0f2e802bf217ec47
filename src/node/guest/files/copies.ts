import type * as FsModule from 'node:fs';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';
import type { Internal, Internals } from '../internals.ts';
import type { Present } from '../present.ts';

/**
 * fs.cpSync: from Node 22 on three parts of it are in C++, where they know only the real machine's
 * files (CpSyncCheckPaths, CpSyncOverrideFile and CpSyncCopyDir in src/node_file.cc).
 */
export function replaceCopies(
  { internalBinding, requireBuiltin }: Internals,
  present: Present,
): void {
  const binding = internalBinding('fs');
  const copies: Internal = new Copies(requireBuiltin('fs'));
  for (const name of ['cpSyncCheckPaths', 'cpSyncOverrideFile', 'cpSyncCopyDir']) {
    const real = binding[name];
    if (typeof real !== 'function') continue;
    binding[name] = (...args: Internal[]): Internal =>
      present.now?.door.answered === undefined ? real.apply(binding, args) : copies[name](...args);
  }
}

/** What copies of folders consist of, in calls that answer at once. */
export class Copies {
  readonly #fs: typeof FsModule;

  constructor(fs: typeof FsModule) {
    this.#fs = fs;
  }

  cpSyncCheckPaths(from: string, to: string, dereference: boolean, recursive: boolean): void {
    const fs = this.#fs;
    const stat = dereference ? fs.statSync : fs.lstatSync;
    const source = stat(from);
    const target = stat(to, { throwIfNoEntry: false });
    const isFolder = source.isDirectory();
    if (target !== undefined) {
      if (source.ino === target.ino && source.dev === target.dev) {
        throw refused('ERR_FS_CP_EINVAL', 'src and dest cannot be the same', to);
      }
      if (isFolder && !target.isDirectory()) {
        const what = `cannot overwrite non-directory ${to} with directory ${from}`;
        throw refused('ERR_FS_CP_DIR_TO_NON_DIR', what, to);
      }
      if (!isFolder && target.isDirectory()) {
        const what = `cannot overwrite directory ${to} with non-directory ${from}`;
        throw refused('ERR_FS_CP_NON_DIR_TO_DIR', what, to);
      }
    }
    if (isFolder && !recursive) {
      const what = `Recursive option not enabled, cannot copy a directory: ${from}`;
      throw refused('ERR_FS_EISDIR', what, from);
    }
    if (isFolder && `${resolve(to)}${sep}`.startsWith(`${resolve(from)}${sep}`)) {
      throw refused('ERR_FS_CP_EINVAL', `cannot copy ${from} to a subdirectory of self ${to}`, to);
    }
    fs.mkdirSync(dirname(resolve(to)), { recursive: true });
  }

  cpSyncOverrideFile(from: string, to: string, mode: number, keepsTimes: boolean): void {
    this.#fs.unlinkSync(to);
    this.#copyFile(from, to, mode, keepsTimes);
  }

  #copyFile(from: string, to: string, mode: number, keepsTimes: boolean): void {
    this.#fs.copyFileSync(from, to, mode);
    if (!keepsTimes) return;
    const { atime, mtime } = this.#fs.statSync(from);
    this.#fs.utimesSync(to, atime, mtime);
  }

  cpSyncCopyDir(from: string, to: string, ...how: readonly boolean[]): void {
    const [force, dereference, throwsOnExisting, verbatim, keepsTimes = false] = how;
    const fs = this.#fs;
    fs.mkdirSync(to, { recursive: true });
    for (const name of fs.readdirSync(from)) {
      const [source, target] = [join(from, name), join(to, name)];
      const stats = dereference ? fs.statSync(source) : fs.lstatSync(source);
      const before = fs.lstatSync(target, { throwIfNoEntry: false });
      if (stats.isDirectory()) this.cpSyncCopyDir(source, target, ...how);
      else if (stats.isSymbolicLink()) {
        const held = fs.readlinkSync(source);
        if (before !== undefined) fs.unlinkSync(target);
        fs.symlinkSync(verbatim || isAbsolute(held) ? held : resolve(from, held), target);
      } else if (before === undefined) this.#copyFile(source, target, 0, keepsTimes);
      else if (force) this.cpSyncOverrideFile(source, target, 0, keepsTimes);
      else if (throwsOnExisting) {
        throw refused('ERR_FS_CP_EEXIST', `${target} already exists`, target);
      }
    }
  }
}

const refused = (code: string, message: string, path: string): Error =>
  Object.assign(new Error(message), { code, path, syscall: 'cp' });
