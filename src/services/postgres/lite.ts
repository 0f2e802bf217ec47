import { createRequire } from 'node:module';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { outsideOfRuns } from '../../sim/schedule/runtime/realm-run.ts';
import { InternalError, UsageError } from '../../sys/errors.ts';
import type { Pipe } from '../pipe.ts';
import { Connection, EngineError, literal } from './connection.ts';
import type { Source } from './source.ts';
import { OWNER_ROLE } from './source.ts';
import { pinned } from './sql.ts';
import { errorResponse, fieldsOf, int32, Messages, message, textsOf } from './wire.ts';

const PACKAGE = '@electric-sql/pglite';
/** WebAssembly is compiled, and a database made: that takes seconds where much else goes on. */
const START_MS_MAX = 120_000;
/** No statement of a test takes so long on a real machine. */
const STATEMENT_MS_MAX = 120_000;
/** What the cell says: it begins, waits for a question, works on one, or could not begin. */
const [BEGINS, IDLE, ASKED] = [0, 1, 2];

/** Answers in a thread of its own, for which this one stands still. */
const WORKER = `
const { workerData: { path, port, cell }, receiveMessageOnPort } = require('node:worker_threads');
const say = (state, what) => {
  if (what !== undefined) port.postMessage(what);
  Atomics.store(cell, 0, state);
  Atomics.notify(cell, 0);
};
(async () => {
  const db = await require(path).PGlite.create();
  say(${IDLE});
  for (;;) {
    Atomics.wait(cell, 0, ${IDLE});
    say(${IDLE}, db.execProtocolRawSync(receiveMessageOnPort(port).message));
  }
})().catch((error) => say(3, String(error)));`;

/** Where the package lies, seen from there; undefined if it is not installed. */
export function pglitePath(from: string | URL): string | undefined {
  try {
    return createRequire(from).resolve(PACKAGE);
  } catch {
    return undefined;
  }
}

/**
 * PGlite: PostgreSQL within this process. It has one session, which all that connect take turns
 * with.
 */
export class Lite implements Source {
  readonly isSingle = true;
  readonly control: Connection;
  readonly #worker: Worker;
  readonly #cell = new Int32Array(new SharedArrayBuffer(4));
  readonly #channel = new MessageChannel();
  /** Undefined while its own first connection begins. */
  version: string | undefined;
  /** Whose settings the session has. */
  current: LitePipe | undefined;

  /** To be called outside of any run. */
  constructor(path: string) {
    const { port1, port2 } = this.#channel;
    const workerData = { path, port: port2, cell: this.#cell };
    this.#worker = new Worker(WORKER, { eval: true, workerData, transferList: [port2] });
    this.#worker.unref();
    port1.unref();
    this.#await(BEGINS, START_MS_MAX);
    if (this.#cell[0] !== IDLE) throw new UsageError(`PGlite does not start: ${this.#told()}`);
    this.control = new Connection(this.connect(), { user: OWNER_ROLE, database: OWNER_ROLE });
    this.version = this.control.query('SHOW server_version')[0]?.[0] ?? '';
  }

  connect(): Pipe {
    return new LitePipe(this);
  }

  load(own: Connection, _database: string, path: string, sql: string): void {
    // What pg_dump brackets its commands of psql with.
    const text = sql.replace(/^\\(?:un)?restrict .*$/gm, '');
    if (/^\\|^copy\b[^;]*\bfrom\s+stdin/im.test(text)) {
      throw new UsageError(
        `${path}: PGlite takes neither commands of psql nor rows of COPY; pg_dump --inserts writes none`,
      );
    }
    try {
      own.query(pinned(text));
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw new UsageError(`${path}: ${error.message}`);
    }
  }

  end(): void {
    void this.#worker.terminate();
  }

  /** What the engine says to these messages. */
  ask(bytes: Uint8Array): Uint8Array {
    return outsideOfRuns(() => {
      this.#channel.port1.postMessage(bytes);
      Atomics.store(this.#cell, 0, ASKED);
      Atomics.notify(this.#cell, 0);
      this.#await(ASKED, STATEMENT_MS_MAX);
      if (this.#cell[0] === IDLE) return this.#told() as Uint8Array;
      throw new InternalError(`PGlite has ended: ${this.#told()}`);
    });
  }

  #await(state: number, msMax: number): void {
    if (Atomics.wait(this.#cell, 0, state, msMax) !== 'timed-out') return;
    throw new InternalError(`PGlite has not answered for ${msMax} ms`);
  }

  #told(): unknown {
    return receiveMessageOnPort(this.#channel.port1)?.message;
  }
}

/** A connection: each write is whole messages, which are answered before it is over. */
class LitePipe implements Pipe {
  readonly #lite: Lite;
  #setUp: Uint8Array | undefined;
  readonly #answers: Uint8Array[] = [];
  #isOver = false;

  constructor(lite: Lite) {
    this.#lite = lite;
  }

  read(): Uint8Array | undefined {
    return this.#answers.shift() ?? (this.#isOver ? undefined : NOTHING);
  }

  write(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#setUp === undefined) this.#begin(bytes);
    else if (bytes[0] === TERMINATE) this.close();
    else {
      this.#takeTurn();
      this.#answers.push(this.#lite.ask(bytes));
    }
  }

  /** In the place of what a server does with the first message. */
  #begin(bytes: Uint8Array): void {
    const words = textsOf(Buffer.from(bytes.subarray(8)));
    const given: Record<string, string> = {};
    for (let i = 0; i + 1 < words.length; i += 2) given[words[i] as string] = words[i + 1] ?? '';
    const { user = '', database: _, options = '', ...more } = given;
    const set = options.match(/(?<=-c )(?:\\.|[^ ])+/g) ?? [];
    for (const each of set) {
      const [name = '', ...value] = each.replace(/\\(.)/g, '$1').split('=');
      more[name] = value.join('=');
    }
    const isOwner = user === OWNER_ROLE;
    if (isOwner) more['allow_system_table_mods'] = 'on';
    const statements = [
      ...Object.entries(more).map(([name, value]) => `SET ${name} = ${literal(value)}`),
      ...(isOwner ? [] : [`SET SESSION AUTHORIZATION ${literal(user)}`]),
    ];
    this.#setUp = message('Q', statements.join(';'));
    const error = this.#takeTurn();
    if (error !== undefined) {
      this.#answers.push(error);
      this.#isOver = true;
      return;
    }
    const shown = { ...SHOWN, ...more, server_version: this.#lite.version ?? '' };
    const status = Object.entries(shown).map(([name, value]) => message('S', name, value));
    const first = [message('R', int32(0)), ...status, message('K', int32(1, 1)), READY];
    this.#answers.push(Buffer.concat(first));
  }

  /** The session is as this connection has begun it; what went wrong with that, as it is told. */
  #takeTurn(): Uint8Array | undefined {
    const lite = this.#lite;
    if (lite.current === this) return undefined;
    lite.current = this;
    lite.ask(message('Q', 'DISCARD ALL'));
    const messages = new Messages('typed');
    messages.push(lite.ask(this.#setUp as Uint8Array));
    for (let next = messages.take(); next !== undefined; next = messages.take()) {
      if (next.type !== 'E') continue;
      const { C = '', M = '' } = fieldsOf(next.body);
      return errorResponse(C, M, { S: 'FATAL', V: 'FATAL' });
    }
    return undefined;
  }

  close(): void {
    this.#isOver = true;
    if (this.#lite.current !== this) return;
    this.#lite.current = undefined;
    this.#lite.ask(message('Q', 'ROLLBACK'));
  }
}

const NOTHING = new Uint8Array(0);
const TERMINATE = 'X'.charCodeAt(0);
const READY = message('Z', Buffer.from('I'));
/** What a server tells of itself that drivers go by. */
const SHOWN = {
  server_encoding: 'UTF8',
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  integer_datetimes: 'on',
  standard_conforming_strings: 'on',
};
