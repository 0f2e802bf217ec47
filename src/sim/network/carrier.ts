import type { InetAddress } from '../../sys/sys.ts';

/**
 * Names a connection, or a listener, between a kernel and its carrier. Those that programs ask for
 * are numbered up from 1, those that come from elsewhere down from -1; so neither side has to wait
 * for the other's counting.
 */
export type CarrierId = number;

/** Where a connection goes: to a listener of the same world, or to an address of the machine's. */
export type Target = { readonly listener: CarrierId } | { readonly address: InetAddress };

/**
 * What carries bytes outside of the simulation: node:net, or a recording, which carries nothing. It
 * is told what sockets ask for, and reports what has come of it as {@link Upcall}s. No call
 * answers, so nothing here has to be recorded but the upcalls.
 */
export interface Carrier {
  /** `address` null: any free port of the loopback interface. */
  listen(id: CarrierId, address: InetAddress | null, backlog: number): void;
  unlisten(id: CarrierId): void;
  /** `target` null: nobody listens there. `from` is the local address that a program has bound. */
  connect(id: CarrierId, target: Target | null, from: InetAddress | null): void;
  abort(id: CarrierId): void;
  /** The bytes are the carrier's now. */
  write(id: CarrierId, bytes: Uint8Array): void;
  /** FIN, behind all that was written. */
  end(id: CarrierId): void;
  /** RST. Nothing is reported of this connection any more. */
  reset(id: CarrierId): void;
  /**
   * There is room for one more `data`. Connections begin without. One that stands before an end or
   * a reset may come without.
   */
  resume(id: CarrierId): void;
}

/** What a carrier has to report: everything about it that is not determined by what it was told. */
export type Upcall = { readonly id: CarrierId } & (
  | { readonly what: 'listening'; readonly errno: number; readonly port: number }
  | {
      readonly what: 'incoming';
      readonly listener: CarrierId;
      readonly local: InetAddress;
      readonly peer: InetAddress;
    }
  | { readonly what: 'established'; readonly local: InetAddress; readonly peer: InetAddress }
  | { readonly what: 'refused'; readonly errno: number }
  | { readonly what: 'data'; readonly bytes: Uint8Array }
  /** So many bytes have left the carrier's own buffer. */
  | { readonly what: 'written'; readonly count: number }
  | { readonly what: 'fin' }
  /** Our FIN is out. */
  | { readonly what: 'finSent' }
  | { readonly what: 'reset'; readonly errno: number }
);
