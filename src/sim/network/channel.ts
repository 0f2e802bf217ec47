import type { InetAddress } from '../../sys/sys.ts';
import { addressText } from '../kernel/addresses.ts';
import { ByteQueue } from '../kernel/byte-queue.ts';
import { FAULT_JOIN, FAULT_RESET, FAULT_STALL, KIND, type Labelled } from '../kernel/choices.ts';
import type { Footprint } from '../kernel/footprint.ts';
import { type Arrival, labelOf } from '../kernel/happening.ts';
import type { Link, UnderWay } from '../kernel/network.ts';
import { copyPayload } from '../kernel/payload.ts';
import type { TcpSocket } from '../kernel/tcp.ts';
import { Timer, type TimerTarget } from '../kernel/timers.ts';
import { EnvironmentEvent } from './events.ts';
import { NOTHING, type Segment, type Tap } from './tap.ts';
import type { VirtualNetwork } from './virtual.ts';

/** How long a stalled direction stands still, by alternative: 1 is the shorter. */
const STALL_MS = [0, 10, 1000] as const;
/** How long a segment waits for company when writes are joined. */
const JOIN_MS = 1;

/** Where a message may be parted: nowhere, before its last byte, after its first, in the middle. */
const PLACES = 4;
/** How much later the rest comes. */
const PARTED_MS = [0, 1, 5] as const;

// Of a channel's flags.
const FIN = 1;
const FIN_ARRIVED = 2;
const RST = 4;
/** Nothing more arrives. */
const DONE = 8;
/** On its way, or held back by a fault, until the timer fires. */
const HELD = 16;
/** Nothing gets through before the handshake is complete. */
const GATE_CLOSED = 32;
/** There is nobody behind it, and whatever arrives is answered with RST. */
const GATE_VOID = 64;

/**
 * What is under way in a channel: its arrival is what may happen next. An idle connection on
 * loopback never has any.
 */
class Transit extends EnvironmentEvent implements TimerTarget {
  readonly queue: ByteQueue = new ByteQueue();
  timer: Timer | null = null;
  /** Places of urgent bytes in the queue, in order; null while there are none. */
  urgent: number[] | null = null;
  readonly #channel: Channel;

  constructor(channel: Channel) {
    super();
    this.#channel = channel;
  }

  fire(): void {
    this.#channel.fire();
  }

  expire(): void {
    this.#channel.expire();
  }

  happening(): Arrival {
    return this.#channel.happening();
  }

  override touches(footprint: Footprint): void {
    this.#channel.touches(footprint);
  }
}

// Its methods are `private`, not `#`: those would mark each object of the class, with 8 bytes.
/**
 * One direction of a virtual connection: bytes, then FIN or RST, never reordered. In loopback mode
 * whatever the receiver has room for arrives at once; in adversarial mode each arrival is a step of
 * its own and brings some prefix.
 *
 * # TCP: an RST does not overtake data
 * Bytes that the receiver has room for arrive before an RST sent behind them, as they do on Linux's
 * `lo`. On a lossy path they might not; loss of that kind belongs to a fault, not to every reset.
 */
export class Channel implements Link, Labelled {
  readonly from: TcpSocket;
  /** The other direction. That of a socket that has met itself is its own. */
  reverse: Channel = this;
  /** In one field: as fields of their own they would take 40 bytes more of every direction. */
  #flags = 0;
  #transit: Transit | null = null;

  constructor(from: TcpSocket) {
    this.from = from;
  }

  /** What travels, to be added to. */
  private get transit(): Transit {
    this.#transit ??= new Transit(this);
    return this.#transit;
  }

  /** Whether any of these flags is set. */
  private is(flags: number): boolean {
    return (this.#flags & flags) !== 0;
  }

  private get finUnderWay(): boolean {
    return (this.#flags & (FIN | FIN_ARRIVED)) === FIN;
  }

  /** That of its sockets, who know no more of it than that it is one. */
  private get network(): VirtualNetwork {
    return this.from.network as VirtualNetwork;
  }

  get to(): TcpSocket {
    return this.reverse.from;
  }

  get counterpart(): TcpSocket | null {
    return this.network.adversarial ? null : this.to;
  }

  get bytesInFlight(): number {
    return this.#transit === null ? 0 : this.#transit.queue.length;
  }

  /** Of the sender's buffer: at least one byte. */
  private get capacity(): number {
    return this.from.options.sendBufferBytes || this.network.sendBufferBytes;
  }

  get room(): number {
    return Math.max(0, this.capacity - this.bytesInFlight);
  }

  get isFull(): boolean {
    return this.#transit !== null && this.room === 0;
  }

  sendAll(bytes: Uint8Array): boolean {
    const { length } = bytes;
    return this.room >= length && (this.passes(bytes, 0, length) || this.send(bytes, 0) === length);
  }

  send(bytes: Uint8Array, from: number): number {
    const offered = bytes.length - from;
    const room = this.room;
    const fits = offered < room ? offered : room;
    if (this.passes(bytes, from, fits)) return fits;
    if (this.is(DONE)) return offered;
    if (fits === 0) return 0;
    const wasEmpty = this.bytesInFlight === 0;
    const { queue } = this.transit;
    const taken = copyPayload(bytes, from, fits);
    queue.push(taken);
    this.network.tap?.departed(this.segment('data', taken));
    if (wasEmpty) this.depart();
    this.pump();
    return fits;
  }

  /** They arrive at once, if that can be. */
  private passes(bytes: Uint8Array, from: number, size: number): boolean {
    const network = this.network;
    if (!network.immediate || this.bytesInFlight > 0 || this.is(HELD)) return false;
    const to = this.to;
    if (to.receiveRoom < size) return false;
    if (network.tap !== undefined) this.tell(network.tap, copyPayload(bytes, from, size));
    if (!to.isClosed) to.onData(copyPayload(bytes, from, size));
    return true;
  }

  /** What departs arrives at the same moment. */
  private tell(tap: Tap, bytes: Uint8Array): void {
    const segment = this.segment('data', bytes);
    tap.departed(segment);
    tap.arrived(segment);
  }

  sendUrgent(byte: number): boolean {
    if (this.is(DONE)) return true;
    if (this.room < 1) return false;
    const wasEmpty = this.bytesInFlight === 0;
    const { transit } = this;
    transit.urgent ??= [];
    transit.urgent.push(this.bytesInFlight);
    const urgent = new Uint8Array([byte]);
    transit.queue.push(urgent);
    this.network.tap?.departed(this.segment('data', urgent));
    if (wasEmpty) this.depart();
    this.pump();
    return true;
  }

  /** What may arrive ends before the next urgent byte, or is that byte. */
  private urgentArrives(transit: Transit, size: number): void {
    const places = transit.urgent as number[];
    const next = places[0] as number;
    const taken = next === 0 ? 1 : Math.min(size, next);
    const bytes = transit.queue.take(taken);
    if (next === 0) places.shift();
    transit.urgent = places.length === 0 ? null : places.map((place) => place - taken);
    this.network.tap?.arrived(this.segment('data', bytes));
    if (this.to.state !== 'CLOSE') {
      if (next === 0) this.to.onUrgent(bytes[0] as number);
      else this.to.onData(bytes);
    }
    this.from.onWriteSpace();
  }

  private segment(what: Segment['what'], bytes: Uint8Array = NOTHING): Segment {
    const { from, to } = this;
    const fromAddress = from.local as InetAddress;
    const toAddress = to.local as InetAddress;
    return { what, from, to, fromAddress, toAddress, bytes };
  }

  /** Something starts to travel: latency, and faults that hold it back. */
  private depart(): void {
    const network = this.network;
    const latencyMs = network.drawLatencyMs(this);
    let heldMs = latencyMs + network.cutMs(this.from.host, this.to.host);
    if (
      (network.choices.faults & FAULT_JOIN) !== 0 &&
      network.choices.decide(KIND.join, 2, this) === 1
    ) {
      heldMs += JOIN_MS;
    }
    if (heldMs > 0) this.hold(heldMs);
  }

  private hold(ms: number): void {
    this.#flags |= HELD;
    const { transit } = this;
    transit.timer ??= new Timer(transit);
    const { clock } = this.network;
    clock.timers.arm(transit.timer, clock.nowNs + ms * 1e6);
  }

  /** What held it back is over. */
  expire(): void {
    this.#flags &= ~HELD;
    this.pump();
  }

  shutdown(): void {
    this.#flags |= FIN;
    this.network.tap?.departed(this.segment('FIN'));
    if (this.bytesInFlight === 0 && !this.is(HELD)) this.depart();
    this.pump();
  }

  reset(): void {
    if (this.is(RST)) return;
    this.#flags |= RST;
    this.network.tap?.departed(this.segment('RST'));
    const queue = this.#transit?.queue;
    if (queue !== undefined && queue.length > 0) {
      const underWay = queue.take(Math.min(queue.length, this.to.receiveRoom));
      queue.clear();
      queue.push(underWay);
    }
    // What travels the other way finds nobody.
    this.reverse.cancel();
    this.pump();
  }

  /** Nothing gets through until {@link open}. */
  shut(): void {
    this.#flags |= GATE_CLOSED;
  }

  open(): void {
    this.#flags &= ~GATE_CLOSED;
    this.pump();
  }

  /** The end that this leads to has never come up, and will not. */
  abandon(): void {
    this.#flags |= GATE_VOID;
    this.#flags &= ~GATE_CLOSED;
    this.pump();
  }

  get isReset(): boolean {
    return this.is(RST);
  }

  /** Nothing more arrives through this direction. */
  cancel(): void {
    this.#flags |= DONE;
    const transit = this.#transit;
    if (transit === null) return;
    transit.queue.clear();
    if (transit.timer?.armed) this.network.clock.timers.disarm(transit.timer);
    this.network.events.remove(transit);
  }

  windowOpened(): void {
    const reverse = this.reverse;
    if (reverse.bytesInFlight > 0) reverse.pump();
  }

  /** Whether anything could arrive now. */
  private get pending(): boolean {
    if (this.is(DONE | HELD | GATE_CLOSED)) return false;
    if (this.is(RST)) return true;
    return this.bytesInFlight > 0 ? this.to.receiveRoom > 0 : this.finUnderWay;
  }

  /**
   * What may arrive, arrives (loopback) or stands in the list of what may happen next
   * (adversarial).
   */
  pump(): void {
    if (this.network.adversarial) {
      if (this.pending) this.network.events.add(this.transit);
      else if (this.#transit !== null) this.network.events.remove(this.#transit);
      return;
    }
    while (this.pending) this.arrive();
  }

  /** Something arrives. */
  fire(): void {
    this.arrive();
    this.pump();
  }

  private arrive(): void {
    if (this.is(GATE_VOID)) {
      this.reverse.reset();
      return;
    }
    const { choices } = this.network;
    if (choices.faults !== 0 && this.faultStrikes()) return;
    const transit = this.#transit;
    if (transit !== null && transit.queue.length > 0) {
      const { queue } = transit;
      let size = Math.min(queue.length, this.to.receiveRoom);
      if (size > 1 && this.network.parts) size = this.part(size);
      else if (size > 1 && this.network.splits) {
        size = choices.decide(KIND.deliver, size, this) || size;
      }
      if (size > 0) {
        if (transit.urgent !== null) {
          this.urgentArrives(transit, size);
          return;
        }
        const bytes = queue.take(size);
        this.network.tap?.arrived(this.segment('data', bytes));
        if (this.to.state !== 'CLOSE') this.to.onData(bytes);
        this.from.onWriteSpace();
        return;
      }
      queue.clear();
    }
    if (this.is(RST)) {
      this.#flags |= DONE;
      this.network.tap?.arrived(this.segment('RST'));
      this.to.onReset();
      return;
    }
    this.#flags |= FIN_ARRIVED;
    this.network.tap?.arrived(this.segment('FIN'));
    this.to.onFin();
    this.from.onFinAcknowledged();
  }

  /**
   * How much of it arrives: all, or a part, and then the rest may be late. Programs that read
   * messages break at the first byte and before the last; among all places these would hardly ever
   * be met.
   */
  private part(size: number): number {
    const { choices } = this.network;
    const place = choices.decide(KIND.deliver, PLACES, this);
    if (place === 0) return size;
    const lateMs = PARTED_MS[choices.decide(KIND.latency, PARTED_MS.length, this)] as number;
    if (lateMs > 0) this.hold(lateMs);
    return [size, size - 1, 1, size >> 1][place] as number;
  }

  private faultStrikes(): boolean {
    const { choices } = this.network;
    if ((choices.faults & FAULT_RESET) !== 0 && choices.decide(KIND.reset, 2, this) === 1) {
      this.strike();
      return true;
    }
    if ((choices.faults & FAULT_STALL) !== 0) {
      const stall = choices.decide(KIND.stall, STALL_MS.length, this);
      if (stall > 0) {
        this.hold(STALL_MS[stall] as number);
        return true;
      }
    }
    return false;
  }

  /** A fault: the connection is reset under both ends. */
  strike(): void {
    const { reverse } = this;
    this.cancel();
    reverse.cancel();
    const { tap } = this.network;
    tap?.arrived(this.segment('RST'));
    tap?.arrived(reverse.segment('RST'));
    this.from.onReset();
    this.to.onReset();
  }

  /** Its end here takes in, and the sender hears that there is room. */
  touches(footprint: Footprint): void {
    if (!this.bringsBytesOnly) {
      this.to.touchesOfChange(footprint);
      this.from.touchesOfChange(footprint);
      return;
    }
    const { mark } = this.from;
    footprint.write(this, mark);
    footprint.read(this.from, mark);
    this.to.touchesOfArrival(footprint);
  }

  /**
   * What arrives is data, for one who takes it in, from one who does not wait for room; and no
   * fault may strike.
   */
  private get bringsBytesOnly(): boolean {
    const bytes = this.bytesInFlight;
    return (
      bytes > 0 &&
      !this.is(RST | GATE_CLOSED | GATE_VOID) &&
      this.room > 0 &&
      this.from.tuning === null &&
      this.to.takesInPlainly(bytes) &&
      this.network.choices.faults === 0
    );
  }

  label(): string {
    return labelOf(this.happening());
  }

  /** What would arrive now. */
  happening(): Arrival {
    const bytes = this.bytesInFlight;
    const from = addressText(this.from.local as InetAddress);
    const to = addressText(this.to.local as InetAddress);
    return { kind: bytes > 0 ? 'data' : this.is(RST) ? 'RST' : 'FIN', from, to, bytes };
  }

  /** What is on its way, for reports; undefined when nothing is. */
  describe(): UnderWay | undefined {
    const parts: string[] = [];
    if (this.is(DONE)) return undefined;
    if (this.is(GATE_CLOSED)) parts.push('ACK');
    if (this.bytesInFlight > 0) parts.push(`${this.bytesInFlight} B`);
    if (this.finUnderWay) parts.push('FIN');
    if (this.is(RST)) parts.push('RST');
    if (parts.length === 0) return undefined;
    const { from, to } = this.happening();
    return { path: `${from}→${to}`, what: parts.join(', ') };
  }
}
