import { AF_UNIX, SOCKET_TYPES } from '../../sys/constants.ts';
import { EADDRINUSE, EINVAL, ENOPROTOOPT, EOPNOTSUPP } from '../../sys/errno.ts';
import type { Address, SocketOption, SocketType } from '../../sys/sys.ts';
import { isUnixName } from './addresses.ts';
import { ARRIVED, WRITE_ENDS } from './readiness.ts';
import { isReadOnly, keptValue, Socket, type SocketKind } from './socket.ts';
import type { Task } from './task.ts';
import type { UnixNames } from './unix-names.ts';
import { WaitQueue } from './waits.ts';

/**
 * net.core.wmem_default. As long as not all of it is in use, a message of any size is taken in
 * (sock_alloc_send_pskb).
 */
export const SEND_BUFFER_BYTES = 212_992;

/** unix_writable: at most a quarter of the buffer in use; sk_wmem_alloc begins with 1. */
export function isWritable(bytesInUse: number): boolean {
  return (bytesInUse + 1) * 4 <= SEND_BUFFER_BYTES;
}

/**
 * What the three kinds of AF_UNIX socket have in common (unix(7), net/unix/af_unix.c): a name,
 * errors, options.
 */
export abstract class UnixSocket extends Socket {
  override readonly type = 'unix';
  abstract readonly socketType: SocketType;

  /** Only streams have urgent bytes. */
  override get atMark(): number {
    return -EOPNOTSUPP;
  }

  override get kind(): SocketKind {
    return { SO_DOMAIN: AF_UNIX, SO_TYPE: SOCKET_TYPES[this.socketType], SO_PROTOCOL: 0 };
  }

  readonly names: UnixNames;
  /** What it is bound to; empty while it is not. */
  name = '';
  /** sk_shutdown. */
  shut = 0;
  /** sk_err. */
  error = 0;
  /** peer_wait: who waits for room in this socket's queue, to connect or to send a datagram. */
  readonly peerWaits: WaitQueue = new WaitQueue();
  #bound = false;
  readonly #options = new Map<SocketOption, number>();

  constructor(names: UnixNames) {
    super();
    this.names = names;
  }

  get isBound(): boolean {
    return this.#bound;
  }

  override bind(address: Address): number {
    const path = pathOf(address);
    if (path === undefined) return -EINVAL;
    // An accepted socket has its listener's name already.
    const isNamed = this.name !== '';
    if (path === '') {
      if (isNamed) return 0;
      this.name = this.names.autobind(this);
      this.#bound = true;
      return 0;
    }
    // A path is made before the socket is looked at (unix_bind_bsd).
    if (isNamed) return this.names.hasPath(path) ? -EADDRINUSE : -EINVAL;
    const bound = this.names.bind(this, path);
    if (bound < 0) return bound;
    this.name = path;
    this.#bound = true;
    return 0;
  }

  /** sock_wait_for_wmem: whatever is told of the socket, a writer looks for room again. */
  override sleepWriting(task: Task): void {
    task.sleepOn(this.waits, WRITE_ENDS | ARRIVED, false);
  }

  override looksForRoom(_task: Task): boolean {
    return true;
  }

  override release(): void {
    if (this.#bound) this.names.released(this, this.name);
  }

  override sockname(): Address | number {
    return { path: this.name };
  }

  takeError(): number {
    const { error } = this;
    this.error = 0;
    return error;
  }

  override getOption(option: SocketOption): number {
    switch (option) {
      case 'SO_ERROR':
        return this.takeError();
      case 'SO_SNDBUF':
      case 'SO_RCVBUF':
        return this.#options.get(option) ?? SEND_BUFFER_BYTES;
      case 'SO_ACCEPTCONN':
        return 0;
      case 'SO_LINGER':
        return this.#options.get(option) ?? -1;
      default:
        return option.startsWith('TCP_') ? -EOPNOTSUPP : (this.#options.get(option) ?? 0);
    }
  }

  /**
   * # setsockopt on AF_UNIX: options that mean nothing there (SO_KEEPALIVE) are kept and have no
   * effect; so are the buffer sizes.
   */
  override setOption(option: SocketOption, value: number): number {
    if (option.startsWith('TCP_')) return -EOPNOTSUPP;
    if (isReadOnly(option)) return -ENOPROTOOPT;
    if (option === 'SO_REUSEPORT' && value !== 0) return -EOPNOTSUPP;
    this.#options.set(option, keptValue(option, value));
    return 0;
  }
}

/** The name in an address: undefined for one of another family, or too long. */
export function pathOf(address: Address | null): string | undefined {
  if (address === null || !('path' in address)) return undefined;
  return isUnixName(address.path) ? address.path : undefined;
}
