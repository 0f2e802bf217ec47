import { outsideOfRuns } from '../../sim/schedule/runtime/realm-run.ts';
import type { World } from '../../sim/schedule/world.ts';
import type { Program, Sys } from '../../sys/sys.ts';
import type { Peer } from '../serve.ts';
import {
  asksTime,
  mayExpire,
  nameOf,
  Scripts,
  spoils,
  unpinnedIn,
  type Words,
} from './commands.ts';
import { RedisEngine } from './engine.ts';
import type { RedisFaults } from './faults.ts';
import { Session } from './session.ts';

/** The sessions of one host of a run. */
export class Server {
  readonly world: World;
  readonly engine: RedisEngine;
  readonly faults: RedisFaults;
  readonly scripts: Scripts = new Scripts();
  readonly #sessions: Session[] = [];
  #count = 0;
  /** What the library has heard of the time, in microseconds since 1970. */
  #told = 0;
  /** The next deadline, in milliseconds since 1970; undefined where it is not known. */
  #dueMs: number | undefined = Number.POSITIVE_INFINITY;
  /** What no schedule controls, with the first command that has asked for it. */
  readonly #uncontrolled = new Map<string, string>();

  constructor(world: World, faults: RedisFaults) {
    this.world = world;
    this.faults = faults;
    this.engine = outsideOfRuns(() => RedisEngine.lease());
    world.suspects.push(() =>
      [...this.#uncontrolled].map(
        ([what, name]) => `${what} is Redis' own, whatever the schedule: ${name}`,
      ),
    );
    world.onEnd(() => {
      for (const each of [...this.#sessions]) this.left(each);
      outsideOfRuns(() => this.engine.free());
    });
  }

  open(peer: Peer): Session {
    const pipe = outsideOfRuns(() => this.engine.connect());
    const session = new Session(this, pipe, ++this.#count, peer);
    this.#sessions.push(session);
    return session;
  }

  /** Its client is gone: it waits for nothing and hears of nothing afterwards. */
  left(session: Session): void {
    const at = this.#sessions.indexOf(session);
    if (at < 0) return;
    this.#sessions.splice(at, 1);
    session.end();
  }

  /** Another takes its place, with all that was written, and nobody is connected. */
  failOver(sys: Sys): void {
    this.faults.goDown();
    for (const each of [...this.#sessions]) {
      this.left(each);
      each.cut(sys);
    }
  }

  /** What the engine calls the client of that number; the number itself where there is none. */
  engineId(number: number): number {
    return this.#sessions.find((each) => each.number === number)?.engineId ?? number;
  }

  // ---- time ----

  /** Microseconds since 1970, in the run. */
  get micros(): number {
    const { epochMs, nowNs } = this.world.clock;
    return epochMs * 1e3 + Math.floor(nowNs / 1e3);
  }

  /**
   * Before a command: what has come to its deadline is gone, and the library knows the time.
   *
   * # What has expired is told with the next command
   * Redis tells of it (`expired`, in keyspace notifications) when it comes across the key, some
   * time after the deadline; here it is told as `del`, when the next command comes from anybody.
   */
  tick(name: string): void {
    const { micros } = this;
    const { control } = this.engine;
    if (micros > this.#told && !(Math.floor(micros / 1e3) < (this.#dueMs ?? 0))) {
      this.#dueMs =
        control.askNumber('FCALL', 'heddle_sweep', '0', String(micros)) ?? Number.POSITIVE_INFINITY;
      this.#told = micros;
    } else if (micros > this.#told && asksTime(name)) {
      control.ask('FCALL', 'heddle_now', '0', String(micros));
      this.#told = micros;
    }
    if (mayExpire(name)) this.#dueMs = undefined;
  }

  note(words: Words): void {
    this.engine.spoiled ||= spoils(words);
    for (const what of unpinnedIn(words)) {
      if (!this.#uncontrolled.has(what)) this.#uncontrolled.set(what, nameOf(words));
    }
  }

  // ---- others ----

  /**
   * What a command has caused for others is there when the engine has answered another question,
   * and it is sent in the step of the command: Redis does all of that in one thread.
   */
  *tellOthers(sys: Sys, session: Session): Program {
    const others = this.#sessions.filter((each) => each !== session && each.awaits);
    if (others.length === 0) return;
    this.engine.control.ask('PING');
    for (const each of others) each.hear(sys);
    for (const each of others) {
      if (each.isStuck) yield* sys.spawn((own) => each.flush(own), { name: 'writer' });
    }
  }
}
