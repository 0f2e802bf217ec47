import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../sys/errors.ts';
import { type FolderOwner, makeFolder } from '../folder.ts';
import { EnginePipe } from '../pipe.ts';
import { lookFor, runTool, signal, startTool } from '../real.ts';
import { postgresFolder } from './binaries.ts';
import { Connection, EngineError } from './connection.ts';

/** A server that does not answer after so long will not. */
const START_MS_MAX = 60_000;
const PORT = '5432';
const CONTROL_DATABASE = 'postgres';
/** cannot_connect_now, or the connection was closed at once. */
const STARTING: ReadonlySet<string> = new Set(['57P03', '08006']);
/** Its superuser, by which heddle itself connects. */
export const OWNER_ROLE = 'postgres';

/** Nothing survives it but what a transaction has committed, which is all that programs can see. */
const SETTINGS: Readonly<Record<string, string>> = {
  // Never reachable from outside.
  listen_addresses: '',
  // What is only about losing power.
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  // What comes by itself, or from several processes at once.
  autovacuum: 'off',
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  synchronize_seqscans: 'off',
  // Deadlocks are found by heddle, in virtual time.
  deadlock_timeout: '600s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  checkpoint_timeout: '1d',
  shared_buffers: '32MB',
  // pg_dump of a newer version than the server says so in its first lines; pins need it.
  allow_system_table_mods: 'on',
};

/**
 * Ends the server when its standard input does: the process that started it is gone, by whatever
 * signal. Sleepers that are held by SIGSTOP hear of SIGKILL alone, which the server sends them
 * after five seconds.
 */
const WATCH = `"$@" & engine=$!; read -r _; kill -QUIT $engine; wait $engine; rm -rf "$HEDDLE_FOLDER"`;

/** One PostgreSQL server, for as long as this process goes on. */
export class Cluster {
  /** Its sockets are there too. */
  readonly folder: string;
  /**
   * By which heddle asks and tells. It is in a database of its own: it holds up nothing in those of
   * runs.
   */
  readonly control: Connection;
  readonly #pid: number;

  /** To be called outside of any run. */
  static start(): Cluster {
    const user = ownUser();
    const bin = postgresFolder();
    const folder = makeFolder('heddle-postgres-', user);
    const data = join(folder, 'data');
    const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC', HEDDLE_FOLDER: folder };
    const as = { cwd: folder, env, ...user };
    const initdb = ['--no-sync', '--auth=trust', '--encoding=UTF8', '--locale=C'];
    runTool(join(bin, 'initdb'), [...initdb, `--username=${OWNER_ROLE}`, `--pgdata=${data}`], as);
    const settings = { ...SETTINGS, unix_socket_directories: folder, port: PORT };
    const set = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const log = openSync(join(folder, 'log'), 'a');
    const watch = ['-c', WATCH, 'heddle', join(bin, 'postgres'), '-D', data, ...set];
    const child = startTool('/bin/sh', watch, { ...as, stdio: ['pipe', log, log], detached: true });
    closeSync(log);
    const cluster = new Cluster(folder);
    process.once('exit', () => child.stdin?.destroy());
    return cluster;
  }

  private constructor(folder: string) {
    this.folder = folder;
    const control = lookFor(() => this.#tryControl(), START_MS_MAX, 0);
    if (control === undefined) {
      const said = readFileSync(join(folder, 'log'), 'utf8').trim();
      throw new UsageError(`PostgreSQL does not start: ${said.slice(-LOG_TAIL)}`);
    }
    this.control = control;
    const [pid = ''] = readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n');
    this.#pid = Number(pid);
  }

  /** Undefined while the server begins. */
  #tryControl(): Connection | undefined {
    const pipe = EnginePipe.open(this.#socket);
    if (pipe === undefined) return undefined;
    try {
      return new Connection(pipe, { user: OWNER_ROLE, database: CONTROL_DATABASE });
    } catch (error) {
      pipe.close();
      if (error instanceof EngineError && STARTING.has(error.code)) return undefined;
      throw error;
    }
  }

  get #socket(): string {
    return join(this.folder, `.s.PGSQL.${PORT}`);
  }

  /** To be called outside of any run. */
  connect(): EnginePipe {
    const pipe = EnginePipe.open(this.#socket);
    if (pipe !== undefined) return pipe;
    throw new UsageError(
      signal(this.#pid, 0)
        ? 'PostgreSQL takes no more connections'
        : 'the PostgreSQL server of this process was ended by somebody else',
    );
  }
}

const LOG_TAIL = 500;

/** PostgreSQL refuses root: there it is a user of its own, or else nobody. */
export function ownUser(): FolderOwner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const [, , uid, gid] = (
    lines.find((line) => line.startsWith('postgres:')) ??
    lines.find((line) => line.startsWith('nobody:')) ??
    'nobody:x:65534:65534'
  ).split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
