import { MSG_NOSIGNAL } from '../../sys/constants.ts';
import type { Program, Sys } from '../../sys/sys.ts';

/** Sends all of it, in as many steps as that takes. */
export function* sendAll(sys: Sys, fd: number, bytes: Uint8Array): Program {
  for (let rest = bytes; rest.length > 0; ) {
    rest = rest.subarray(yield* sys.send(fd, rest, MSG_NOSIGNAL));
  }
}
