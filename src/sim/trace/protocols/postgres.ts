import { cutText, joined, latin1, type Message, type Protocol, readable } from './message.ts';

/** Version 3.0, as a client's first message names it, or what else that may ask for. */
export const PROTOCOL = 0x30000;
export const SSL_REQUEST = 80877103;
export const GSS_REQUEST = 80877104;
/** 3.2 besides. */
const VERSIONS: readonly number[] = [PROTOCOL, 0x30002];
/** Letters of a statement. */
const SQL_MAX = 60;
/** Letters of one and its values, of which a row has all and their server's name besides. */
const BOUND_MAX = 46;
/** So many letters of it are there beside whatever values. */
const SQL_MIN = 24;
/** Columns of a row, or parameters of a statement, that are named: more would fill the row. */
const COLUMNS_MAX = 6;
/** Letters of one of them. */
const VALUE_MAX = 20;

/** Whether a stream begins as one to PostgreSQL does. */
export function isPostgresStart(bytes: Uint8Array): boolean {
  if (bytes.length < 8) return false;
  const code = viewOf(bytes).getUint32(4);
  return VERSIONS.includes(code) || code === SSL_REQUEST || code === GSS_REQUEST;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What a client says to PostgreSQL ("Frontend/Backend Protocol", Message Formats). */
export class PostgresClient implements Protocol {
  #isStarted = false;
  /** What was prepared, by the name of the statement. */
  readonly #statements = new Map<string, string>();

  take(bytes: Uint8Array): Message | undefined {
    if (this.#isStarted) {
      return typed(bytes, (type, body, next) => this.#asked(type, body, next));
    }
    if (bytes.length < 8) return undefined;
    const view = viewOf(bytes);
    const length = view.getUint32(0);
    if (bytes.length < length) return undefined;
    this.#isStarted = VERSIONS.includes(view.getUint32(4));
    if (!this.#isStarted) return { text: 'asks for encryption', bytes: length };
    const [, ...words] = stringsOf(bytes.subarray(4, length));
    const user = words[words.indexOf('user') + 1] ?? '';
    return { text: `logs in as ${cutText(user)}`, bytes: length };
  }

  #asked(type: string, body: Uint8Array, next: string): Said {
    const strings = stringsOf(body);
    switch (type) {
      case 'Q':
        return { text: sqlText(strings[0]), role: 'query' };
      case 'P': {
        const [name = '', sql] = strings;
        this.#statements.set(name, sqlText(sql));
        // What follows at once says what it was prepared for.
        return { text: next === 'B' ? '' : `prepares ${sqlText(sql)}` };
      }
      case 'B': {
        const [portal = '', name = ''] = strings;
        const values = valuesText(body.subarray(portal.length + name.length + 2));
        const room = values === '' ? SQL_MAX : Math.max(SQL_MIN, BOUND_MAX - values.length);
        const sql = cutText(this.#statements.get(name) ?? name, room);
        return { text: joined(sql, values), role: 'query' };
      }
      case 'p':
        return { text: 'password' };
      case 'X':
        return { text: 'leaves' };
      default:
        // Describe, execute and sync belong to the statement before them.
        return { text: '' };
    }
  }

  begun(bytes: Uint8Array): string {
    return `the first ${bytes.length} B of a message to PostgreSQL`;
  }
}

/** What PostgreSQL says. */
export class PostgresServer implements Protocol {
  #isFirst = true;

  take(bytes: Uint8Array): Message | undefined {
    const isAnswer = this.#isFirst && (bytes[0] === NO || (bytes[0] === YES && bytes.length === 1));
    this.#isFirst = false;
    if (isAnswer) return { text: bytes[0] === NO ? 'no encryption' : 'encryption', bytes: 1 };
    return typed(bytes, answered);
  }

  begun(bytes: Uint8Array): string {
    return `the first ${bytes.length} B of a message of PostgreSQL`;
  }
}

const NO = 'N'.charCodeAt(0);
const YES = 'S'.charCodeAt(0);

type Said = Pick<Message, 'text' | 'role'>;

/** @param said given what its letter and body are, and the letter of the message behind it */
function typed(
  bytes: Uint8Array,
  said: (type: string, body: Uint8Array, next: string) => Said,
): Message | undefined {
  if (bytes.length < 5) return undefined;
  const length = viewOf(bytes).getUint32(1) + 1;
  if (bytes.length < length) return undefined;
  const type = String.fromCharCode(bytes[0] as number);
  const next = latin1(bytes.subarray(length, length + 1));
  return { ...said(type, bytes.subarray(5, length), next), bytes: length };
}

function answered(type: string, body: Uint8Array): Said {
  switch (type) {
    case 'D':
      return { text: `row ${rowText(body)}` };
    case 'C':
      return { text: stringsOf(body)[0] ?? '', role: 'response' };
    case 'E': {
      const fields = stringsOf(body);
      const message = fields.find((field) => field.startsWith('M'))?.slice(1) ?? '';
      return { text: `error ${cutText(message)}`, role: 'response' };
    }
    case 'Z':
      return { text: 'ready' };
    case 'A':
      return { text: `notifies ${stringsOf(body.subarray(4)).join(' ')}` };
    default:
      return { text: '' };
  }
}

function sqlText(sql = ''): string {
  return cutText(sql.replace(/\s+/g, ' ').trim(), SQL_MAX);
}

/** The texts of a message, each with a zero behind it. */
function stringsOf(body: Uint8Array): string[] {
  return latin1(body).split('\0');
}

/** DataRow: a count, then the columns. */
function rowText(body: Uint8Array): string {
  const columns = valuesOf(body, []);
  return `(${columns.join(', ')})`;
}

/**
 * Bind, behind its names: how values are written (0: as text, 1: in binary; one such number may
 * stand for all, none means text), then the values.
 */
function valuesText(body: Uint8Array): string {
  if (body.length < 2) return '';
  const view = viewOf(body);
  const count = Math.min(view.getUint16(0), (body.length >> 1) - 1);
  const formats = Array.from({ length: count }, (_, i) => view.getUint16(2 + 2 * i));
  const values = valuesOf(body.subarray(2 + 2 * count), formats);
  const named = values.map((value, i) => (value === '…' ? value : `$${i + 1}=${value}`));
  return named.length === 0 ? '' : `(${named.join(', ')})`;
}

/** A count, then each value with its length; below zero for null. */
function valuesOf(body: Uint8Array, formats: readonly number[]): string[] {
  const view = viewOf(body);
  const count = body.length < 2 ? 0 : view.getUint16(0);
  const values: string[] = [];
  let at = 2;
  for (let i = 0; i < count && at + 4 <= body.length; i++) {
    const length = view.getInt32(at);
    at += 4;
    if (i < COLUMNS_MAX) {
      const isBinary = (formats.length === 1 ? formats[0] : formats[i]) === 1;
      const bytes = body.subarray(at, at + Math.max(0, length));
      const text = isBinary ? `${length} B` : (readable(bytes) ?? latin1(bytes));
      values.push(length < 0 ? 'null' : cutText(text, VALUE_MAX));
    }
    at += Math.max(0, length);
  }
  if (count > COLUMNS_MAX) values.push('…');
  return values;
}
