import { outsideOfRuns } from '../../sim/schedule/runtime/realm-run.ts';
import type { World } from '../../sim/schedule/world.ts';
import { UsageError } from '../../sys/errors.ts';
import type { Sys } from '../../sys/sys.ts';
import type { Peer } from '../serve.ts';
import { Backend } from './backend.ts';
import { literal } from './connection.ts';
import { Database, type DatabaseOptions } from './database.ts';
import type { PostgresFaults } from './faults.ts';
import { SETTING } from './pins.ts';
import { Session } from './session.ts';
import { OWNER_ROLE } from './source.ts';
import { shortSql, TIMEOUTS } from './sql.ts';
import { durationMs, timeoutsOf } from './timeouts.ts';

/** Process ids that sessions say they have begin above it. */
const PID_FIRST = 100;
/** What is told by a setting of heddle's own instead. */
const OWN: ReadonlySet<string> = new Set(TIMEOUTS);

/** The sessions of one host of a run. */
export class Server {
  readonly world: World;
  readonly faults: PostgresFaults;
  readonly #database: Database;
  readonly sessions: Session[] = [];
  #count = 0;
  /** What no schedule controls, with the first statement that has asked for it. */
  readonly uncontrolled: Map<string, string> = new Map();

  constructor(world: World, options: DatabaseOptions, faults: PostgresFaults) {
    this.world = world;
    this.faults = faults;
    this.#database = outsideOfRuns(() => Database.lease(options));
    world.suspects.push(() =>
      [...this.uncontrolled].map(
        ([what, sql]) => `${what} is PostgreSQL's own, whatever the schedule: ${shortSql(sql)}`,
      ),
    );
    world.onEnd(() => {
      this.#allLeave();
      this.#database.free();
    });
  }

  #allLeave(): Session[] {
    // Who waits goes first, as none of the others may end what it waits for.
    const waiting = this.sessions.filter(({ isBlocked }) => isBlocked);
    const all = new Set([...waiting, ...this.sessions]);
    for (const each of all) this.left(each);
    return [...all];
  }

  /** Another takes its place: what was committed is there, and nobody is connected. */
  failOver(sys: Sys): void {
    this.faults.goDown();
    for (const each of this.#allLeave()) each.cut(sys);
  }

  /** What the steps of all sessions read and write. */
  get memory(): object {
    return this.#database;
  }

  /** PGlite: one session at a time. */
  get isSingle(): boolean {
    return this.#database.source.isSingle;
  }

  /** As a timestamp of PostgreSQL's; it counts microseconds. */
  get now(): string {
    const { epochMs, nowNs } = this.world.clock;
    const micros = Math.floor(nowNs / 1e3);
    const seconds = new Date(epochMs + Math.floor(micros / 1e6) * 1e3).toISOString().slice(0, 19);
    return `${seconds}.${String(micros % 1e6).padStart(6, '0')}Z`;
  }

  /** For a client that has sent these parameters. */
  open(given: Readonly<Record<string, string>>, who: Peer): Session {
    const { user = OWNER_ROLE, database = user, options = '', ...more } = given;
    const [first] = this.sessions;
    if (first !== undefined && this.isSingle) {
      throw new UsageError(
        `${who.peer} connects while ${first.peer} is connected, and PGlite has one session: have the program use one connection (a pool: max 1), or install PostgreSQL (apt-get install postgresql)`,
      );
    }
    this.#role(user);
    const pid = PID_FIRST + ++this.#count;
    const secret = Math.imul(pid, 0x9e3779b1);
    const own: Record<string, string> = {
      [SETTING.now]: 'epoch',
      [SETTING.clock]: 'epoch',
      [SETTING.pid]: String(pid),
      [SETTING.database]: database,
    };
    for (const name of TIMEOUTS) own[`heddle.${name}`] = given[name] ?? '0';
    own['heddle.deadlock_timeout'] = given['deadlock_timeout'] ?? '1s';
    const parameters = Object.entries(more).filter(([name]) => !OWN.has(name));
    const set = Object.entries(own).map(([name, value]) => `-c ${name}=${escaped(value)}`);
    const all = {
      ...Object.fromEntries(parameters),
      user,
      options: [withoutTimeouts(options), ...set].join(' '),
    };
    const key = { pid, secret };
    const backend =
      this.#database.idle(JSON.stringify([all, key])) ?? new Backend(this.#database, all, key);
    const timeouts = timeoutsOf((name) => durationMs(own[`heddle.${name}`] as string));
    const session = new Session(this, backend, { pid, secret, timeouts, ...who });
    if (!backend.isOver) this.sessions.push(session);
    return session;
  }

  /** Who asks for a role that the schema has not made gets one that may do everything. */
  #role(name: string): void {
    const { control } = this.#database;
    if (control.query(`SELECT 1 FROM pg_roles WHERE rolname = ${literal(name)}`).length > 0) return;
    control.query(`CREATE ROLE "${name.replaceAll('"', '""')}" SUPERUSER LOGIN`);
  }

  /** Its client is gone. */
  left(session: Session): void {
    const at = this.sessions.indexOf(session);
    if (at < 0) return;
    this.sessions.splice(at, 1);
    this.#database.leave(session.backend);
  }

  /** Who holds up whom, of those that wait: sessions, by what the engine says of its processes. */
  blockers(): Map<Session, Session[]> {
    const waiting = this.sessions.filter(({ isBlocked }) => isBlocked);
    if (waiting.length === 0) return new Map();
    const pids = waiting.map(({ backend }) => backend.pid).join(',');
    const rows = this.#database.control.query(
      `SELECT pid, array_to_string(pg_blocking_pids(pid) || pg_safe_snapshot_blocking_pids(pid), ',')
       FROM unnest('{${pids}}'::int[]) WITH ORDINALITY AS asked(pid, place) ORDER BY place`,
    );
    return new Map(
      rows.map(([, found], at) => [
        waiting[at] as Session,
        (found ?? '').split(',').flatMap((pid) => this.#sessionOf(Number(pid))),
      ]),
    );
  }

  #sessionOf(pid: number): Session[] {
    return this.sessions.filter(({ backend }) => backend.pid === pid);
  }

  /** Who was given that key. */
  withKey(pid: number, secret: number): Session | undefined {
    return this.sessions.find((each) => each.pid === pid && each.secret === secret);
  }
}

/** In the startup packet's options a blank ends an argument (libpq, "options"). */
const escaped = (value: string): string => value.replace(/[\\ ]/g, '\\$&');

/** `-c lock_timeout=5s` and `--lock-timeout=5s`. */
function withoutTimeouts(options: string): string {
  const names = TIMEOUTS.join('|').replaceAll('_', '[_-]');
  return options.replace(
    new RegExp(`(-c\\s*|--)(${names})=`, 'g'),
    (_, _how, name: string) => `-c heddle.${name.replaceAll('-', '_')}=`,
  );
}
