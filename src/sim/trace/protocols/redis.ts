import { cutText, latin1, type Message, type Protocol, readable } from './message.ts';

/** Elements of an answer that are named. */
const ELEMENTS_MAX = 6;
/** Letters of one argument. */
const ARGUMENT_MAX = 24;
/** How deep answers are nested that anybody sends. */
const DEPTH_MAX = 16;

/** Whether a stream begins with a command of Redis: an array of bulk strings. */
export function isRedisCommand(bytes: Uint8Array): boolean {
  return /^\*\d{1,6}\r\n\$\d+\r\n/.test(latin1(bytes.subarray(0, 32)));
}

interface Value {
  readonly text: string;
  readonly end: number;
}

/** The protocol of Redis (RESP2 and RESP3), either direction of a connection. */
export class Redis implements Protocol {
  readonly #role: 'query' | 'response';

  constructor(role: 'query' | 'response') {
    this.#role = role;
  }

  take(bytes: Uint8Array): Message | undefined {
    const value = readValue(bytes, 0, this.#role === 'query', 0);
    if (value === undefined) return undefined;
    // What is published comes unasked.
    const role = bytes[0] === PUSH ? undefined : this.#role;
    return { text: value.text, bytes: value.end, role };
  }

  begun(bytes: Uint8Array): string {
    return `the first ${bytes.length} B of a ${this.#role === 'query' ? 'command' : 'reply'}`;
  }
}

const PUSH = '>'.charCodeAt(0);

function readValue(
  bytes: Uint8Array,
  from: number,
  isCommand: boolean,
  depth: number,
): Value | undefined {
  const end = lineEnd(bytes, from);
  if (end < 0) return undefined;
  const type = String.fromCharCode(bytes[from] as number);
  const line = latin1(bytes.subarray(from + 1, end));
  const after = end + 2;
  switch (type) {
    case '-':
      return { text: `error ${cutText(line)}`, end: after };
    case '_':
      return { text: 'nil', end: after };
    case '$':
    case '=':
    case '!':
      return bulkOf(bytes, after, Number(line), isCommand);
    case '*':
    case '~':
    case '>':
      return listOf(bytes, after, Number(line), isCommand, depth);
    case '%':
      return listOf(bytes, after, Number(line) * 2, isCommand, depth);
    default:
      return { text: cutText(line), end: after };
  }
}

function lineEnd(bytes: Uint8Array, from: number): number {
  for (let i = from; i + 1 < bytes.length; i++)
    if (bytes[i] === 13 && bytes[i + 1] === 10) return i;
  return -1;
}

function bulkOf(
  bytes: Uint8Array,
  from: number,
  length: number,
  isCommand: boolean,
): Value | undefined {
  if (!(length >= 0)) return { text: 'nil', end: from };
  if (bytes.length < from + length + 2) return undefined;
  const content = readable(bytes.subarray(from, from + length));
  const text = content === undefined ? `(${length} B)` : cutText(content, ARGUMENT_MAX);
  const isWord = isCommand && content !== undefined && /^\S+$/.test(content);
  return {
    text: isWord || content === undefined ? text : JSON.stringify(text),
    end: from + length + 2,
  };
}

function listOf(
  bytes: Uint8Array,
  from: number,
  count: number,
  isCommand: boolean,
  depth: number,
): Value | undefined {
  if (!(count >= 0) || depth > DEPTH_MAX) return { text: 'nil', end: from };
  const texts: string[] = [];
  let end = from;
  for (let i = 0; i < count; i++) {
    const value = readValue(bytes, end, isCommand, depth + 1);
    if (value === undefined) return undefined;
    if (i < ELEMENTS_MAX) texts.push(value.text);
    end = value.end;
  }
  if (count > ELEMENTS_MAX) texts.push('…');
  return { text: isCommand ? texts.join(' ') : `[${texts.join(', ')}]`, end };
}
