/**
 * CPython frees an object with the last name that refers to it, and a socket that is freed is
 * closed. Where a program never calls `close`, that is what closes its connections; so a name that
 * lives on keeps one open.
 */
import type { Program, Sys } from '../../sys/index.ts';
import type { Socket } from './sockets.ts';

const names = new WeakMap<Socket, number>();

/** One more name for it. */
export function named(socket: Socket): Socket {
  names.set(socket, (names.get(socket) ?? 0) + 1);
  return socket;
}

/** One name less; the last one closes it. */
export function* forgotten(sys: Sys, socket: Socket | undefined): Program {
  if (socket === undefined) return;
  const left = (names.get(socket) ?? 1) - 1;
  names.set(socket, left);
  if (left === 0) yield* socket.close(sys);
}
