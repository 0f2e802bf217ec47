import { POLLERR, POLLHUP, POLLRDHUP, SOMAXCONN } from '../../sys/constants.ts';
import { EOPNOTSUPP } from '../../sys/errno.ts';
import type { Address, SocketOption } from '../../sys/sys.ts';
import { FileObject } from './file.ts';
import { WRITE_ENDS } from './readiness.ts';
import { SocketTuning } from './socket-tuning.ts';
import type { Task } from './task.ts';

export const SHUT_RD = 1;
export const SHUT_WR = 2;
export const SHUT_RDWR = 3;
const EMPTY = new Uint8Array(0);

/** What accept(2) takes out of a listener's queue. */
export interface Incoming {
  readonly socket: Socket;
  readonly address: Address;
}

/** What a socket is, in the numbers of socket(2). */
export interface SocketKind {
  readonly SO_DOMAIN: number;
  readonly SO_TYPE: number;
  readonly SO_PROTOCOL: number;
}

/**
 * What the socket calls need of every kind of socket. Results are 0 or a count, or a negated errno;
 * -EAGAIN says that a blocking caller would sleep, -EINPROGRESS that a blocking connect would.
 */
export abstract class Socket extends FileObject {
  override get isSocket(): boolean {
    return true;
  }

  /** Options that hardly any socket has set; null while it has none of them. */
  tuning: SocketTuning | null = null;

  override get receiveTimeoutNs(): number {
    return this.tuning === null ? -1 : this.tuning.receiveTimeoutNs;
  }

  override get sendTimeoutNs(): number {
    return this.tuning === null ? -1 : this.tuning.sendTimeoutNs;
  }

  get receiveLowWater(): number {
    return this.tuning === null ? 1 : this.tuning.receiveLowWater;
  }

  /** The socket's own options, to be changed. */
  tune(): SocketTuning {
    this.tuning ??= new SocketTuning();
    return this.tuning;
  }

  /** SO_DOMAIN, SO_TYPE and SO_PROTOCOL: what socket(2) was asked for. */
  abstract readonly kind: SocketKind;

  abstract bind(address: Address): number;
  abstract listen(backlog: number): number;
  /** Whether a blocking accept would sleep (a listener with an empty queue). */
  abstract readonly acceptSleeps: boolean;
  abstract accept(): Incoming | number;
  abstract connect(address: Address | null): number;
  /** The outcome of a connect that slept: -EINPROGRESS while there is none. */
  abstract connectOutcome(): number;
  /** Who is connecting falls asleep until there is an outcome. */
  sleepConnecting(task: Task): void {
    task.sleepOn(this.waits, WRITE_ENDS, false);
  }

  abstract send(bytes: Uint8Array, from: number, flags: number): number;
  abstract recv(bytesMax: number, flags: number): Uint8Array | number;

  /** sendto(2); a stream pays no heed to the address. */
  sendTo(bytes: Uint8Array, from: number, flags: number, _address: Address | null): number {
    return this.send(bytes, from, flags);
  }

  /**
   * What recvfrom(2) tells about what the last recv gave: who sent it, and how long it was as a
   * whole.
   */
  lastMessage(taken: Uint8Array): { readonly address: Address | null; readonly length: number } {
    return { address: null, length: taken.length };
  }

  /** No more will come: the end, or an error that waits to be told. */
  get hasEnded(): boolean {
    return (this.poll() & (POLLRDHUP | POLLHUP | POLLERR)) !== 0;
  }

  /**
   * A blocking recv that finds nothing gives 0 where a non-blocking one says EAGAIN: a datagram
   * socket after shutdown(RD).
   */
  get endsBlockingRecv(): boolean {
    return false;
  }

  /** A recv whose sleep a signal ends looks once more. */
  get looksForBytes(): boolean {
    return false;
  }

  /** Whatever ends the sleep of a recv of no bytes ends the call: it gives nothing. */
  get emptyRecvSleepsOnce(): boolean {
    return false;
  }

  abstract shutdown(how: number): number;
  abstract sockname(): Address | number;
  abstract peername(): Address | number;

  getOption(_option: SocketOption): number {
    return -EOPNOTSUPP;
  }

  setOption(_option: SocketOption, _value: number): number {
    return -EOPNOTSUPP;
  }

  /**
   * sock_read_iter: a read of nothing gives nothing, whatever the socket's state; a recv of nothing
   * asks the socket.
   */
  override read(bytesMax: number): Uint8Array | number {
    if (bytesMax === 0) return EMPTY;
    return this.recv(bytesMax, 0);
  }

  override write(bytes: Uint8Array, from: number): number {
    return this.send(bytes, from, 0);
  }
}

const NANOSECONDS_PER_MS = 1e6;

/**
 * SO_RCVTIMEO and SO_SNDTIMEO as they count (sock_set_timeout): 0 is none, which is -1, and a time
 * that lies behind is over at once.
 */
export function timeoutNs(valueMs: number): number {
  if (valueMs === 0) return -1;
  return Math.max(0, valueMs * NANOSECONDS_PER_MS);
}

/**
 * The backlog that listen(2) goes by: it is an unsigned number, so that a negative one is as many
 * as there may be (__sys_listen).
 */
export function backlogOf(asked: number): number {
  return asked < 0 ? SOMAXCONN : asked;
}

const READ_ONLY: ReadonlySet<SocketOption> = new Set([
  ...(['SO_ERROR', 'SO_ACCEPTCONN', 'SO_TYPE', 'SO_DOMAIN', 'SO_PROTOCOL'] as const),
]);

/** Options that can be asked for and not set: ENOPROTOOPT. */
export function isReadOnly(option: SocketOption): boolean {
  return READ_ONLY.has(option);
}

/**
 * What getsockopt(2) will say of an option that is only kept: a switch is on or off, whatever
 * number it was switched on by.
 */
export function keptValue(option: SocketOption, value: number): number {
  const isSize = option === 'SO_SNDBUF' || option === 'SO_RCVBUF' || option === 'SO_LINGER';
  return isSize ? value : Number(value !== 0);
}

export function isSocket(file: FileObject): file is Socket {
  return file.isSocket;
}
