import { FAULT_BACKLOG, FAULT_EMFILE, FAULT_REFUSE, FAULT_RESET } from '../kernel/choices.ts';
import type { World } from '../schedule/world.ts';

/** What a client of an echo service tells about its connection. @since 0.1.0 */
export interface EchoRecord {
  /** Of the client, for reports. */
  readonly name: string;
  /** What it meant to send. */
  readonly message: Uint8Array;
  /** How much of that was taken from it. */
  readonly sentBytes: number;
  /** All bytes that came back to it so far. */
  readonly received: Uint8Array;
  /** The server has ended its stream. */
  readonly ended: boolean;
  /** The errno that ended it, as `ECONNRESET`. */
  readonly error: string | undefined;
  /** It wanted all of its bytes back (rather than leave, or be rude, before). */
  readonly wanted: boolean;
}

/**
 * How a server answers: with the same bytes, or with `Got: ` and what one recv returned, each time.
 *
 * @since 0.1.0
 */
export type EchoAnswers = 'same' | 'got';

/** What reports call {@link echoLaw}. @since 0.1.0 */
export const LAW_ECHO = 'every client gets its own bytes back, in order';

/**
 * Each client receives exactly its own bytes, in order; one that a fault has struck receives the
 * beginning of them.
 *
 * Whether a fault has struck is told by the client's error, and only in runs in which a fault was
 * active that can cause it; in all others an error is the server's doing.
 *
 * ```ts
 * const records: EchoRecord[] = []; // one a client, which the clients keep up to date
 * echoLaw(world, records);
 * ```
 *
 * @since 0.1.0
 */
export function echoLaw(
  world: World,
  records: readonly EchoRecord[],
  answers: EchoAnswers = 'same',
): void {
  world.finally(LAW_ECHO, () => {
    for (const record of records) {
      const wrong = echoFault(record, answers, world.faults);
      if (wrong !== undefined) return `${record.name} ${wrong}`;
    }
    return true;
  });
}

function echoFault(record: EchoRecord, answers: EchoAnswers, faults: number): string | undefined {
  const sent = record.message.subarray(0, record.sentBytes);
  const { received } = record;
  const match = answers === 'same' ? matchSame(sent, received) : matchGot(sent, received);
  if (match === 'wrong') {
    return `received ${preview(received)}, which is not what it had sent (${preview(sent)})`;
  }
  if (!record.wanted) return undefined;
  const { error } = record;
  if (error !== undefined && isExcused(error, faults)) return undefined;
  const whole = record.sentBytes === record.message.length && match === 'whole';
  if (whole && error === undefined) return undefined;
  const how =
    error !== undefined
      ? `met ${error} although nothing had struck it`
      : record.ended
        ? 'met the end of the stream'
        : 'gave up';
  return `${how} after ${received.length} bytes of the answer to ${record.message.length}`;
}

/** Whether an active fault may be the cause of this error. */
export function isExcused(error: string, faults: number): boolean {
  switch (error) {
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ENOTCONN':
      return (faults & FAULT_RESET) !== 0;
    case 'ECONNREFUSED':
      return (faults & FAULT_REFUSE) !== 0;
    case 'ETIMEDOUT':
      return (faults & FAULT_BACKLOG) !== 0;
    case 'EMFILE':
      return (faults & FAULT_EMFILE) !== 0;
    default:
      return false;
  }
}

/** How an answer compares with what was sent: all of it, the beginning of it, or something else. */
export type Match = 'whole' | 'part' | 'wrong';

export function matchSame(sent: Uint8Array, received: Uint8Array): Match {
  if (received.length > sent.length) return 'wrong';
  for (let i = 0; i < received.length; i++) if (received[i] !== sent[i]) return 'wrong';
  return received.length === sent.length ? 'whole' : 'part';
}

const GOT = new TextEncoder().encode('Got: ');

/** In the body of a piece of which there is at least one byte. */
const IN_BODY: number = GOT.length + 1;
const PLACES = IN_BODY + 1;

/**
 * Reads an answer as it comes, and knows all the ways in which it may have come about. `Got: `
 * stands before each piece; where the server's recv cut the bytes is not known to the client, and a
 * message may itself contain `Got: `.
 *
 * A way is a number: how many bytes of the message it has used, times {@link PLACES}, plus how much
 * of `Got: ` it has read.
 */
export class GotReader {
  readonly #message: Uint8Array;
  #ways: Set<number> = new Set([0]);

  constructor(message: Uint8Array) {
    this.#message = message;
  }

  read(bytes: Uint8Array): void {
    for (const byte of bytes) {
      const next = new Set<number>();
      for (const way of this.#ways) this.#follow(way, byte, next);
      this.#ways = next;
    }
  }

  #follow(way: number, byte: number, next: Set<number>): void {
    const place = way % PLACES;
    const used = (way - place) / PLACES;
    if (used === this.#message.length) return;
    if (place < GOT.length) {
      if (byte === GOT[place]) next.add(way + 1);
      return;
    }
    if (byte === this.#message[used]) next.add((used + 1) * PLACES + IN_BODY);
    if (place === IN_BODY && byte === GOT[0]) next.add(used * PLACES + 1);
  }

  /** How what was read compares with the answer to the first `bytes` bytes of the message. */
  match(bytes: number): Match {
    if (this.#ways.has(bytes === 0 ? 0 : bytes * PLACES + IN_BODY)) return 'whole';
    for (const way of this.#ways) if (way < bytes * PLACES) return 'part';
    return 'wrong';
  }
}

/** `Got: ` before each piece, wherever the server's recv cut them. */
export function matchGot(sent: Uint8Array, received: Uint8Array): Match {
  const reader = new GotReader(sent);
  reader.read(received);
  return reader.match(sent.length);
}

/** The beginning of some bytes, for messages. */
function preview(bytes: Uint8Array): string {
  const text = JSON.stringify(new TextDecoder().decode(bytes.subarray(0, 24)));
  return bytes.length > 24 ? `${text}… (${bytes.length} bytes)` : text;
}
