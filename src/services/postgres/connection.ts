import type { Pipe } from '../pipe.ts';
import { awaited } from '../real.ts';
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

/** Looks for what the engine owes until it is there. */
export const awaitedOf = <T>(look: () => T | undefined, what: string): T =>
  awaited('PostgreSQL', look, what);

/** A connection of heddle's own: what it asks is answered before it goes on. */
export class Connection {
  readonly #pipe: Pipe;
  readonly #messages = new Messages('typed');

  constructor(pipe: Pipe, parameters: Readonly<Record<string, string>>) {
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
    return awaitedOf(() => {
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
