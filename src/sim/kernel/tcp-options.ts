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
