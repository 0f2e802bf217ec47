import fs from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { define } from './clock.ts';
import type { Internal, Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';
import type { Present } from './present.ts';

/** What is asked of a file that is there and need not be changed for it. */
const NOTHING_TO_DO = ['accessSync', 'chmodSync', 'chownSync', 'utimesSync'] as const;
const GONE = ['unlinkSync', 'rmSync'] as const;
/** open(2) of a socket is ENXIO. */
const OPENS = ['openSync', 'readFileSync'] as const;
const STATS = ['statSync', 'lstatSync'] as const;

/**
 * A path that a socket is bound to is a file, of the simulated machine alone: who asks for one that
 * is not there on the real machine finds it (bind(2), unix(7)).
 *
 * # Folders do not list it, and it has its folder's owner and times
 */
export function replaceSocketFiles(internals: Internals, present: Present): void {
  const all = fs as unknown as Record<string, Internal>;
  const replace = (
    name: string,
    found: (loop: GuestLoop, path: string, args: Internal[]) => Internal,
  ) => {
    const real = all[name];
    define(all, name, (...args: Internal[]): Internal => {
      const loop = present.now;
      const path = loop?.started === true ? pathOf(args[0]) : undefined;
      if (loop === undefined || path === undefined) return real(...args);
      const there = (): boolean => loop.callNumber(['hasPath', path]) === 1;
      try {
        const value = real(...args);
        return (value === undefined || value === false) && isQuestion(name) && there()
          ? found(loop, path, args)
          : value;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || !there()) throw error;
        return found(loop, path, args);
      }
    });
  };
  replace('existsSync', () => true);
  for (const name of NOTHING_TO_DO) replace(name, () => undefined);
  for (const name of GONE) {
    replace(name, (loop, path) => {
      loop.call(['unlink', path]);
    });
  }
  for (const name of OPENS) replace(name, (_, __, [path]) => refuseToOpen(internals, path));
  for (const name of STATS) replace(name, (_, path, [, options]) => statsOf(path, options));
}

/** These say that nothing is there without throwing. */
const isQuestion = (name: string): boolean => name === 'existsSync' || name.endsWith('statSync');

/** Absolute, as the kernel knows it; undefined for what names no file. */
function pathOf(given: Internal): string | undefined {
  if (typeof given === 'string') return given === '' ? undefined : resolve(given);
  if (Buffer.isBuffer(given)) return resolve(given.toString());
  return given instanceof URL && given.protocol === 'file:' ? fileURLToPath(given) : undefined;
}

function refuseToOpen({ internalBinding, requireBuiltin }: Internals, path: Internal): never {
  const { UVException } = requireBuiltin('internal/errors');
  throw new UVException({
    errno: internalBinding('uv').UV_ENXIO,
    syscall: 'open',
    path: String(path),
  });
}

/** bind(2) makes it with all permissions but those of the umask. */
function statsOf(path: string, options: Internal): Internal {
  const stats: Internal = fs.statSync(resolve(path, '..'), options);
  const own = {
    mode: fs.constants.S_IFSOCK | (0o777 & ~process.umask()),
    size: 0,
    blocks: 0,
    nlink: 1,
  };
  for (const [name, value] of Object.entries(own)) {
    stats[name] = typeof stats[name] === 'bigint' ? BigInt(value) : value;
  }
  return stats;
}
