import { EPROTONOSUPPORT } from '../../sys/errno.ts';
import type { SocketType } from '../../sys/sys.ts';
import { UnixDatagram } from './unix-datagram.ts';
import type { UnixNames } from './unix-names.ts';
import { UnixSeqpacket } from './unix-seqpacket.ts';
import type { UnixSocket } from './unix-socket.ts';
import { UnixStream } from './unix-stream.ts';

/** A fresh AF_UNIX socket, or a negated errno for a type there is none of. */
export function unixSocket(names: UnixNames, type: SocketType): UnixSocket | number {
  switch (type) {
    case 'stream':
      return new UnixStream(names);
    case 'seqpacket':
      return new UnixSeqpacket(names);
    case 'dgram':
      return new UnixDatagram(names);
    default:
      return -EPROTONOSUPPORT;
  }
}

/** Both ends of socketpair(2). */
export function unixPair(names: UnixNames, type: SocketType): [UnixSocket, UnixSocket] | number {
  switch (type) {
    case 'stream':
      return joined(new UnixStream(names), new UnixStream(names));
    case 'seqpacket':
      return joined(new UnixSeqpacket(names), new UnixSeqpacket(names));
    case 'dgram':
      return joined(new UnixDatagram(names), new UnixDatagram(names));
    default:
      return -EPROTONOSUPPORT;
  }
}

function joined<S extends { join(other: S): void }>(a: S, b: S): [S, S] {
  a.join(b);
  return [a, b];
}
