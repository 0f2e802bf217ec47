/** One message of a protocol, as a row of a story names it. */
export interface Message {
  /** `GET /seats/7`, `200 "sold"`, `SET seat ann`. */
  readonly text: string;
  /** How many bytes it is, its own head included. */
  readonly bytes: number;
  /**
   * It asks for an answer (a `query` asks a database), or is one; undefined for what is neither.
   */
  readonly role?: 'request' | 'query' | 'response' | undefined;
  /** What both directions of the connection speak from now on. */
  readonly switchesTo?: 'websocket' | undefined;
}

/** Reads the messages of one direction of a connection. */
export interface Protocol {
  /** The message that the bytes begin with; undefined while some of it is missing. */
  take(bytes: Uint8Array): Message | undefined;
  /** What is known of a message that has begun: `GET /a (10 of 300 B)`. */
  begun(bytes: Uint8Array): string;
}

const LATIN1 = new TextDecoder('latin1');

/** Bytes as text, one letter a byte. */
export function latin1(bytes: Uint8Array): string {
  return LATIN1.decode(bytes);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Bytes as text; undefined where they are none, or hold what a page cannot show. */
export function readable(bytes: Uint8Array): string | undefined {
  try {
    const text = UTF8.decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    return /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Letters of a body or an argument: what is longer leaves no room for the row's other half. */
const SHOWN_MAX = 48;

export function cutText(text: string, lettersMax: number = SHOWN_MAX): string {
  return text.length <= lettersMax ? text : `${text.slice(0, lettersMax - 1)}…`;
}

/** What a message carries: JSON as it is, other text in quotes, else how much it is. */
export function contentText(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  const text = readable(bytes);
  if (text === undefined) return `(${bytes.length} B)`;
  return /^\s*[[{]/.test(text) ? cutText(text.replace(/\s+/g, ' ')) : JSON.stringify(cutText(text));
}

/** `a b`, without what is empty. */
export function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
