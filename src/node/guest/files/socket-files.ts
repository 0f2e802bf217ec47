import { constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Internal, Internals } from '../internals.ts';
import type { GuestLoop } from '../loop.ts';
import { errorOf } from './failures.ts';

/** What is asked of a file that is there and need not be changed for it. */
const NOTHING_TO_DO: ReadonlySet<string> = new Set(['access', 'chmod', 'chown', 'utimes']);
/** Places in what stat says, as numbers or as big ones. */
const SHOWN: readonly (readonly [place: number, value: () => number])[] = [
  [1, () => constants.S_IFSOCK | (0o777 & ~process.umask())],
  [2, () => 1],
  [8, () => 0],
  [9, () => 0],
];

/**
 * A path that a socket is bound to is a file, of the simulated machine alone: who asks for one that
 * is not there on the real machine finds it (bind(2), unix(7)).
 *
 * # Folders do not list it, and it has its folder's owner and times
 */
export function isSocket(loop: GuestLoop, path: Internal): boolean {
  if (!loop.started || (typeof path !== 'string' && !Buffer.isBuffer(path))) return false;
  return loop.callNumber(['hasPath', resolve(String(path))]) === 1;
}

/** What a function of the binding says of such a path. */
export function asSocket(
  internals: Internals,
  loop: GuestLoop,
  name: string,
  [path, bigint]: readonly Internal[],
): Internal {
  const binding = internals.internalBinding('fs');
  if (NOTHING_TO_DO.has(name)) return undefined;
  if (name === 'unlink') {
    loop.call(['unlink', resolve(String(path))]);
    return undefined;
  }
  if (name === 'stat' || name === 'lstat') {
    const status = binding.stat(dirname(resolve(String(path))), bigint, undefined, true);
    for (const [place, value] of SHOWN) status[place] = bigint ? BigInt(value()) : value();
    return status;
  }
  // open(2) of a socket.
  const errno = internals.internalBinding('uv').UV_ENXIO;
  throw errorOf(internals, { errno, syscall: 'open', path });
}
