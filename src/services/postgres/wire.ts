/**
 * Messages of PostgreSQL's protocol 3 ("Frontend/Backend Protocol", Message Formats): a letter, the
 * length of what follows with its own four bytes, and the body.
 */
import { PROTOCOL } from '../../sim/trace/protocols/postgres.ts';

/** One message, in bytes of its own. */
export interface Message {
  /** Its letter; empty for the first one of a client, which has none. */
  readonly type: string;
  /** All of it, with letter and length. */
  readonly whole: Uint8Array;
  readonly body: Buffer;
}

const NOTHING = new Uint8Array(0);
/** Longer ones PostgreSQL does not take either. */
const LENGTH_MAX = 0x3fffffff;

/** Puts messages together out of pieces of a stream. */
export class Messages {
  #rest: Uint8Array = NOTHING;
  #isFirst: boolean;

  /** @param first whether the stream begins with a message that has no letter */
  constructor(first: 'untyped' | 'typed') {
    this.#isFirst = first === 'untyped';
  }

  /** The next one has no letter either: after a refused request for encryption. */
  beginAgain(): void {
    this.#isFirst = true;
  }

  push(bytes: Uint8Array): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
  }

  /** Undefined until a whole one is there. Throws a RangeError at what is no message. */
  take(): Message | undefined {
    const head = this.#isFirst ? 0 : 1;
    const rest = Buffer.from(this.#rest.buffer, this.#rest.byteOffset, this.#rest.length);
    if (rest.length < head + 4) return undefined;
    const length = rest.readUInt32BE(head);
    if (length < 4 || length > LENGTH_MAX) throw new RangeError(`a message of ${length} B`);
    if (rest.length < head + length) return undefined;
    const whole = rest.subarray(0, head + length);
    this.#rest = rest.subarray(head + length);
    const type = head === 0 ? '' : String.fromCharCode(rest[0] as number);
    this.#isFirst = false;
    return { type, whole, body: whole.subarray(head + 4) };
  }
}

/** A message of strings, each with a zero behind it, numbers of 16 bits, and bytes. */
export function message(type: string, ...parts: readonly (string | number | Uint8Array)[]): Buffer {
  const bodies = parts.map((part) => {
    if (typeof part === 'string') return Buffer.from(`${part}\0`);
    if (typeof part !== 'number') return part;
    const two = Buffer.alloc(2);
    two.writeInt16BE(part);
    return two;
  });
  const body = Buffer.concat(bodies);
  const head = Buffer.alloc(type.length + 4);
  head.write(type, 'latin1');
  head.writeUInt32BE(body.length + 4, type.length);
  return Buffer.concat([head, body]);
}

export const CANCEL_REQUEST = 80877102;

export function int32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => void bytes.writeInt32BE(value, 4 * at));
  return bytes;
}

/** The first message of a connection. */
export function startup(parameters: Readonly<Record<string, string>>): Buffer {
  return message('', int32(PROTOCOL), ...Object.entries(parameters).flat(), '');
}

/** The text up to the next zero. */
export function textAt(body: Buffer, at = 0): string {
  const end = body.indexOf(0, at);
  return body.toString('utf8', at, end < 0 ? body.length : end);
}

/** The texts of a message, each with a zero behind it. */
export function textsOf(body: Buffer): string[] {
  return body.toString('utf8').split('\0').slice(0, -1);
}

/** Fields of an ErrorResponse or a NoticeResponse, by letter. */
export function fieldsOf(body: Buffer): Record<string, string> {
  const texts = textsOf(body).filter((text) => text !== '');
  return Object.fromEntries(texts.map((text) => [text[0], text.slice(1)]));
}

/** An ErrorResponse as PostgreSQL's own. */
export function errorResponse(
  code: string,
  text: string,
  more: Readonly<Record<string, string>> = {},
): Buffer {
  const fields = { S: 'ERROR', V: 'ERROR', C: code, M: text, ...more };
  return message('E', ...Object.entries(fields).map(([letter, value]) => letter + value), '');
}

/** Columns of a DataRow; null for NULL. */
export function columnsOf(body: Buffer): (string | null)[] {
  const columns: (string | null)[] = [];
  for (let at = 2; at < body.length; ) {
    const length = body.readInt32BE(at);
    at += 4;
    columns.push(length < 0 ? null : body.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return columns;
}
