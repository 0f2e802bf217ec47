import { outsideOfRuns } from '../../sim/schedule/runtime/realm-run.ts';
import { InternalError } from '../../sys/errors.ts';
import type { Pipe } from '../pipe.ts';
import { lookFor, signal } from '../real.ts';
import type { Batch } from './batches.ts';
import { awaitedOf, literal } from './connection.ts';
import type { Database } from './database.ts';
import { SETTING } from './pins.ts';
import {
  errorResponse,
  fieldsOf,
  int32,
  type Message,
  Messages,
  message,
  startup,
} from './wire.ts';

/** How a step of a session ended. */
export type Outcome = 'answered' | 'blocked' | 'ended';

/** Why heddle has ended a statement, as PostgreSQL says it. */
export interface Ending {
  readonly code: string;
  readonly text: string;
  readonly more?: Readonly<Record<string, string>>;
}

/** So often it is looked for an answer before it is asked whether a lock is waited for. */
const LOOKS_BEFORE_ASKING = 12;
/** No statement of a test takes so long on a real machine. */
const STATEMENT_MS_MAX = 120_000;
/** query_canceled, and division_by_zero, by which heddle has a statement fail. */
const CANCELLED = '57014';
const DIVIDED = '22012';
/** Command tags of what a reload does not undo. */
const SPOILING =
  /^(?:ANALYZE|VACUUM|CLUSTER|REINDEX|(?:CREATE|ALTER|DROP) (?:ROLE|DATABASE)|ALTER SYSTEM)/;
const NOTHING = new Uint8Array(0);

/**
 * A session in the engine, for one connection of a client at a time: to begin one costs more than
 * all that most clients ask for.
 */
export class Backend {
  readonly #database: Database;
  /** What it was begun with, by which it is found again. */
  readonly key: string;
  /** What it has said at its beginning. */
  readonly #greeting: readonly Uint8Array[];
  readonly #pipe: Pipe;
  readonly #messages = new Messages('typed');
  /** Of the process behind it. */
  pid = 0;
  /** Of the last ReadyForQuery: idle, in a transaction, in one that has failed. */
  status: 'I' | 'T' | 'E' = 'I';
  /** The engine waits for the rows of a COPY. */
  copying: 'simple' | 'extended' | undefined;
  #isExtended = false;
  #answer: Uint8Array[] = [];
  #readies = 0;
  #replies = 0;
  /** ReadyForQuery of heddle's own messages, which come first. */
  #own = 0;
  /** What an own message shows. */
  #shown: Message[] = [];
  #held = false;
  #gone = false;
  #ending: Ending | undefined;
  /** By which error of the engine's it comes. */
  #endsBy = CANCELLED;
  /** What the session has heard of the time; undefined where that may have been taken back. */
  #toldNow: string | undefined;
  readonly #seed: string;

  constructor(
    database: Database,
    parameters: Readonly<Record<string, string>>,
    key: { readonly pid: number; readonly secret: number },
  ) {
    this.#database = database;
    this.key = JSON.stringify([parameters, key]);
    this.#pipe = outsideOfRuns(() => database.source.connect());
    this.#pipe.write(startup({ ...parameters, database: database.name }));
    this.#readies = 1;
    awaitedOf(() => {
      this.#read();
      return this.#readies === 0 || this.#gone || undefined;
    }, 'the beginning of a session');
    const own = message('K', int32(key.pid, key.secret));
    this.#greeting = this.#answer.map((bytes) => (bytes[0] === KEY ? own : bytes));
    this.#seed = ((key.pid * 0.618034) % 1).toFixed(6);
    this.#answer = [];
  }

  /** For a client that has just come; gives what it hears first. */
  greet(): Uint8Array {
    // Random numbers begin alike in each session of one number.
    if (!this.#gone) this.#ask(`SELECT setseed(${this.#seed})`);
    return Buffer.concat(this.#greeting);
  }

  /** As new, for the next client; false if it has to be ended instead. */
  renew(): boolean {
    if (this.#gone || this.#held || !this.#isAnswered || this.copying !== undefined) return false;
    if (this.status !== 'I') this.#ask('ROLLBACK');
    this.#ask('DISCARD ALL');
    this.#awaitOwn();
    this.#answer = [];
    this.status = 'I';
    this.forgetTime();
    return !this.#gone;
  }

  get isOver(): boolean {
    return this.#gone;
  }

  // ---- the time ----

  /**
   * What the session's clock says from now on: told together with what comes next. The time of a
   * transaction is that of its beginning; one that has failed asks for none.
   */
  tellTime(now: string): void {
    if (this.#toldNow === now || this.status === 'E') return;
    this.#toldNow = now;
    const names = this.status === 'I' ? [SETTING.now, SETTING.clock] : [SETTING.clock];
    this.#ask(...names.map((name) => `SET ${name} = ${literal(now)}`));
  }

  /** It may have been taken back, by a rollback or by RESET ALL. */
  forgetTime(): void {
    this.#toldNow = undefined;
  }

  /** What others have notified it of has come afterwards. */
  fence(): void {
    if (this.#gone || this.#held || this.copying !== undefined || !this.#isAnswered) return;
    this.#pipe.write(message('S'));
    this.#own++;
    this.#awaitOwn();
  }

  /** What a setting of the session is. SHOW takes no snapshot: it may come before any statement. */
  show(name: string): string {
    this.#shown = [];
    this.#ask(`SHOW ${name}`);
    this.#awaitOwn();
    const row = this.#shown.find(({ type }) => type === 'D');
    return row === undefined ? '' : row.body.toString('utf8', 6);
  }

  /** Statements of heddle's own, with one answer. */
  #ask(...statements: readonly string[]): void {
    for (const sql of statements) this.#execute(sql);
    this.#pipe.write(message('S'));
    this.#own++;
  }

  /** By a statement of its own name: a plain query would end the client's unnamed one. */
  #execute(sql: string): void {
    this.#pipe.write(
      Buffer.concat([
        message('P', OWN, sql, 0),
        message('B', OWN, OWN, 0, 0, 0),
        message('E', OWN, int32(0)),
        message('C', Buffer.from('P'), OWN),
        message('C', Buffer.from('S'), OWN),
      ]),
    );
  }

  #awaitOwn(): void {
    awaitedOf(() => {
      this.#read();
      return this.#own === 0 || this.#gone || undefined;
    }, 'what heddle asks in a session');
  }

  // ---- steps ----

  hand(batch: Batch): void {
    this.#readies += batch.readies;
    this.#replies = batch.replies;
    this.#isExtended = batch.isExtended;
    this.copying = undefined;
    this.#pipe.write(Buffer.concat(batch.bytes));
  }

  /** Until it is answered, or waits for a lock. */
  settle(): Outcome {
    let looks = 0;
    const outcome = lookFor((): Outcome | undefined => {
      this.#read();
      if (this.#gone) return 'ended';
      if (this.#own === 0 && this.#isAnswered) return 'answered';
      if (++looks % LOOKS_BEFORE_ASKING !== 0 || this.#ending !== undefined) return undefined;
      return this.#isBlocked() ? 'blocked' : undefined;
    }, STATEMENT_MS_MAX);
    if (outcome === undefined) {
      throw new InternalError(`PostgreSQL has worked on a statement for ${STATEMENT_MS_MAX} ms`);
    }
    if (outcome === 'blocked') this.#hold();
    return outcome;
  }

  get #isAnswered(): boolean {
    return this.copying !== undefined || (this.#readies === 0 && this.#replies === 0);
  }

  #isBlocked(): boolean {
    const sql = `SELECT pg_blocking_pids(${this.pid}) || pg_safe_snapshot_blocking_pids(${this.pid}) <> '{}'`;
    return this.#database.control.query(sql)[0]?.[0] === 't';
  }

  /** Several that are released at once would go on in the order of the machine's. */
  #hold(): void {
    signal(this.pid, 'SIGSTOP');
    this.#held = true;
  }

  /** It goes on where it was held: its lock was granted, or its statement is ended. */
  goOn(): void {
    if (!this.#held) return;
    this.#held = false;
    signal(this.pid, 'SIGCONT');
  }

  /** Ends the statement, with an error of that kind. */
  cancel(ending: Ending): void {
    this.#ending = ending;
    this.#endsBy = CANCELLED;
    this.#database.control.query(`SELECT pg_cancel_backend(${this.pid})`);
    this.goOn();
  }

  /**
   * Has a statement fail, and its transaction with it, without carrying it out: what stands in its
   * place fails instead.
   */
  fail(ending: Ending, sql: string): void {
    this.#ending = ending;
    this.#endsBy = DIVIDED;
    this.#readies++;
    const ends = /^\s*(?:commit|end)\b/i.test(sql) ? 'ROLLBACK; ' : '';
    this.#pipe.write(message('Q', `${ends}SELECT 1/0`));
  }

  /** What there is for the client. */
  takeAnswer(): Uint8Array {
    const answer = this.#answer.length === 0 ? NOTHING : Buffer.concat(this.#answer);
    this.#answer = [];
    return answer;
  }

  /** What there was no room for goes with the next answer. */
  keep(rest: Uint8Array): void {
    if (rest.length > 0) this.#answer.unshift(rest);
  }

  // ---- the end ----

  /** It leaves, whatever it does; its locks are gone afterwards. */
  end(): void {
    if (this.#gone) return;
    const isIdle = !this.#held && this.#readies === 0 && this.copying === undefined;
    if (isIdle) this.#pipe.write(message('X'));
    else this.#terminate();
    awaitedOf(() => {
      this.#read();
      return this.#gone || undefined;
    }, 'the end of a session');
    this.#pipe.close();
  }

  #terminate(): void {
    this.#database.control.query(`SELECT pg_terminate_backend(${this.pid})`);
    this.goOn();
  }

  // ---- what it says ----

  #read(): void {
    const bytes = this.#pipe.read();
    if (bytes === undefined) {
      this.#gone = true;
      return;
    }
    if (bytes.length === 0) return;
    this.#messages.push(bytes);
    for (let next = this.#messages.take(); next !== undefined; next = this.#messages.take()) {
      this.#take(next);
    }
  }

  #take(next: Message): void {
    if (this.#own > 0 && next.type !== 'A') {
      if (next.type === 'Z') this.#own--;
      else if (next.type === 'E') throw new InternalError(fieldsOf(next.body)['M'] ?? '');
      else this.#shown.push(next);
      return;
    }
    const { type, body, whole } = next;
    switch (type) {
      case 'K':
        this.pid = body.readInt32BE(0);
        break;
      case 'Z':
        this.#ready(String.fromCharCode(body[0] as number) as Backend['status']);
        break;
      case 'G':
        this.copying = this.#isExtended ? 'extended' : 'simple';
        // Its Sync has come in the middle of a COPY, where none counts.
        if (this.#isExtended) this.#readies--;
        break;
      case 'E':
        this.#replies = 0;
        this.#answer.push(this.#error(next));
        return;
      case 'T':
        withoutTables(body);
        break;
      case 'C':
        // Of the ROLLBACK in the place of a COMMIT.
        if (this.#ending !== undefined && this.#endsBy === DIVIDED) return;
        if (SPOILING.test(body.toString('latin1'))) this.#database.spoiled = true;
        break;
    }
    if (this.#replies > 0 && '123TnCIs'.includes(type)) this.#replies--;
    this.#answer.push(whole);
  }

  #ready(status: Backend['status']): void {
    this.#readies--;
    if (status === 'I' && this.status !== 'I') this.forgetTime();
    this.status = status;
    this.#ending = undefined;
  }

  #error({ body, whole }: Message): Uint8Array {
    const fields = fieldsOf(body);
    const ending = this.#ending;
    if (ending === undefined || fields['C'] !== this.#endsBy) return whole;
    const { W } = fields;
    return errorResponse(ending.code, ending.text, {
      ...ending.more,
      ...(W === undefined ? {} : { W }),
    });
  }
}

const OWN = 'heddle';
const KEY = 'K'.charCodeAt(0);

/** RowDescription: the numbers of tables hang on what was made before them. */
function withoutTables(body: Buffer): void {
  const count = body.readUInt16BE(0);
  for (let i = 0, at = 2; i < count; i++) {
    at = body.indexOf(0, at) + 1;
    body.writeInt32BE(0, at);
    at += 18;
  }
}
