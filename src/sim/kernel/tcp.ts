import {
  AF_INET,
  IPPROTO_TCP,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  POLLERR,
  POLLHUP,
  POLLRDHUP,
  SOCK_STREAM,
} from '../../sys/constants.ts';
import {
  EAGAIN,
  EALREADY,
  ECONNABORTED,
  ECONNRESET,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  ENOTCONN,
  EPIPE,
  errnoCode,
} from '../../sys/errno.ts';
import { UnsupportedError } from '../../sys/errors.ts';
import type { Address, InetAddress, SocketOption } from '../../sys/sys.ts';
import { addressText, isAnyAddress, isInet, isPort, wrongFamily } from './addresses.ts';
import { ByteQueue } from './byte-queue.ts';
import { markOfNumber } from './conflict-bits.ts';
import type { Footprint } from './footprint.ts';
import type { Machine } from './machine.ts';
import { type Link, type Network, PENDING } from './network.ts';
import { ARRIVED, READABLE, WRITABLE, WRITABLE_BANDS } from './readiness.ts';
import {
  backlogOf,
  type Incoming,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  type SocketKind,
} from './socket.ts';
import type { SocketTuning } from './socket-tuning.ts';
import { TcpFootprint } from './tcp-footprint.ts';
import { optionOf, setOption, TCP_OPTIONS_DEFAULT, type TcpOptions } from './tcp-options.ts';
import { SEEN_RESET, SEEN_TIME_WAIT, STATES, type TcpState } from './tcp-state.ts';
import { Urgent } from './urgent.ts';
import { UserTimeout } from './user-timeout.ts';

// Of the socket's flags, with Linux's names for them.
/** The peer's FIN was received (SOCK_DONE). */
const FIN_RECEIVED = 1;
/** SOCK_DEAD. */
const ORPHAN = 2;
/** SOCK_NOSPACE. */
const NO_SPACE = 4;
/** inet_num is set. */
const HAS_PORT = 8;
/** SOCK_BINDPORT_LOCK. */
const PORT_CHOSEN = 16;
/** SOCK_BINDADDR_LOCK. */
const ADDRESS_CHOSEN = 32;
// Behind them: sk_shutdown, the state, what has become of connect(2), sk_err.
const SHUT_SHIFT = 6;
const SHUT_MASK = 3 << SHUT_SHIFT;
const STATE_SHIFT = 8;
const STATE_MASK = 15 << STATE_SHIFT;
const PROGRESS_SHIFT = 12;
const PROGRESS_MASK = 3 << PROGRESS_SHIFT;
const ERROR_SHIFT = 14;
const ERROR_MASK = 255 << ERROR_SHIFT;
/** Established, nothing shut, no error: what nearly every connection is nearly all the time. */
const PLAIN_MASK = STATE_MASK | SHUT_MASK | ERROR_MASK;
const PLAIN = STATES.indexOf('ESTABLISHED') << STATE_SHIFT;
const CLOSED = STATES.indexOf('CLOSE') << STATE_SHIFT;
/** The rest of the field counts the sockets of the kernel, for their marks. */
const NUMBER_SHIFT = 22;

/** `struct socket`'s own view (SS_…), by its number in the field. */
const PROGRESS = ['unconnected', 'connecting', 'connected', 'disconnecting'] as const;
type Progress = (typeof PROGRESS)[number];

/** What only a listener needs; most sockets never listen. */
class Listening {
  backlog = 0;
  /** listen(2) waits for the network's answer; 0 or a negated errno once it is there. */
  asked = false;
  answer: number | null = null;
  /** Connections made and not yet accepted. */
  readonly queue: TcpSocket[] = [];
}

// Its methods are `private`, not `#`: those would mark each object of the class, with 8 bytes.
/**
 * A TCP socket, shaped like Linux's (tcp(7); net/ipv4/tcp.c is named at the places that follow it
 * closely). It knows states, queues, errors and readiness; how bytes and segments travel is its
 * network's business.
 */
export class TcpSocket extends TcpFootprint {
  readonly kernel: Machine;
  local: InetAddress | null = null;
  peer: InetAddress | null = null;
  link: Link | null = null;
  /** What the network keeps about this socket. */
  claim: unknown = null;
  options: TcpOptions = TCP_OPTIONS_DEFAULT;
  /**
   * Ten answers and a number in one field: as fields of their own they would take 80 bytes more of
   * every socket.
   */
  #flags = 0;
  #listening: Listening | null = null;
  #received: ByteQueue | null = null;

  constructor(kernel: Machine) {
    super();
    this.kernel = kernel;
    this.#flags = kernel.socketCount++ << NUMBER_SHIFT;
  }

  override get mark(): number {
    return markOfNumber(this.#flags >>> NUMBER_SHIFT);
  }

  get network(): Network {
    return this.kernel.surroundings.network;
  }

  /** The machine it lives on, as addresses name it. */
  get host(): string {
    return this.kernel.host;
  }

  override get type(): string {
    return 'tcp';
  }

  override get kind(): SocketKind {
    return KIND;
  }

  // ---- flags ----

  private setFlag(flag: number, on: boolean): void {
    if (on) this.#flags |= flag;
    else this.#flags &= ~flag;
  }

  get state(): TcpState {
    return STATES[(this.#flags & STATE_MASK) >> STATE_SHIFT] as TcpState;
  }

  /** In state CLOSE. */
  get isClosed(): boolean {
    return (this.#flags & STATE_MASK) === CLOSED;
  }

  set state(state: TcpState) {
    const number = STATES.indexOf(state);
    this.#flags = (this.#flags & ~STATE_MASK) | (number << STATE_SHIFT);
    this.kernel.surroundings.socketsSeen |= 1 << number;
  }

  /**
   * sk_shutdown: RD is set by a local shutdown and by the peer's FIN, both by the end of the
   * connection.
   */
  get shut(): number {
    return (this.#flags & SHUT_MASK) >> SHUT_SHIFT;
  }

  set shut(shut: number) {
    this.#flags = (this.#flags & ~SHUT_MASK) | (shut << SHUT_SHIFT);
  }

  /** sk_err: pending error number, 0 for none. */
  get error(): number {
    return (this.#flags & ERROR_MASK) >> ERROR_SHIFT;
  }

  set error(error: number) {
    this.#flags = (this.#flags & ~ERROR_MASK) | (error << ERROR_SHIFT);
  }

  /** Whether a connect(2) was begun, and whether its outcome has been told. */
  private get progress(): Progress {
    return PROGRESS[(this.#flags & PROGRESS_MASK) >> PROGRESS_SHIFT] as Progress;
  }

  private set progress(progress: Progress) {
    this.#flags = (this.#flags & ~PROGRESS_MASK) | (PROGRESS.indexOf(progress) << PROGRESS_SHIFT);
  }

  /** The peer's FIN was received: end of stream for ever. */
  get finReceived(): boolean {
    return (this.#flags & FIN_RECEIVED) !== 0;
  }

  /** No descriptor is left: what still arrives is answered with RST. */
  get orphan(): boolean {
    return (this.#flags & ORPHAN) !== 0;
  }

  /** It has a port: not for ever, unless the program chose the number itself. */
  get hasPort(): boolean {
    return (this.#flags & HAS_PORT) !== 0;
  }

  set hasPort(has: boolean) {
    this.setFlag(HAS_PORT, has);
  }

  /** A sender has met a full buffer: it gets an OUT edge when there is room. */
  private get noSpace(): boolean {
    return (this.#flags & NO_SPACE) !== 0;
  }

  private set noSpace(on: boolean) {
    this.setFlag(NO_SPACE, on);
  }

  private get addressChosen(): boolean {
    return (this.#flags & ADDRESS_CHOSEN) !== 0;
  }

  // ---- readiness: tcp_poll ----

  override get counterpart(): TcpSocket | null {
    return this.link?.counterpart ?? null;
  }

  override get signalsBrokenPipe(): boolean {
    return true;
  }

  override poll(): number {
    if ((this.#flags & PLAIN_MASK) === PLAIN && this.tuning === null) return this.pollPlain();
    if (this.state === 'LISTEN') return this.acceptQueueLength > 0 ? READABLE : 0;
    let mask = 0;
    if (this.shut === SHUT_RDWR || this.state === 'CLOSE') mask |= POLLHUP;
    if ((this.shut & SHUT_RD) !== 0) mask |= READABLE | POLLRDHUP;
    if (this.state !== 'SYN_SENT') {
      const received = this.#received;
      if (received !== null) {
        const urgent = this.tuning === null ? null : this.tuning.urgent;
        if (urgent !== null) mask |= urgent.mask(received, this.receiveLowWater, this.urgentInline);
        else if (received.length >= this.receiveLowWater) mask |= READABLE;
      }
      if ((this.shut & SHUT_WR) !== 0 || this.link === null || !this.link.isFull) mask |= WRITABLE;
      else this.noSpace = true;
    }
    if (this.error !== 0) mask |= POLLERR;
    return mask;
  }

  /** Of a plain connection without options. */
  private pollPlain(): number {
    const mask = this.#received !== null && this.#received.length > 0 ? READABLE : 0;
    if (this.link === null || !this.link.isFull) return mask | WRITABLE;
    this.noSpace = true;
    return mask;
  }

  override look(): number {
    const noSpace = this.noSpace;
    const mask = this.poll();
    this.noSpace = noSpace;
    return mask;
  }

  /**
   * A listener has no data to wait for and takes none.
   *
   * # SO_RCVLOWAT: fewer bytes than that do not make a TCP socket readable; a recv takes them all
   * the same, then sleeps.
   */
  override readSleeps(bytesMax: number): boolean {
    return this.bytesQueued === 0 && this.state !== 'LISTEN' && super.readSleeps(bytesMax);
  }

  override get looksForBytes(): boolean {
    return true;
  }

  /** tcp_recvmsg asks for more only while something is wanted. */
  override get emptyRecvSleepsOnce(): boolean {
    return true;
  }

  override writeSleeps(bytes: number): boolean {
    if (this.link !== null && !this.link.isFull && this.state !== 'SYN_SENT') return false;
    return this.state !== 'LISTEN' && super.writeSleeps(bytes);
  }

  override takesParts(): boolean {
    return true;
  }

  override get acceptSleeps(): boolean {
    return this.state === 'LISTEN' && this.acceptQueueLength === 0;
  }

  // ---- naming and listening ----

  override bind(address: Address): number {
    if (!isInet(address)) return wrongFamily(address);
    if (!isPort(address.port)) return -EINVAL;
    if (this.hasPort || this.state !== 'CLOSE') return -EINVAL;
    const bound = this.network.bind(this, address);
    if (bound < 0) {
      // inet_bind lets go of the address it had before.
      if (this.local !== null) this.local = { host: '0.0.0.0', port: this.local.port };
      this.#flags &= ~ADDRESS_CHOSEN;
      return bound;
    }
    this.hasPort = true;
    this.setFlag(PORT_CHOSEN, address.port !== 0);
    this.setFlag(ADDRESS_CHOSEN, !isAnyAddress(address.host));
    return bound;
  }

  override listen(backlog: number): number {
    this.#listening ??= new Listening();
    const listening = this.#listening;
    if (listening.asked) {
      const { answer } = listening;
      if (answer === null) return -EAGAIN;
      listening.asked = false;
      return answer;
    }
    const effective = backlogOf(backlog);
    if (this.state === 'LISTEN') {
      listening.backlog = effective;
      return 0;
    }
    if (this.state !== 'CLOSE' || this.progress !== 'unconnected') return -EINVAL;
    if (this.tuning?.role === 'connects') return -EINVAL;
    if (!this.hasPort) {
      const host = this.addressChosen ? (this.local as InetAddress).host : '0.0.0.0';
      const bound = this.network.bind(this, { host, port: 0 });
      if (bound < 0) return bound;
      this.hasPort = true;
    }
    listening.backlog = effective;
    const answer = this.network.listen(this, effective);
    if (answer === PENDING) {
      listening.asked = true;
      listening.answer = null;
      return -EAGAIN;
    }
    if (answer === 0) this.startListening();
    return answer;
  }

  private startListening(): void {
    this.state = 'LISTEN';
    if (this.kernel.rolesAreKept) this.tune().role = 'listens';
  }

  /** Upcall: the answer to a listen that was PENDING. */
  onListening(answer: number): void {
    if (this.#listening !== null) this.#listening.answer = answer;
    if (answer === 0) this.startListening();
    this.waits.wake(0);
  }

  /** Connections that fit into the accept queue: one more than the backlog (sk_acceptq_is_full). */
  get acceptRoom(): number {
    return this.state === 'LISTEN' ? this.backlog + 1 - this.acceptQueueLength : 0;
  }

  get acceptQueueLength(): number {
    return this.#listening === null ? 0 : this.#listening.queue.length;
  }

  /**
   * Connections made and not yet accepted, the oldest first. Of a listener always the same object.
   */
  get acceptQueue(): readonly TcpSocket[] {
    return this.#listening?.queue ?? [];
  }

  get backlog(): number {
    return this.#listening === null ? 0 : this.#listening.backlog;
  }

  /**
   * Upcall on a listener: a connection is complete. Gives this side's socket, whose `link` the
   * network sets.
   */
  onIncoming(local: InetAddress, peer: InetAddress): TcpSocket {
    const child = this.makeIncoming(local, peer);
    this.onAcceptable(child);
    return child;
  }

  /** This side's socket of a connection that is about to be complete. */
  makeIncoming(local: InetAddress, peer: InetAddress): TcpSocket {
    const child = new TcpSocket(this.kernel);
    child.local = local;
    child.peer = peer;
    child.state = 'ESTABLISHED';
    child.progress = 'connected';
    child.#flags |= HAS_PORT | (this.#flags & ADDRESS_CHOSEN);
    if (this.kernel.rolesAreKept) child.tune().role = 'connects';
    return child;
  }

  /**
   * Upcall on a listener: the connection may be accepted now. It is like the listener at this
   * moment (inet_csk_clone_lock).
   */
  onAcceptable(child: TcpSocket): void {
    child.options = this.options;
    if (this.tuning !== null) child.inherit(this.tuning);
    child.shut = this.shut;
    this.#listening?.queue.push(child);
    this.waits.wake(ARRIVED);
    // Shutdown flags from before listen(2) stick to every connection (tcp_rcv_state_process,
    // TCP_SYN_RECV).
    if ((child.shut & SHUT_WR) !== 0) child.sendFin();
  }

  private inherit(from: SocketTuning): void {
    this.tune().inherit(from);
    const { userTimeout } = from;
    if (userTimeout !== null) this.setUserTimeout(userTimeout.timeoutMs);
  }

  /** TCP_USER_TIMEOUT. */
  setUserTimeout(timeoutMs: number): void {
    const tuning = this.tune();
    tuning.userTimeout ??= new UserTimeout(this, this.kernel.surroundings.clock);
    tuning.userTimeout.timeoutMs = timeoutMs;
  }

  override accept(): Incoming | number {
    if (this.state !== 'LISTEN') return -EINVAL;
    const socket = this.#listening?.queue.shift();
    if (socket === undefined) return -EAGAIN;
    return { socket, address: socket.peer as InetAddress };
  }

  // ---- connecting ----

  override connect(address: Address | null): number {
    if (address === null) {
      this.waits.disconnected();
      return this.disconnect();
    }
    switch (this.progress) {
      case 'connecting':
        return this.state === 'SYN_SENT' ? -EALREADY : this.connectOutcome();
      case 'connected':
        return -EISCONN;
      case 'disconnecting':
        return -EINVAL;
      default:
        return this.state === 'CLOSE' ? this.startConnecting(address) : -EISCONN;
    }
  }

  private startConnecting(address: Address): number {
    if (!isInet(address)) return wrongFamily(address);
    if (!isPort(address.port) || this.tuning?.role === 'listens') return -EINVAL;
    this.state = 'SYN_SENT';
    this.progress = 'connecting';
    this.error = 0;
    this.#flags &= ~FIN_RECEIVED;
    const started = this.network.connect(this, address);
    if (started === 0) {
      if (this.kernel.rolesAreKept) this.tune().role = 'connects';
      return -EINPROGRESS;
    }
    this.state = 'CLOSE';
    this.progress = 'unconnected';
    return started;
  }

  /**
   * 0 the first time after it has succeeded; a failure is told once and leaves a socket that may
   * try again (sock_error).
   */
  override connectOutcome(): number {
    if (this.state === 'SYN_SENT') return -EINPROGRESS;
    if (this.progress === 'connected') return -EISCONN;
    if (this.state !== 'CLOSE') {
      this.progress = 'connected';
      return 0;
    }
    const error = this.takeError();
    this.disconnect();
    return error !== 0 ? -error : -ECONNABORTED;
  }

  /**
   * connect(AF_UNSPEC): tcp_disconnect. Only what was connected, or about to be, gets an error; one
   * that is pending stays.
   */
  private disconnect(): number {
    const { state } = this;
    if (state === 'LISTEN') {
      this.stopListening();
    } else if (state !== 'CLOSE') {
      if (state === 'SYN_SENT') this.network.abortConnect(this);
      else this.link?.reset();
      this.detach();
      if (state !== 'CLOSING' && state !== 'LAST_ACK') this.error = ECONNRESET;
    }
    this.shut = 0;
    this.#flags &= ~FIN_RECEIVED;
    this.progress = 'unconnected';
    this.peer = null;
    if (this.local !== null && !this.addressChosen) this.local = { ...this.local, host: '0.0.0.0' };
    this.#received?.clear();
    if (this.tuning !== null) this.tuning.urgent = null;
    this.waits.wake(POLLERR);
    return 0;
  }

  /** Upcall: the connection attempt has succeeded. */
  onEstablished(local: InetAddress, peer: InetAddress, link: Link): void {
    this.state = 'ESTABLISHED';
    this.local = local;
    this.peer = peer;
    this.link = link;
    this.waits.wake(0);
  }

  /**
   * Upcall: as above, but both sides have opened: a write side that was shut before is closed only
   * now.
   */
  onMetItself(address: InetAddress, link: Link): void {
    this.onEstablished(address, address, link);
    if ((this.shut & SHUT_WR) !== 0) this.sendFin();
  }

  /** Upcall: the connection attempt has failed. */
  onRefused(errno: number): void {
    this.detach();
    this.shut = SHUT_RDWR;
    this.error = errno;
    this.waits.wake(0);
    this.waits.wake(POLLERR);
  }

  // ---- data ----

  /** How many more bytes the receive buffer takes. */
  get receiveRoom(): number {
    const queued = this.#received === null ? 0 : this.#received.length;
    return Math.max(0, this.options.receiveBufferBytes - queued);
  }

  get bytesQueued(): number {
    return this.#received === null ? 0 : this.#received.length;
  }

  /** A copy of the first bytes that wait to be read. */
  peekReceived(bytesMax: number): Uint8Array {
    return this.#received === null ? EMPTY : this.#received.peek(bytesMax);
  }

  override bytesReadable(): number {
    if (this.state === 'LISTEN') return -EINVAL;
    const urgent = this.tuning?.urgent;
    return urgent == null || this.urgentInline ? this.bytesQueued : urgent.ahead;
  }

  override get bytesTaken(): number {
    return this.#received === null ? 0 : this.#received.taken;
  }

  override get atMark(): number {
    return this.tuning?.urgent?.ahead === 0 ? 1 : 0;
  }

  override get bytesToMark(): number {
    return this.tuning?.urgent?.ahead ?? 0;
  }

  /** Upcall: bytes have arrived; the chunk is this socket's now. */
  onData(chunk: Uint8Array): void {
    if (this.orphan || (this.shut & SHUT_RDWR) === SHUT_RDWR) {
      this.resetByUs();
      return;
    }
    this.#received ??= new ByteQueue();
    this.#received.push(chunk);
    this.tellIfReadable();
  }

  /** tcp_data_ready: below SO_RCVLOWAT nobody is woken, unless nothing more will come. */
  tellIfReadable(): void {
    const { bytesQueued } = this;
    const enough = bytesQueued > 0 && bytesQueued >= this.receiveLowWater;
    if (enough || this.finReceived) this.waits.wake(ARRIVED);
  }

  /**
   * Data for a socket that can no longer take it: tcp_rcv_state_process resets this side, and then
   * answers with RST.
   */
  private resetByUs(): void {
    const { link } = this;
    this.onReset();
    link?.reset();
  }

  /** A fault may let recv give a few bytes at a time. */
  private readSize(bytesMax: number): number {
    return this.tuning === null ? bytesMax : Math.min(bytesMax, this.tuning.readBytesMax);
  }

  override takePlainly(bytesMax: number): Uint8Array | null {
    const received = this.#received;
    if (received === null || received.length === 0 || this.tuning !== null || bytesMax === 0)
      return null;
    const bytes = received.take(bytesMax);
    if (this.link !== null) this.link.windowOpened();
    return bytes;
  }

  override givePlainly(bytes: Uint8Array): boolean {
    const { link } = this;
    if ((this.#flags & PLAIN_MASK) !== PLAIN || this.tuning !== null) return false;
    return link !== null && bytes.length > 0 && link.sendAll(bytes);
  }

  /** tcp_recvmsg. */
  override recv(bytesMax: number, flags: number): Uint8Array | number {
    if ((flags & MSG_OOB) !== 0) return this.recvUrgent(bytesMax, flags);
    if (this.state === 'LISTEN') return -ENOTCONN;
    const received = this.#received;
    // Asked for nothing, it does not even step over an urgent byte.
    if (bytesMax === 0 && received !== null && received.length > 0) return EMPTY;
    if (this.tuning !== null && this.tuning.urgent !== null && received !== null) {
      const { urgent } = this.tuning;
      if (urgent.ahead > 0) return this.recvUpTo(urgent, received, bytesMax, flags);
      if (urgent.isThere) {
        if ((flags & MSG_PEEK) !== 0) {
          const past = urgent.peekPast(received, bytesMax, this.urgentInline);
          return past === null ? this.recvNothing() : copied(past, flags);
        }
        urgent.stepOver(received, this.urgentInline);
        this.tuning.urgent = null;
      }
    }
    if (received !== null && received.length > 0) {
      if ((flags & MSG_PEEK) !== 0) return copied(received.peek(bytesMax), flags);
      const bytes = received.take(this.readSize(bytesMax));
      this.link?.windowOpened();
      return copied(bytes, flags);
    }
    return this.recvNothing();
  }

  /** Why no bytes are there. */
  private recvNothing(): Uint8Array | number {
    if (this.finReceived) return EMPTY;
    if (this.error !== 0) return -this.takeError();
    if ((this.shut & SHUT_RD) !== 0) return EMPTY;
    if (this.state === 'CLOSE') return -ENOTCONN;
    return -EAGAIN;
  }

  /** tcp_sendmsg. */
  override send(bytes: Uint8Array, from: number, flags: number): number {
    if ((flags & MSG_OOB) !== 0) return this.sendUrgent(bytes, from, flags);
    if (this.state === 'SYN_SENT') return -EAGAIN;
    if (
      this.error !== 0 ||
      (this.shut & SHUT_WR) !== 0 ||
      (this.state !== 'ESTABLISHED' && this.state !== 'CLOSE_WAIT')
    ) {
      const error = this.takeError();
      return error !== 0 ? -error : -EPIPE;
    }
    if (bytes.length === from) return 0;
    const link = this.link as Link;
    let taken = link.send(bytes, from);
    // What arrives at once makes room at once: only a buffer that stays full is one that its sender
    // has met.
    while (taken < bytes.length - from) {
      const more = link.send(bytes, from + taken);
      if (more === 0) {
        this.noSpace = true;
        break;
      }
      taken += more;
    }
    if (this.tuning !== null) this.tuning.userTimeout?.sent();
    return taken === 0 ? -EAGAIN : taken;
  }

  // ---- urgent data ----

  /** MSG_OOB: the last byte is urgent. */
  private sendUrgent(bytes: Uint8Array, from: number, flags: number): number {
    const last = bytes.length - 1;
    const peer = this.counterpart;
    const before = this.send(bytes.subarray(0, Math.max(0, last)), from, flags & ~MSG_OOB);
    if (before < 0 || from > last || before < last - from) return before;
    const { link } = this;
    // What went before it in its segment has been answered with RST.
    if (link === null) {
      peer?.losesUrgent();
      return before + 1;
    }
    if (link.sendUrgent === undefined) throw new UnsupportedError('MSG_OOB on this network');
    if (link.sendUrgent(bytes[last] as number)) return before + 1;
    this.noSpace = true;
    return before > 0 ? before : -EAGAIN;
  }

  /** SO_OOBINLINE. */
  private get urgentInline(): boolean {
    return this.tuning?.kept.get('SO_OOBINLINE') === 1;
  }

  /** Upcall: the urgent byte has arrived, behind all that was sent before it. */
  onUrgent(byte: number): void {
    const tuning = this.tune();
    // One that is next to be read, and was not, is stepped over before another takes its place
    // (tcp_check_urg).
    if (tuning.urgent?.ahead === 0 && !this.urgentInline) this.#received?.take(1);
    this.onData(new Uint8Array([byte]));
    const received = this.#received;
    if (this.state === 'CLOSE') this.losesUrgent();
    if (received === null || this.state === 'CLOSE') return;
    tuning.urgent = new Urgent(received.length - 1);
    this.waits.wake(ARRIVED);
  }

  /** It came in what this side has answered with RST: it was noted before (tcp_urg). */
  private losesUrgent(): void {
    this.#received ??= new ByteQueue();
    this.tune().urgent = new Urgent(this.#received.length, false);
  }

  /** tcp_recv_urg. */
  private recvUrgent(bytesMax: number, flags: number): Uint8Array | number {
    if (this.state === 'LISTEN') return -ENOTCONN;
    const urgent = this.tuning?.urgent;
    if (urgent == null || this.#received === null) return -EINVAL;
    if (this.state === 'CLOSE' && !this.finReceived) return -ENOTCONN;
    return urgent.take(this.#received, bytesMax, flags, this.urgentInline);
  }

  /** A read stops at the mark. */
  private recvUpTo(
    urgent: Urgent,
    received: ByteQueue,
    bytesMax: number,
    flags: number,
  ): Uint8Array {
    const size = Math.min(this.readSize(bytesMax), urgent.ahead);
    if ((flags & MSG_PEEK) !== 0) return copied(received.peek(size), flags);
    const bytes = received.take(size);
    urgent.read(bytes.length);
    this.link?.windowOpened();
    return copied(bytes, flags);
  }

  /**
   * Upcall: bytes have left the send buffer. Only a sender that met a full buffer is told
   * (sk_stream_write_space).
   */
  onWriteSpace(): void {
    if (this.tuning !== null) this.tuning.userTimeout?.progressed();
    if (!this.noSpace) return;
    this.noSpace = false;
    this.waits.wake(WRITABLE_BANDS);
  }

  // ---- closing ----

  override shutdown(how: number): number {
    if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
    if (this.progress === 'connecting') {
      const over = this.state === 'SYN_SENT' || this.state === 'CLOSE';
      this.progress = over ? 'disconnecting' : 'connected';
    }
    let result = 0;
    if (this.state === 'LISTEN') {
      if ((how & SHUT_RD) !== 0) this.disconnect();
    } else if (this.state === 'SYN_SENT') {
      this.disconnect();
    } else {
      // # shutdown of TCP: on a closed socket the call fails, yet a later recv gives 0 and a later
      // send EPIPE.
      if (this.state === 'CLOSE') result = -ENOTCONN;
      this.shut |= how;
      if ((how & SHUT_WR) !== 0) this.sendFin();
    }
    this.waits.wake(0);
    return result;
  }

  private sendFin(): void {
    if (this.state === 'ESTABLISHED') this.state = 'FIN_WAIT1';
    else if (this.state === 'CLOSE_WAIT') this.state = 'LAST_ACK';
    else return;
    this.link?.shutdown();
  }

  /** Upcall: the peer's FIN has arrived, after all its data. */
  onFin(): void {
    this.#flags |= FIN_RECEIVED;
    this.shut |= SHUT_RD;
    if (this.state === 'ESTABLISHED') this.state = 'CLOSE_WAIT';
    else if (this.state === 'FIN_WAIT1') this.state = 'CLOSING';
    else if (this.state === 'FIN_WAIT2') this.finished();
    this.waits.wake(0);
  }

  /** Upcall: the peer has acknowledged our FIN. */
  onFinAcknowledged(): void {
    if (this.state === 'FIN_WAIT1') this.state = 'FIN_WAIT2';
    else if (this.state === 'CLOSING' || this.state === 'LAST_ACK') this.finished();
    this.waits.wake(0);
  }

  /** tcp_done after an orderly close. */
  private finished(): void {
    const timeWait = this.state !== 'LAST_ACK';
    if (timeWait) this.kernel.surroundings.socketsSeen |= SEEN_TIME_WAIT;
    this.state = 'CLOSE';
    this.shut = SHUT_RDWR;
    this.link = null;
    this.givePortBack();
    this.network.disconnected(this, timeWait);
    if (this.orphan) this.network.released(this);
  }

  /**
   * Upcall: RST has arrived (tcp_reset): the error depends on the state; what was received stays
   * readable.
   */
  onReset(errno: number = ECONNRESET): void {
    if (this.state === 'CLOSE' || this.state === 'LISTEN') return;
    if (errno === ECONNRESET) this.kernel.surroundings.socketsSeen |= SEEN_RESET;
    this.error = this.state === 'CLOSE_WAIT' ? EPIPE : errno;
    this.shut = SHUT_RDWR;
    this.detach();
    this.waits.wake(0);
    this.waits.wake(POLLERR);
  }

  /** The connection is no more: state CLOSE, the port given back. */
  private detach(): void {
    this.state = 'CLOSE';
    this.link = null;
    this.givePortBack();
    this.network.disconnected(this, false);
    if (this.orphan) this.network.released(this);
  }

  /**
   * inet_put_port: the end of a connection or of listening frees the port, unless the program had
   * asked for that number.
   */
  private givePortBack(): void {
    if ((this.#flags & PORT_CHOSEN) === 0) this.hasPort = false;
  }

  private stopListening(): void {
    this.network.unlisten(this);
    this.state = 'CLOSE';
    this.givePortBack();
    if (!this.hasPort) this.network.released(this);
    for (const child of this.#listening?.queue.splice(0) ?? []) {
      child.#flags |= ORPHAN;
      child.link?.reset();
      child.onReset();
    }
  }

  /** tcp_close at the last reference. */
  override release(): void {
    this.#flags |= ORPHAN;
    switch (this.state) {
      case 'LISTEN':
        this.stopListening();
        this.network.released(this);
        return;
      case 'SYN_SENT':
        this.network.abortConnect(this);
        this.detach();
        return;
      case 'CLOSE':
        this.network.released(this);
        return;
      default:
        // # close of TCP: with unread data it is an RST, so that the peer learns that its bytes
        // were lost (RFC 2525, 2.17).
        if (this.bytesQueued > 0 || this.options.lingerSeconds === 0) {
          this.link?.reset();
          this.#received?.clear();
          this.detach();
          return;
        }
        this.shut = SHUT_RDWR;
        this.sendFin();
    }
  }

  /** sk_stream_closing: a close with SO_LINGER waits for this to end. */
  get isClosing(): boolean {
    return this.state === 'FIN_WAIT1' || this.state === 'CLOSING' || this.state === 'LAST_ACK';
  }

  // ---- names and options ----

  override sockname(): Address | number {
    return this.local ?? { host: '0.0.0.0', port: 0 };
  }

  override peername(): Address | number {
    if (this.peer === null || this.state === 'CLOSE' || this.state === 'SYN_SENT') return -ENOTCONN;
    return this.peer;
  }

  /** sock_error: it is told once. */
  takeError(): number {
    const error = this.error;
    this.error = 0;
    return error;
  }

  override getOption(option: SocketOption): number {
    return optionOf(this, option);
  }

  override setOption(option: SocketOption, value: number): number {
    return setOption(this, option, value);
  }

  override touchesOfSyn(address: InetAddress, into: Footprint): boolean {
    const { network } = this;
    network.touchesOfConnect?.(this, address, into);
    return network.touchesOfConnect !== undefined;
  }

  override describe(): string {
    const here = this.local === null ? 'unbound' : addressText(this.local);
    switch (this.state) {
      case 'LISTEN':
        return `LISTEN ${here} backlog ${this.acceptQueueLength}/${this.backlog}`;
      case 'CLOSE':
        return `CLOSE${this.error === 0 ? '' : ` error ${errnoCode(this.error)}`}`;
      default: {
        const there = this.peer === null ? '?' : addressText(this.peer);
        const sent = this.link === null ? 0 : this.link.bytesInFlight;
        return `${this.state} ${here} ↔ ${there}  recv ${this.bytesQueued} B  in flight ${sent} B`;
      }
    }
  }
}

const EMPTY = new Uint8Array(0);
const KIND: SocketKind = { SO_DOMAIN: AF_INET, SO_TYPE: SOCK_STREAM, SO_PROTOCOL: IPPROTO_TCP };

/** With MSG_TRUNC the bytes are only counted: the buffer stays as it was. */
function copied(bytes: Uint8Array, flags: number): Uint8Array {
  return (flags & MSG_TRUNC) === 0 ? bytes : new Uint8Array(bytes.length);
}
