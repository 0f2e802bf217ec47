import { POLLIN } from '../../sys/constants.ts';
import { UsageError } from '../../sys/errors.ts';
import type { Program, Sys } from '../../sys/sys.ts';
import { endAtOnce, resetsAtEnd, sendAtOnce, wakeAtOnce } from '../at-once.ts';
import type { DatabaseStrike } from '../database-faults.ts';
import type { Peer } from '../serve.ts';
import type { Backend, Ending, Outcome } from './backend.ts';
import { type Batch, Batches } from './batches.ts';
import type { Server } from './server.ts';
import { headOf, sleepIn, unpinnedIn } from './sql.ts';
import { durationMs, type Timeouts, timeoutsOf } from './timeouts.ts';
import { errorResponse, type Message } from './wire.ts';

/** A server's timers are as exact as that. */
const TIMER_MS = 3;
/** Statements after which a session has to be told the time again. */
const FORGETS_TIME = /\b(?:discard|reset)\b/i;

/** What a client's connection is in the engine, and what it waits for. */
export class Session {
  readonly #server: Server;
  readonly backend: Backend;
  readonly pid: number;
  readonly secret: number;
  /** Of its task. */
  readonly name: string;
  /** Who is at the other end: host and port. */
  readonly peer: string;
  readonly batches: Batches = new Batches();
  /** What it does, or has done last. */
  statement = '';
  isBlocked = false;
  /** It works on what takes time of the run. */
  #sleeps = false;
  #isCut = false;
  /** It has asked to be notified of something. */
  listens = false;
  /** The connection of its client. */
  readonly fd: number;
  /** In milliseconds of virtual time; 0 is never. */
  timeouts: Timeouts;
  /** It has asked for other timeouts than those that it began with. */
  #asksTimeouts = false;
  /** When it began to wait for its lock, in milliseconds. */
  blockedMs = 0;
  #begunMs = 0;
  /** An eventfd by which others wake it. */
  readonly #wakeFd: number;
  #ending: Ending | undefined;
  #waits: string | undefined;

  constructor(
    server: Server,
    backend: Backend,
    who: Pick<Session, 'pid' | 'secret' | 'timeouts'> & Peer,
  ) {
    this.#server = server;
    this.name = who.name;
    this.fd = who.fd;
    this.#wakeFd = who.wakeFd;
    this.timeouts = who.timeouts;
    this.backend = backend;
    this.pid = who.pid;
    this.secret = who.secret;
    this.peer = who.peer;
  }

  /** Hands over what is whole; gives what there is to be sent. */
  *take(sys: Sys, next: Message): Program<Uint8Array> {
    const batch = this.batches.add(next);
    if (batch === undefined) return NOTHING;
    this.#note(batch);
    sys.touches(this.#server.memory);
    const { backend } = this;
    if (this.#asksTimeouts && backend.status !== 'E') this.#readTimeouts();
    this.#begunMs = this.#server.world.nowMs;
    // One that ends in a Flush has the end of its answer still to come.
    const mayFail = batch.readies > 0 && backend.status !== 'E';
    const strike = this.#strike(batch, mayFail);
    if (strike?.isDone === undefined) this.#mayEnd(sys, strike);
    const ending = yield* this.#work(sys, batch, strike, mayFail);
    if (this.#isCut) return NOTHING;
    sys.touches(this.#server.memory);
    if (ending === undefined) {
      backend.tellTime(this.#server.now);
      backend.hand(batch);
    } else backend.fail(ending, this.statement);
    for (let outcome: Outcome = backend.settle(); outcome === 'blocked'; ) {
      yield* this.#await(sys);
      if (this.#isCut) return NOTHING;
      sys.touches(this.#server.memory);
      outcome = backend.settle();
    }
    this.batches.copying = backend.copying;
    if (batch.statements.some((sql) => FORGETS_TIME.test(sql))) backend.forgetTime();
    const answer = backend.takeAnswer();
    wakeReleased(sys, this.#server);
    this.#notifyOthers(sys);
    this.#mayEnd(sys, strike);
    return this.#isCut ? NOTHING : answer;
  }

  // ---- what goes wrong ----

  #strike({ statements: [sql] }: Batch, mayFail: boolean): DatabaseStrike | undefined {
    const { faults } = this.#server;
    if (sql === undefined) return undefined;
    return faults.of(
      sql,
      () => (mayFail ? this.backend.show('transaction_isolation') : ''),
      () => `what becomes of ${headOf(sql)} of ${this.peer}`,
    );
  }

  #mayEnd(sys: Sys, strike: DatabaseStrike | undefined): void {
    if (strike?.fault === 'failover') this.#server.failOver(sys);
    else if (strike?.fault === 'reset') {
      this.#isCut = true;
      resetsAtEnd(sys, this.fd);
    }
  }

  /** The server has ended the session, whatever it does. */
  cut(sys: Sys): void {
    this.#isCut = true;
    this.isBlocked = false;
    sendAtOnce(sys, this.fd, SHUT_DOWN);
    endAtOnce(sys, { fd: this.fd, wakeFd: this.#wakeFd });
  }

  /** Nothing more will come. */
  get isOver(): boolean {
    return this.#isCut || this.backend.isOver;
  }

  /** What takes time of the run; gives by what it was ended before it was done. */
  *#work(
    sys: Sys,
    { statements }: Batch,
    strike: DatabaseStrike | undefined,
    mayFail: boolean,
  ): Program<Ending | undefined> {
    if (strike?.fault === 'serialization') return REFUSED;
    if (this.#isCut) return undefined;
    const asleepMs = statements.reduce((sum, sql) => sum + sleepIn(sql), 0) * 1e3;
    const ms = asleepMs + (strike?.fault === 'slow' ? this.#server.faults.slowMs() : 0);
    if (ms === 0) return undefined;
    const { statement } = this.timeouts;
    const isLate = mayFail && statement > 0 && statement <= ms;
    this.#sleeps = true;
    const entries = [{ fd: this.#wakeFd, events: POLLIN }];
    const ready = yield* sys.poll(entries, isLate ? statement : ms);
    this.#sleeps = false;
    if (ready.length === 0) return isLate ? STATEMENT_TIMEOUT : undefined;
    yield* sys.read(this.#wakeFd, 8);
    return USER_CANCEL;
  }

  /** The engine tells a session by a signal, at any time: each is asked until it has heard. */
  #notifyOthers(sys: Sys): void {
    for (const each of this.#server.sessions.filter(({ listens }) => listens)) {
      if (each === this) continue;
      each.backend.fence();
      const heard = each.backend.takeAnswer();
      if (heard.length === 0) continue;
      each.backend.keep(sendAtOnce(sys, each.fd, heard));
    }
  }

  #readTimeouts(): void {
    const ms = (name: string): number => durationMs(this.backend.show(`heddle.${name}`));
    this.timeouts = timeoutsOf(ms);
  }

  #note({ statements }: Batch): void {
    this.statement = statements.at(-1) ?? this.statement;
    for (const sql of statements) {
      this.listens ||= /\blisten\b/i.test(sql);
      this.#asksTimeouts ||= sql.includes('_timeout');
      if (this.#server.isSingle && /\bcopy\b[^;]*\bfrom\s+stdin\b/i.test(sql)) {
        throw new UsageError(
          'COPY … FROM STDIN needs a server of PostgreSQL: PGlite reads no rows',
        );
      }
      for (const what of unpinnedIn(sql)) {
        if (!this.#server.uncontrolled.has(what)) this.#server.uncontrolled.set(what, sql);
      }
    }
  }

  // ---- waiting for a lock ----

  /** Until the lock is granted, or the statement is ended. */
  *#await(sys: Sys): Program {
    const { world } = this.#server;
    this.isBlocked = true;
    this.blockedMs = world.nowMs;
    if (world.isTold) this.#waits = this.#waitText();
    for (const dues = this.#dues(); this.isBlocked; ) {
      const [next] = dues;
      const leftMs = next === undefined ? null : Math.max(0, next.atMs - world.nowMs);
      const ready = yield* sys.poll([{ fd: this.#wakeFd, events: POLLIN }], leftMs);
      sys.touches(this.#server.memory);
      if (ready.length > 0) {
        yield* sys.read(this.#wakeFd, 8);
        break;
      }
      const { ending } = dues.shift() as Due;
      if (ending !== undefined) this.#ending = ending;
      else this.#lookForDeadlock(sys);
      if (this.#ending !== undefined) break;
    }
    this.isBlocked = false;
    const ending = this.#ending;
    this.#ending = undefined;
    if (ending === undefined) this.backend.goOn();
    else this.backend.cancel(ending);
  }

  /** What comes while it waits, in order. */
  #dues(): Due[] {
    const { lock, statement, deadlock } = this.timeouts;
    const dues: Due[] = [{ atMs: this.blockedMs + deadlock, ending: undefined }];
    if (lock > 0) dues.push({ atMs: this.blockedMs + lock, ending: LOCK_TIMEOUT });
    if (statement > 0) dues.push({ atMs: this.#begunMs + statement, ending: STATEMENT_TIMEOUT });
    return dues.sort((a, b) => a.atMs - b.atMs);
  }

  /**
   * As PostgreSQL's own, which looks once, when a wait has lasted deadlock_timeout, and ends who
   * has looked. Of those who would look next to each other any may be the first.
   *
   * # No queue is put in another order
   * PostgreSQL takes some deadlocks apart by letting a waiter pass another in a queue; here one of
   * them fails.
   */
  #lookForDeadlock(sys: Sys): void {
    const circle = circleOf(this, this.#server.blockers());
    if (circle.length === 0) return;
    const near = circle.filter(({ blockedMs }) => blockedMs - this.blockedMs <= TIMER_MS);
    const named = [this, ...near.filter((each) => each !== this)];
    const names = named.map(({ name }) => name);
    const victim = this.#server.world.drawFrom('the victim of the deadlock', names);
    const found = named[names.indexOf(victim)] as Session;
    found.#ending = deadlockOf(found, circle);
    if (found !== this) found.wake(sys);
  }

  /** Has it look at what it waits for, before anybody else may come between. */
  wake(sys: Sys): void {
    wakeAtOnce(sys, this.#wakeFd);
  }

  /** A client has asked for the end of its statement. */
  cancel(sys: Sys): void {
    if (!this.isBlocked && !this.#sleeps) return;
    if (this.isBlocked) this.#ending = USER_CANCEL;
    this.wake(sys);
  }

  /** What it waits for, for reports; undefined while it waits for nothing of the engine's. */
  get waits(): string | undefined {
    return this.isBlocked ? this.#waits : undefined;
  }

  #waitText(): string {
    const others = this.#server.blockers().get(this) ?? [];
    const names = others.map((each) => `the transaction of ${each.name} (${each.peer})`);
    const last = others.map((each) => `, whose last statement was ${headOf(each.statement)}`);
    return `${headOf(this.statement)} waits for ${names.join(' and ') || 'a lock'}${last.length === 1 ? last[0] : ''}`;
  }
}

interface Due {
  readonly atMs: number;
  /** Undefined: it is time to look for a deadlock. */
  readonly ending: Ending | undefined;
}

/** Those whose locks have been granted, or whose statements have failed, may go on. */
export function wakeReleased(sys: Sys, server: Server): void {
  const free = [...server.blockers()].filter(([, others]) => others.length === 0);
  for (const [each] of free) {
    each.isBlocked = false;
    each.wake(sys);
  }
}

/** Sessions of which each waits for the next, the last for the first; empty if there are none. */
function circleOf(first: Session, blockers: ReadonlyMap<Session, readonly Session[]>): Session[] {
  const path: Session[] = [];
  const seen = new Set<Session>();
  const visit = (at: Session): boolean => {
    if (seen.has(at)) return at === first;
    seen.add(at);
    path.push(at);
    if ((blockers.get(at) ?? []).some(visit)) return true;
    path.pop();
    return false;
  };
  return visit(first) ? path : [];
}

function deadlockOf(victim: Session, circle: readonly Session[]): Ending {
  const from = circle.indexOf(victim);
  const turned = [...circle.slice(from), ...circle.slice(0, from)];
  const lines = turned.map(({ pid }, at) => {
    const next = turned[(at + 1) % turned.length] as Session;
    return `Process ${pid} waits for a lock; blocked by process ${next.pid}.`;
  });
  const H = 'See server log for query details.';
  return { code: '40P01', text: 'deadlock detected', more: { D: lines.join('\n'), H } };
}

const LOCK_TIMEOUT: Ending = {
  code: '55P03',
  text: 'canceling statement due to lock timeout',
};
const STATEMENT_TIMEOUT: Ending = {
  code: '57014',
  text: 'canceling statement due to statement timeout',
};
const USER_CANCEL: Ending = { code: '57014', text: 'canceling statement due to user request' };

const REFUSED: Ending = {
  code: '40001',
  text: 'could not serialize access due to concurrent update',
};
const SHUT_DOWN = errorResponse('57P01', 'terminating connection due to administrator command', {
  S: 'FATAL',
  V: 'FATAL',
});

const NOTHING = new Uint8Array(0);
