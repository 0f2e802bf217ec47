import type { SocketOption } from '../../sys/sys.ts';
import type { Urgent } from './urgent.ts';
import type { UserTimeout } from './user-timeout.ts';

/** What hardly any socket has set: made with the first of it. */
export class SocketTuning {
  /** SO_RCVTIMEO and SO_SNDTIMEO in nanoseconds; -1: none. */
  receiveTimeoutNs = -1;
  sendTimeoutNs = -1;
  /** SO_RCVLOWAT: so many bytes make it readable. */
  receiveLowWater = 1;
  /** What is kept for getsockopt(2) alone. */
  readonly kept: Map<SocketOption, number> = new Map();
  /** A fault: recv gives at most this many bytes at a time. */
  readBytesMax: number = Number.MAX_SAFE_INTEGER;
  userTimeout: UserTimeout | null = null;
  /** Where roles are kept: what it was once used for. What was accepted is as what connects. */
  role: 'connects' | 'listens' | null = null;
  /** The urgent byte that was received last, until a read has gone past it. */
  urgent: Urgent | null = null;

  /** As a connection has it from its listener: all that a program has set. */
  inherit(from: SocketTuning): void {
    this.receiveTimeoutNs = from.receiveTimeoutNs;
    this.sendTimeoutNs = from.sendTimeoutNs;
    this.receiveLowWater = from.receiveLowWater;
    for (const [option, value] of from.kept) this.kept.set(option, value);
  }
}
