import { InternalError } from '../../sys/errors.ts';
import type { EnginePipe } from '../pipe.ts';
import { lookFor } from '../real.ts';
import { columnsOf, fieldsOf, type Message, Messages, message, startup } from './wire.ts';

/** PostgreSQL says that something cannot be done. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: string;

  constructor({ C = '', M = '', D }: Readonly<Record<string, string>>) {
    super(D === undefined ? M : `${M} (${D})`);
    this.code = C;
  }
}

/** What heddle itself asks is answered at once, or something else is wrong. */
const ANSWER_MS_MAX = 60_000;
/** Looks for what is awaited until it is there; what it is, is said if it never comes. */
export function awaited<T>(look: () => T | undefined, what: string): T {
  const found = lookFor(look, ANSWER_MS_MAX);
  if (found !== undefined) return found;
  throw new InternalError(`PostgreSQL has not answered for ${ANSWER_MS_MAX} ms: ${what}`);
}

/** A connection of heddle's own: what it asks is answered before it goes on. */
export class Connection {
  readonly #pipe: EnginePipe;
  readonly #messages = new Messages('typed');

  constructor(pipe: EnginePipe, parameters: Readonly<Record<string, string>>) {
    this.#pipe = pipe;
    pipe.write(startup(parameters));
    this.#answer('startup');
  }

  /** Rows of the last statement, as text. */
  query(sql: string): (string | null)[][] {
    this.#pipe.write(message('Q', sql));
    return this.#answer(sql);
  }

  /** `COPY … TO STDOUT`: what it gives. */
  copyOut(sql: string): Buffer {
    this.#pipe.write(message('Q', sql));
    const pieces: Buffer[] = [];
    this.#answer(sql, ({ type, body }) => {
      if (type === 'd') pieces.push(body);
    });
    return Buffer.concat(pieces);
  }

  close(): void {
    this.#pipe.write(message('X'));
    this.#pipe.close();
  }

  /** One write for several messages. */
  send(messages: readonly Uint8Array[]): void {
    this.#pipe.write(Buffer.concat(messages));
  }

  /** Up to the next ReadyForQuery; an error of the engine is thrown behind it. */
  #answer(what: string, seen?: (message: Message) => void): (string | null)[][] {
    let rows: (string | null)[][] = [];
    let error: EngineError | undefined;
    for (;;) {
      const next = this.#next(what);
      seen?.(next);
      const { type, body } = next;
      if (type === 'T') rows = [];
      else if (type === 'D') rows.push(columnsOf(body));
      else if (type === 'E') error ??= new EngineError(fieldsOf(body));
      if (type !== 'Z' && !(type === 'E' && fieldsOf(body)['S'] === 'FATAL')) continue;
      if (error !== undefined) throw error;
      return rows;
    }
  }

  /** Answers to what was sent. */
  receive(what: string): (string | null)[][] {
    return this.#answer(what);
  }

  #next(what: string): Message {
    return awaited(() => {
      const found = this.#messages.take();
      if (found !== undefined) return found;
      const bytes = this.#pipe.read();
      if (bytes === undefined) {
        throw new EngineError({ C: '08006', M: 'the connection to PostgreSQL was closed' });
      }
      if (bytes.length > 0) this.#messages.push(bytes);
      return undefined;
    }, what);
  }
}

/** A text as a literal of SQL. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}
