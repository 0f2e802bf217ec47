import { FAULT_BACKLOG, FAULT_EMFILE, FAULT_REFUSE, FAULT_RESET } from '../kernel/choices.ts';
import type { World } from '../schedule/world.ts';

/** What a client of an echo service tells about its connection. */
export interface EchoRecord {
  readonly name: string;
  /** What it meant to send. */
  readonly message: Uint8Array;
  /** How much of that was taken from it. */
  readonly sentBytes: number;
  readonly received: Uint8Array;
  /** The server has ended its stream. */
  readonly ended: boolean;
  /** The errno that ended it, as `ECONNRESET`. */
  readonly error: string | undefined;
  /** It wanted all of its bytes back (rather than leave, or be rude, before). */
  readonly wanted: boolean;
}

/** How a server answers: with the same bytes, or with `Got: ` and what one recv returned, each time. */
export type EchoAnswers = 'same' | 'got';

export const LAW_ECHO = 'every client gets its own bytes back, in order';

/**
 * Each client receives exactly its own bytes, in order; one that a fault has struck receives the beginning of them.
 *
 * Whether a fault has struck is told by the client's error, and only in runs in which a fault was active that can cause it; in all
 * others an error is the server's doing.
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

/**
 * `Got: ` before each piece. Where the server's recv cut the bytes is not known to the client, so any cuts that explain the answer
 * do. A message may itself contain `Got: `, hence all explanations are followed side by side.
 */
export function matchGot(sent: Uint8Array, received: Uint8Array): Match {
  if (received.length === 0) return sent.length === 0 ? 'whole' : 'part';
  // After `at` bytes of the answer a piece may begin with byte `i` of the message: beginnings.get(at) holds these i.
  const beginnings = new Map<number, Set<number>>([[0, new Set([0])]]);
  let match: Match = 'wrong';
  for (let at = 0; at < received.length; at++) {
    const here = beginnings.get(at);
    if (here === undefined || !hasPrefix(received, at)) continue;
    const body = at + GOT.length;
    for (const i of here) {
      if (i === sent.length) continue;
      if (body >= received.length) match = 'part';
      for (let n = 0; i + n < sent.length && received[body + n] === sent[i + n]; n++) {
        const end = body + n + 1;
        if (end === received.length) {
          if (i + n + 1 === sent.length) return 'whole';
          match = 'part';
        } else addTo(beginnings, end, i + n + 1);
      }
    }
  }
  return match;
}

/** Whether `Got: `, or as much of it as is there, stands at `at`. */
function hasPrefix(received: Uint8Array, at: number): boolean {
  const size = Math.min(GOT.length, received.length - at);
  for (let k = 0; k < size; k++) if (received[at + k] !== GOT[k]) return false;
  return true;
}

function addTo(sets: Map<number, Set<number>>, key: number, value: number): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

/** The beginning of some bytes, for messages. */
function preview(bytes: Uint8Array): string {
  const text = JSON.stringify(new TextDecoder().decode(bytes.subarray(0, 24)));
  return bytes.length > 24 ? `${text}… (${bytes.length} bytes)` : text;
}
