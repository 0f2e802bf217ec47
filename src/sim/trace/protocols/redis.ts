import { cutText, latin1, type Message, type Protocol, readable } from './message.ts';
import { type Element, elementAt, valueEnd } from './resp.ts';

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

/** The protocol of Redis (RESP2 and RESP3), either direction of a connection. */
export class Redis implements Protocol {
  readonly #role: 'query' | 'response';

  constructor(role: 'query' | 'response') {
    this.#role = role;
  }

  take(bytes: Uint8Array): Message | undefined {
    const end = valueEnd(bytes, 0);
    if (end === undefined) return undefined;
    // What is published comes unasked.
    const role = bytes[0] === PUSH ? undefined : this.#role;
    return { text: textOf(bytes, 0, this.#role === 'query', 0), bytes: end, role };
  }

  begun(bytes: Uint8Array): string {
    return `the first ${bytes.length} B of a ${this.#role === 'query' ? 'command' : 'reply'}`;
  }
}

const PUSH = '>'.charCodeAt(0);

/** What the whole value says that begins there. */
function textOf(bytes: Uint8Array, from: number, isCommand: boolean, depth: number): string {
  const { type, line, content, more, end } = elementAt(bytes, from) as Element;
  if (content !== undefined) return bulkText(content, isCommand);
  if (type === '-') return `error ${cutText(line)}`;
  if ('_$=!'.includes(type)) return 'nil';
  if (!'*~>%|'.includes(type)) return cutText(line);
  if (line.startsWith('-') || depth > DEPTH_MAX) return 'nil';
  const texts: string[] = [];
  for (let i = 0, at = end; i < more && (i < ELEMENTS_MAX || type === '|'); i++) {
    texts.push(textOf(bytes, at, isCommand, depth + 1));
    at = valueEnd(bytes, at) as number;
  }
  if (type === '|') return texts.at(-1) ?? 'nil';
  if (more > ELEMENTS_MAX) texts.push('…');
  return isCommand ? texts.join(' ') : `[${texts.join(', ')}]`;
}

function bulkText(bytes: Uint8Array, isCommand: boolean): string {
  const content = readable(bytes);
  if (content === undefined) return `(${bytes.length} B)`;
  const text = cutText(content, ARGUMENT_MAX);
  return isCommand && /^\S+$/.test(content) ? text : JSON.stringify(text);
}
