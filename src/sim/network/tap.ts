import type { InetAddress } from '../../sys/sys.ts';
import type { FileObject } from '../kernel/file.ts';
import type { TcpSocket } from '../kernel/tcp.ts';

export const NOTHING: Uint8Array = new Uint8Array(0);

/** What travels between two sockets of the virtual network, in one piece. */
export interface Segment {
  /**
   * `ACK` is the one that completes a handshake; `refused` is the RST that answers a SYN nobody
   * listens for.
   */
  readonly what: 'SYN' | 'ACK' | 'data' | 'FIN' | 'RST' | 'refused' | 'datagram';
  readonly from: FileObject;
  /**
   * Undefined while nobody receives it: a SYN before it is answered, a datagram that finds no
   * socket.
   */
  readonly to: FileObject | undefined;
  readonly fromAddress: InetAddress;
  readonly toAddress: InetAddress;
  /** Empty for what carries no data. */
  readonly bytes: Uint8Array;
}

/** Hears of everything that travels, for those who draw it. */
export interface Tap {
  /** It has left its sender. */
  departed(segment: Segment): void;
  /** It has arrived; of data, what arrives at once is a segment, however it was sent. */
  arrived(segment: Segment): void;
}

/** A SYN on its way to `toAddress`; the socket that it has made there, once it has arrived. */
export function syn(from: TcpSocket, to: TcpSocket | undefined, toAddress: InetAddress): Segment {
  const fromAddress = from.local as InetAddress;
  return { what: 'SYN', from, to, fromAddress, toAddress, bytes: NOTHING };
}
