/**
 * Packets as they would have been on the wire: IPv4 (RFC 791) with TCP (RFC 9293) or UDP (RFC 768)
 * inside.
 */
import type { InetAddress } from '../../../sys/sys.ts';
import type { Carried } from '../recorder.ts';

export interface Packet {
  readonly step: number;
  readonly timeMs: number;
  readonly bytes: Uint8Array;
}

const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const PSH = 0x08;
const ACK = 0x10;
/** Data of one packet at most: what an Ethernet frame has room for. */
const SEGMENT_BYTES_MAX = 1460;
const WINDOW_BYTES = 65_535;
const TTL = 64;
const PROTOCOL = { tcp: 6, udp: 17 } as const;
const IP_HEADER_BYTES = 20;
const TCP_HEADER_BYTES = 20;
const UDP_HEADER_BYTES = 8;
const NOTHING = new Uint8Array(0);

/** The machines of a run by name, and the addresses they are given here. */
export class Hosts {
  readonly #numbers = new Map<string, readonly number[]>();

  /** An address of four numbers stays; a name gets the next of 10.0.0.0/8. */
  addressOf(name: string): readonly number[] {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const numbers = /^\d+\.\d+\.\d+\.\d+$/.test(name) ? name.split('.').map(Number) : undefined;
    const made = numbers ?? [10, 0, this.#numbers.size >> 8, (this.#numbers.size & 0xff) + 1];
    this.#numbers.set(name, made);
    return made;
  }

  get named(): [name: string, address: readonly number[]][] {
    return [...this.#numbers].filter(([name, address]) => name !== address.join('.'));
  }
}

/** One direction of a connection. */
interface Side {
  /** The next byte to be sent. */
  sequence: number;
}

interface Connection {
  readonly sides: ReadonlyMap<string, Side>;
}

/**
 * The packets of what was carried, in order.
 *
 * # Acknowledged at once
 * heddle's network has no acknowledgements; each arrival is answered here as a kernel that never
 * delays would.
 */
export function packetsOf(carried: readonly Carried[], hosts: Hosts): Packet[] {
  const packets: Packet[] = [];
  const connections = new Map<string, Connection>();
  for (const segment of carried) {
    for (const bytes of packetsFor(segment, hosts, connections)) {
      packets.push({ step: segment.step, timeMs: segment.timeMs, bytes });
    }
  }
  return packets;
}

function packetsFor(
  segment: Carried,
  hosts: Hosts,
  connections: Map<string, Connection>,
): Uint8Array[] {
  const { what, fromAddress, toAddress, bytes } = segment;
  if (what === 'datagram') return [udp(hosts, fromAddress, toAddress, bytes)];
  const [from, to] = [keyOf(fromAddress), keyOf(toAddress)];
  const key = [from, to].sort().join(' ');
  if (what === 'SYN' || what === 'refused') {
    const first = (connections.size + 1) * 100_000;
    const sides = new Map([
      [from, { sequence: first }],
      [to, { sequence: first + 50_000 }],
    ]);
    connections.set(key, { sides });
  }
  const connection = connections.get(key);
  // What a capture that began too late has not seen the beginning of.
  if (connection === undefined) return [];
  const here = connection.sides.get(from) as Side;
  const there = connection.sides.get(to) as Side;
  const out = (flags: number, data: Uint8Array = NOTHING): Uint8Array =>
    tcp(
      hosts,
      [fromAddress, toAddress],
      { flags, sequence: here.sequence, acknowledged: there.sequence },
      data,
    );
  const back = (flags: number): Uint8Array =>
    tcp(
      hosts,
      [toAddress, fromAddress],
      { flags, sequence: there.sequence, acknowledged: here.sequence },
      NOTHING,
    );
  switch (what) {
    case 'SYN': {
      const syn = out(SYN);
      here.sequence++;
      const answer = back(SYN | ACK);
      there.sequence++;
      return [syn, answer];
    }
    case 'ACK':
      return [out(ACK)];
    case 'refused': {
      const syn = out(SYN);
      here.sequence++;
      return [syn, back(RST | ACK)];
    }
    case 'data': {
      const sent: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += SEGMENT_BYTES_MAX) {
        const part = bytes.subarray(at, at + SEGMENT_BYTES_MAX);
        sent.push(out(PSH | ACK, part));
        here.sequence += part.length;
      }
      return [...sent, back(ACK)];
    }
    case 'FIN': {
      const fin = out(FIN | ACK);
      here.sequence++;
      return [fin, back(ACK)];
    }
    case 'RST':
      return [out(RST | ACK)];
  }
}

const keyOf = ({ host, port }: InetAddress): string => `${host}:${port}`;

interface TcpFields {
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledged: number;
}

function tcp(
  hosts: Hosts,
  [from, to]: readonly [InetAddress, InetAddress],
  { flags, sequence, acknowledged }: TcpFields,
  data: Uint8Array,
): Uint8Array {
  const segment = new Uint8Array(TCP_HEADER_BYTES + data.length);
  const view = new DataView(segment.buffer);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint32(4, sequence);
  view.setUint32(8, (flags & ACK) === 0 ? 0 : acknowledged);
  view.setUint8(12, (TCP_HEADER_BYTES / 4) << 4);
  view.setUint8(13, flags);
  view.setUint16(14, WINDOW_BYTES);
  segment.set(data, TCP_HEADER_BYTES);
  return ip(hosts, from, to, PROTOCOL.tcp, segment, 16);
}

function udp(hosts: Hosts, from: InetAddress, to: InetAddress, data: Uint8Array): Uint8Array {
  const datagram = new Uint8Array(UDP_HEADER_BYTES + data.length);
  const view = new DataView(datagram.buffer);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint16(4, datagram.length);
  datagram.set(data, UDP_HEADER_BYTES);
  return ip(hosts, from, to, PROTOCOL.udp, datagram, 6);
}

/** The packet around `payload`, whose checksum stands at `checksumAt`. */
function ip(
  hosts: Hosts,
  from: InetAddress,
  to: InetAddress,
  protocol: number,
  payload: Uint8Array,
  checksumAt: number,
): Uint8Array {
  const packet = new Uint8Array(IP_HEADER_BYTES + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, packet.length);
  // Don't fragment.
  view.setUint16(6, 0x4000);
  view.setUint8(8, TTL);
  view.setUint8(9, protocol);
  packet.set(hosts.addressOf(from.host), 12);
  packet.set(hosts.addressOf(to.host), 16);
  view.setUint16(10, checksum(packet.subarray(0, IP_HEADER_BYTES)));
  packet.set(payload, IP_HEADER_BYTES);
  // The pseudo-header: both addresses, the protocol, and the length.
  const pseudo = new Uint8Array(12 + payload.length);
  pseudo.set(packet.subarray(12, 20));
  new DataView(pseudo.buffer).setUint32(8, (protocol << 16) | payload.length);
  pseudo.set(payload, 12);
  view.setUint16(IP_HEADER_BYTES + checksumAt, checksum(pseudo));
  return packet;
}

/** RFC 1071: the ones' complement of the ones' complement sum of 16-bit words. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return ~sum & 0xffff;
}
