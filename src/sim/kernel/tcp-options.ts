import { TCP_STATES } from '../../sys/constants.ts';
import { EINVAL, ENOPROTOOPT } from '../../sys/errno.ts';
import { UnsupportedError } from '../../sys/errors.ts';
import type { SocketOption } from '../../sys/sys.ts';
import type { SocketTuning } from './socket-tuning.ts';
import type { TcpState } from './tcp-state.ts';

/**
 * Bytes a socket takes in before its peer has to wait, unless SO_RCVBUF or a fault says otherwise.
 */
export const RECEIVE_BUFFER_BYTES = 131_072;

/**
 * What setsockopt(2) may change and connections inherit from their listener. Hardly any socket
 * changes anything, so those that do not share one object.
 */
export class TcpOptions {
  readonly reuseAddress: boolean = false;
  readonly reusePort: boolean = false;
  readonly lingerSeconds: number = -1;
  readonly noDelay: boolean = false;
  /**
   * # SO_KEEPALIVE: it finds nothing, because without silent loss a peer that is there answers
   * every probe, and one that is not has said so.
   */
  readonly keepAlive: boolean = false;
  readonly receiveBufferBytes: number = RECEIVE_BUFFER_BYTES;
  /** 0: what the network gives. */
  readonly sendBufferBytes: number = 0;

  with(changes: Partial<Omit<TcpOptions, 'with'>>): TcpOptions {
    return Object.assign(new TcpOptions(), this, changes);
  }
}

export const TCP_OPTIONS_DEFAULT: TcpOptions = new TcpOptions();

/** tcp(7): seconds, seconds, probes; milliseconds, 0 for none. */
const TIMING_DEFAULTS = {
  TCP_KEEPIDLE: 7200,
  TCP_KEEPINTVL: 75,
  TCP_KEEPCNT: 9,
  TCP_USER_TIMEOUT: 0,
} as const;

/** What of a TCP socket its options are about. */
interface Optioned {
  readonly state: TcpState;
  options: TcpOptions;
  readonly tuning: SocketTuning | null;
  tune(): SocketTuning;
  takeError(): number;
}

/** getsockopt(2) of what TCP answers itself. */
export function optionOf(socket: Optioned, option: SocketOption): number {
  switch (option) {
    case 'SO_ERROR':
      return socket.takeError();
    case 'SO_REUSEADDR':
      return socket.options.reuseAddress ? 1 : 0;
    case 'SO_REUSEPORT':
      return socket.options.reusePort ? 1 : 0;
    case 'SO_SNDBUF':
      return socket.options.sendBufferBytes;
    case 'SO_RCVBUF':
      return socket.options.receiveBufferBytes;
    case 'SO_LINGER':
      return socket.options.lingerSeconds;
    case 'SO_KEEPALIVE':
      return socket.options.keepAlive ? 1 : 0;
    case 'SO_ACCEPTCONN':
      return socket.state === 'LISTEN' ? 1 : 0;
    case 'TCP_NODELAY':
      return socket.options.noDelay ? 1 : 0;
    case 'TCP_INFO':
      return TCP_STATES[socket.state];
    case 'SO_OOBINLINE':
      return socket.tuning?.kept.get(option) ?? 0;
    case 'TCP_KEEPIDLE':
    case 'TCP_KEEPINTVL':
    case 'TCP_KEEPCNT':
    case 'TCP_USER_TIMEOUT':
      return socket.tuning?.kept.get(option) ?? TIMING_DEFAULTS[option];
    case 'SO_RCVLOWAT':
    case 'SO_RCVTIMEO':
    case 'SO_SNDTIMEO':
    case 'SO_TYPE':
    case 'SO_DOMAIN':
    case 'SO_PROTOCOL':
      return -ENOPROTOOPT;
    default:
      throw new UnsupportedError(`getsockopt ${String(option satisfies never)}`);
  }
}

/** setsockopt(2), likewise. */
export function setOption(socket: Optioned, option: SocketOption, value: number): number {
  switch (option) {
    case 'SO_REUSEADDR':
      socket.options = socket.options.with({ reuseAddress: value !== 0 });
      return 0;
    case 'SO_SNDBUF':
      socket.options = socket.options.with({ sendBufferBytes: Math.max(1, value) });
      return 0;
    case 'SO_RCVBUF':
      socket.options = socket.options.with({ receiveBufferBytes: Math.max(1, value) });
      return 0;
    case 'SO_LINGER':
      socket.options = socket.options.with({ lingerSeconds: value });
      return 0;
    case 'TCP_NODELAY':
      socket.options = socket.options.with({ noDelay: value !== 0 });
      return 0;
    case 'SO_REUSEPORT':
      socket.options = socket.options.with({ reusePort: value !== 0 });
      return 0;
    case 'SO_OOBINLINE':
      socket.tune().kept.set(option, value === 0 ? 0 : 1);
      return 0;
    case 'SO_KEEPALIVE':
      socket.options = socket.options.with({ keepAlive: value !== 0 });
      return 0;
    case 'TCP_KEEPIDLE':
    case 'TCP_KEEPINTVL':
    case 'TCP_KEEPCNT':
      if (value < 1 || value > (option === 'TCP_KEEPCNT' ? 127 : 32_767)) return -EINVAL;
      socket.tune().kept.set(option, value);
      return 0;
    case 'TCP_USER_TIMEOUT':
      if (value < 0) return -EINVAL;
      socket.tune().kept.set(option, value);
      return 0;
    case 'SO_ERROR':
    case 'SO_ACCEPTCONN':
    case 'TCP_INFO':
    case 'SO_RCVLOWAT':
    case 'SO_RCVTIMEO':
    case 'SO_SNDTIMEO':
    case 'SO_TYPE':
    case 'SO_DOMAIN':
    case 'SO_PROTOCOL':
      return -ENOPROTOOPT;
    default:
      throw new UnsupportedError(`setsockopt ${String(option satisfies never)}`);
  }
}
