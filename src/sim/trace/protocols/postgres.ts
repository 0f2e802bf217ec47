import { cutText, latin1, type Message, type Protocol } from './message.ts';

/** PostgreSQL 3.0 and 3.2, as a client's first message names them. */
const VERSIONS: readonly number[] = [0x30000, 0x30002];
const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
/** Letters of a statement. */
const SQL_MAX = 60;
/** Columns of a row that are named. */
const COLUMNS_MAX = 6;

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

  take(bytes: Uint8Array): Message | undefined {
    if (this.#isStarted) return typed(bytes, asked);
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

function typed(
  bytes: Uint8Array,
  said: (type: string, body: Uint8Array) => Said,
): Message | undefined {
  if (bytes.length < 5) return undefined;
  const length = viewOf(bytes).getUint32(1) + 1;
  if (bytes.length < length) return undefined;
  const type = String.fromCharCode(bytes[0] as number);
  return { ...said(type, bytes.subarray(5, length)), bytes: length };
}

function asked(type: string, body: Uint8Array): Said {
  const strings = stringsOf(body);
  switch (type) {
    case 'Q':
      return { text: sqlText(strings[0]), role: 'query' };
    case 'P':
      return { text: sqlText(strings[1]), role: 'query' };
    case 'p':
      return { text: 'password' };
    case 'X':
      return { text: 'leaves' };
    default:
      // Bind, describe, execute and sync belong to the statement before them.
      return { text: '' };
  }
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

/** DataRow: a count, then each column with its length; below zero for null. */
function rowText(body: Uint8Array): string {
  const view = viewOf(body);
  const count = body.length < 2 ? 0 : view.getUint16(0);
  const columns: string[] = [];
  let at = 2;
  for (let i = 0; i < count && at + 4 <= body.length; i++) {
    const length = view.getInt32(at);
    at += 4;
    if (i < COLUMNS_MAX) {
      columns.push(length < 0 ? 'null' : cutText(latin1(body.subarray(at, at + length)), 20));
    }
    at += Math.max(0, length);
  }
  if (count > COLUMNS_MAX) columns.push('…');
  return `(${columns.join(', ')})`;
}
