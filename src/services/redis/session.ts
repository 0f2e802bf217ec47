import { MSG_NOSIGNAL, POLLIN, POLLRDHUP } from '../../sys/constants.ts';
import { InternalError, SysError } from '../../sys/errors.ts';
import type { Program, Sys } from '../../sys/sys.ts';
import { endAtOnce, resetsAtEnd, sendAtOnce, wakeAtOnce } from '../at-once.ts';
import type { DatabaseStrike } from '../database-faults.ts';
import type { EnginePipe } from '../pipe.ts';
import { lookFor } from '../real.ts';
import type { Peer } from '../serve.ts';
import {
  hashReply,
  headOf,
  hears,
  identified,
  isSubscription,
  nameOf,
  pinned,
  subOf,
  type Wait,
  type Words,
  waitOf,
} from './commands.ts';
import type { Server } from './server.ts';
import { encoded, isError, isPush, Stream } from './wire.ts';

/** So often it is looked for an answer before it is asked whether something is waited for. */
const LOOKS_BEFORE_ASKING = 12;
/** No command of a test takes so long on a real machine. */
const COMMAND_MS_MAX = 120_000;
/** What the engine is asked behind a command that is answered by several messages. */
const FENCE = 'heddle:fence';

/** What a client's connection is in the engine, and what it waits for. */
export class Session {
  readonly #server: Server;
  readonly #pipe: EnginePipe;
  readonly #stream = new Stream();
  readonly #peer: Peer;
  /** Of the connection in its run, and in the engine. */
  readonly number: number;
  readonly engineId: number;
  /** What the engine owes: replies, or the end of a fence. */
  #replies = 0;
  #fences = 0;
  #inTransaction = false;
  #isBlocked = false;
  /** Something may come that it has not asked for. */
  #hears = false;
  #isOver = false;
  #name = '';
  #waitsFor = '';
  /** The answer that stands for the engine's, unless that is an error. */
  #instead: ((reply: Buffer) => Buffer) | undefined;
  /** What is to be sent, in order. */
  #out: Uint8Array[] = [];
  /** A task sends it, and waits for room. */
  #isSending = false;

  constructor(server: Server, pipe: EnginePipe, number: number, peer: Peer) {
    this.#server = server;
    this.#pipe = pipe;
    this.number = number;
    this.#peer = peer;
    this.#write(['CLIENT', 'ID']);
    this.#replies = 1;
    this.#settle(undefined);
    this.engineId = Number(this.#out.splice(0).join('').slice(1));
  }

  /** Nothing more will come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The engine may have something for it at any time. */
  get awaits(): boolean {
    return this.#isBlocked || this.#hears;
  }

  /** What it waits for, for reports; undefined while it waits for nothing of the engine's. */
  get waits(): string | undefined {
    return this.#isBlocked ? `${this.#waitsFor} waits for what another client writes` : undefined;
  }

  // ---- steps ----

  /** Hands over a command, and sends what it answers; false if the connection is over. */
  *take(sys: Sys, words: Words): Program<boolean> {
    const server = this.#server;
    sys.touches(server.engine);
    const name = nameOf(words);
    const label = (): string => `what becomes of ${headOf(words)} of ${this.#peer.peer}`;
    const strike = server.faults.of(label);
    if (strike?.isDone === undefined && this.#isEndedBy(sys, strike)) return false;
    yield* server.faults.turn(sys, strike?.fault === 'slow');
    if (this.#isOver) return false;
    sys.touches(server.engine);
    server.note(words);
    server.tick(name);
    const wait = this.#inTransaction ? undefined : waitOf(words);
    this.#hand(wait?.words ?? words);
    let isThere = true;
    if (this.#settle(wait) === 'blocked') {
      this.#waitsFor = headOf(words);
      yield* server.tellOthers(sys, this);
      isThere = yield* this.#await(sys, wait as Wait);
    }
    yield* server.tellOthers(sys, this);
    if (this.#isEndedBy(sys, strike)) return false;
    yield* this.flush(sys);
    return isThere;
  }

  #isEndedBy(sys: Sys, strike: DatabaseStrike | undefined): boolean {
    if (strike?.fault === 'failover') this.#server.failOver(sys);
    else if (strike?.fault === 'reset') resetsAtEnd(sys, this.#peer.fd);
    else return false;
    return true;
  }

  /** The server has ended it. */
  cut(sys: Sys): void {
    this.#isBlocked = false;
    endAtOnce(sys, this.#peer);
  }

  #hand(words: Words): void {
    const { scripts, micros } = this.#server;
    this.#name = nameOf(words);
    this.#hears ||= hears(words);
    const known = identified(words, this.number, (each) => this.#server.engineId(each));
    this.#write(pinned(scripts.rewritten(known, String(micros))));
    this.#instead = this.#inTransaction ? undefined : insteadOf(words, this.number);
    if (isSubscription(this.#name) && !this.#inTransaction) {
      this.#write(['PING', FENCE]);
      this.#fences++;
    } else this.#replies++;
  }

  #write(words: Words): void {
    this.#pipe.write(encoded(words));
  }

  /** Until it is answered, or waits for others. */
  #settle(wait: Wait | undefined): 'answered' | 'blocked' {
    let looks = 0;
    const outcome = lookFor(() => {
      this.#read();
      if (this.#isAnswered) return 'answered';
      if (wait === undefined || ++looks % LOOKS_BEFORE_ASKING !== 0) return undefined;
      const told = this.#server.engine.control.ask('CLIENT', 'LIST', 'ID', String(this.engineId));
      return / flags=\w*b/.test(told) ? 'blocked' : undefined;
    }, COMMAND_MS_MAX);
    if (outcome !== undefined) return outcome;
    throw new InternalError(`Redis has worked on ${this.#name} for ${COMMAND_MS_MAX} ms`);
  }

  get #isAnswered(): boolean {
    // Who quits is answered, and then the connection ends.
    return this.#isOver || (this.#replies + this.#fences === 0 && this.#name !== 'QUIT');
  }

  // ---- waiting for others ----

  /** Until others have served it, or its time is up; false if its client leaves. */
  *#await(sys: Sys, { timeoutMs }: Wait): Program<boolean> {
    const { engine } = this.#server;
    const { fd, wakeFd } = this.#peer;
    const entries = [
      { fd: wakeFd, events: POLLIN },
      { fd, events: POLLRDHUP },
    ];
    this.#isBlocked = true;
    const ready = yield* sys.poll(entries, timeoutMs > 0 ? timeoutMs : null);
    sys.touches(engine);
    if (!this.#isBlocked) yield* sys.read(wakeFd, 8);
    else if (ready.length > 0) return false;
    else {
      this.#isBlocked = false;
      this.#server.tick('');
      engine.control.ask('CLIENT', 'UNBLOCK', String(this.engineId), 'TIMEOUT');
      this.#settle(undefined);
    }
    return true;
  }

  /** Takes what another's command has caused here, and sends it. */
  hear(sys: Sys): void {
    lookFor(() => {
      this.#read();
      return this.#isOver || this.#stream.isEmpty || undefined;
    }, COMMAND_MS_MAX);
    if (this.#isBlocked && this.#isAnswered) {
      this.#isBlocked = false;
      wakeAtOnce(sys, this.#peer.wakeFd);
    }
    if (this.#out.length === 0 || this.#isSending) return;
    const left = sendAtOnce(sys, this.#peer.fd, Buffer.concat(this.#out));
    this.#out = left.length > 0 ? [left] : [];
  }

  // ---- what is sent ----

  /** There is more than there was room for, and nobody who sends it. */
  get isStuck(): boolean {
    return this.#out.length > 0 && !this.#isSending;
  }

  /** Sends what there is, one task at a time. */
  *flush(sys: Sys): Program {
    if (!this.isStuck) return;
    this.#isSending = true;
    try {
      while (this.#out.length > 0) {
        const bytes = Buffer.concat(this.#out.splice(0));
        const sent = yield* sys.send(this.#peer.fd, bytes, MSG_NOSIGNAL);
        if (sent < bytes.length) this.#out.unshift(bytes.subarray(sent));
      }
    } catch (error) {
      // The client is gone.
      if (!(error instanceof SysError)) throw error;
      this.#out = [];
    } finally {
      this.#isSending = false;
    }
  }

  // ---- what the engine says ----

  #read(): void {
    for (;;) {
      const bytes = this.#pipe.read();
      this.#isOver ||= bytes === undefined;
      if (bytes === undefined || bytes.length === 0) return;
      this.#stream.push(bytes);
      for (let next = this.#stream.reply(); next !== undefined; next = this.#stream.reply()) {
        this.#take(next);
      }
    }
  }

  #take(reply: Buffer): void {
    if (isPush(reply)) {
      this.#out.push(reply);
      return;
    }
    if (this.#fences > 0 && reply.includes(FENCE)) {
      this.#fences--;
      return;
    }
    // What is published comes to a client of RESP2 as a reply.
    if (this.#replies > 0) {
      this.#replies--;
      if (!isError(reply)) this.#follow();
      if (this.#name === 'EXEC') this.#inTransaction = false;
    }
    this.#out.push(isError(reply) ? reply : (this.#instead?.(reply) ?? reply));
    this.#instead = undefined;
  }

  #follow(): void {
    if (this.#name === 'MULTI') this.#inTransaction = true;
    if (this.#name === 'DISCARD' || this.#name === 'RESET') this.#inTransaction = false;
  }

  /** Its client is gone. */
  end(): void {
    if (!this.#isOver)
      this.#server.engine.control.askNumber('CLIENT', 'KILL', 'ID', String(this.engineId));
    this.#pipe.close();
    this.#isOver = true;
    this.#out = [];
  }
}

/** What there is to be said otherwise of who a client is, and of scripts. */
function insteadOf(words: Words, number: number): ((reply: Buffer) => Buffer) | undefined {
  const name = nameOf(words);
  if (name === 'HELLO') {
    return (reply) => {
      const text = reply.toString('latin1');
      return Buffer.from(text.replace(/(\$2\r\nid\r\n:)\d+/, `$1${number}`), 'latin1');
    };
  }
  if (name !== 'SCRIPT' || subOf(words) !== 'LOAD') return undefined;
  return () => hashReply(words[2] ?? '');
}
