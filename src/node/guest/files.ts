import fs from 'node:fs';
import { define } from './clock.ts';
import type { Internal } from './internals.ts';
import type { Present } from './present.ts';
import { standInFor } from './replace-function.ts';
import { noteCalls, noteUncontrolled } from './uncontrolled.ts';

/** Callback functions of fs that have a synchronous twin and take the callback last. */
const WITH_TWIN = [
  ...['access', 'appendFile', 'chmod', 'close', 'copyFile', 'fstat', 'fsync', 'ftruncate', 'link'],
  ...['lstat', 'mkdir', 'mkdtemp', 'open', 'read', 'readdir', 'readFile', 'readlink', 'readv'],
  ...['realpath', 'rename', 'rm', 'rmdir', 'stat', 'symlink', 'truncate', 'unlink', 'utimes'],
  ...['write', 'writeFile', 'writev'],
] as const;

/**
 * Promised ones with such a twin. FileHandle is not among them: `fs.promises.open` is real work.
 */
const PROMISED = [
  ...['access', 'appendFile', 'chmod', 'copyFile', 'link', 'lstat', 'mkdir', 'mkdtemp', 'readdir'],
  ...['readFile', 'readlink', 'realpath', 'rename', 'rm', 'rmdir', 'stat', 'symlink', 'truncate'],
  ...['unlink', 'utimes', 'writeFile'],
] as const;

/** They tell how many bytes it was, and what they were given for them. */
const TELLS_MORE: ReadonlySet<string> = new Set(['read', 'readv', 'write', 'writev']);

/**
 * Files are the real ones: what is asked of them is done in place, and completed as an event of its
 * own.
 */
export function replaceFiles(present: Present): void {
  const all = fs as unknown as Record<string, Internal>;
  for (const name of WITH_TWIN) {
    const real = all[name];
    const twin = all[`${name}Sync`];
    const standIn = function (this: unknown, ...args: Internal[]): void {
      const callback = args.at(-1);
      const loop = present.now;
      if (loop === undefined || typeof callback !== 'function') {
        real.apply(this, args);
        return;
      }
      const given = args.slice(0, -1);
      const answer = attempt(twin, given);
      // read and write tell what they were given besides.
      const more = TELLS_MORE.has(name) ? [given[1]] : [];
      loop.complete(`fs.${name}`, loop.contexts.begin('FSREQCALLBACK'), () => {
        if (answer.error !== undefined) {
          callback(answer.error, ...(more.length > 0 ? [0, ...more] : []));
        } else if (answer.value === undefined) callback(null);
        else callback(null, answer.value, ...more);
      });
    };
    define(all, name, standInFor(real, standIn));
  }
  const promises = fs.promises as unknown as Record<string, Internal>;
  for (const name of PROMISED) {
    const real = promises[name];
    const sync = all[`${name}Sync`];
    // It asks the machine (uv_fs_realpath); the one with a callback walks the path itself.
    const twin = name === 'realpath' ? sync.native : sync;
    const standIn = (...args: Internal[]): Promise<Internal> => {
      const loop = present.now;
      if (loop === undefined) return real(...args);
      // A FileHandle in the place of a path: real work.
      if (typeof args[0] === 'object' && !(args[0] instanceof URL) && !Buffer.isBuffer(args[0])) {
        noteUncontrolled(loop, `fs.promises.${name} of a FileHandle`, standIn);
        return real(...args);
      }
      return new Promise((resolve, reject) => {
        const { error, value } = attempt(twin, args);
        loop.complete(`fs.promises.${name}`, loop.contexts.begin('FSREQPROMISE'), () => {
          if (error !== undefined) reject(error);
          else resolve(value);
        });
      });
    };
    define(promises, name, standIn);
  }
  noteTheRest(present, all, promises);
}

/** What has no stand-in is the machine's own work. */
function noteTheRest(
  present: Present,
  all: Record<string, Internal>,
  promises: Record<string, Internal>,
): void {
  const hasStandIn = new Set<string>([...WITH_TWIN, 'exists']);
  const rest = Object.keys(all).filter((name) => `${name}Sync` in all && !hasStandIn.has(name));
  noteCalls(present, all, [...rest, 'watch', 'watchFile', 'openAsBlob'], (name) => `fs.${name}`);
  const isPromised = new Set<string>(PROMISED);
  const more = Object.keys(promises).filter((name) => !isPromised.has(name));
  noteCalls(present, promises, more, (name) => `fs.promises.${name}`);
}

function attempt(
  call: (...args: Internal[]) => unknown,
  args: Internal[],
): { error?: Error; value?: unknown } {
  try {
    return { value: call(...args) };
  } catch (error) {
    return { error: error as Error };
  }
}
