import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../sys/errors.ts';
import { startEngine } from '../engine.ts';
import { type FolderOwner, makeFolder } from '../folder.ts';
import { EnginePipe } from '../pipe.ts';
import { runTool, signal } from '../real.ts';
import { postgresFolder } from './binaries.ts';
import { Connection, EngineError } from './connection.ts';
import { OWNER_ROLE, type Source } from './source.ts';
import { pinned } from './sql.ts';

const PORT = '5432';
const CONTROL_DATABASE = 'postgres';
/** cannot_connect_now, or the connection was closed at once. */
const STARTING: ReadonlySet<string> = new Set(['57P03', '08006']);

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
  // In its folder, and not beside it.
  dynamic_shared_memory_type: 'mmap',
  // pg_dump of a newer version than the server says so in its first lines; pins need it.
  allow_system_table_mods: 'on',
};

/** One PostgreSQL server, for as long as this process goes on. */
export class Cluster implements Source {
  readonly isSingle = false;
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
    const folder = makeFolder('heddle-postgres-', user, 'SIGQUIT');
    const data = join(folder, 'data');
    const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' };
    const as = { cwd: folder, env, ...user };
    const initdb = ['--no-sync', '--auth=trust', '--encoding=UTF8', '--locale=C'];
    runTool(join(bin, 'initdb'), [...initdb, `--username=${OWNER_ROLE}`, `--pgdata=${data}`], as);
    const settings = { ...SETTINGS, unix_socket_directories: folder, port: PORT };
    const set = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const command = [join(bin, 'postgres'), '-D', data, ...set];
    // Sessions that are held by SIGSTOP hear of SIGKILL alone, which QUIT has the server send them
    // after five seconds.
    const given = { name: 'PostgreSQL', folder, command, signal: 'QUIT', ...user } as const;
    const { control } = startEngine(given, () => tryControl(folder));
    return new Cluster(folder, control);
  }

  private constructor(folder: string, control: Connection) {
    this.folder = folder;
    this.control = control;
    const [pid = ''] = readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n');
    this.#pid = Number(pid);
  }

  /** To be called outside of any run. */
  connect(): EnginePipe {
    const pipe = EnginePipe.open(socketIn(this.folder));
    if (pipe !== undefined) return pipe;
    throw new UsageError(
      signal(this.#pid, 0)
        ? 'PostgreSQL takes no more connections'
        : 'the PostgreSQL server of this process was ended by somebody else',
    );
  }

  /** By psql, for which pg_dump writes: commands with backslashes and rows of COPY included. */
  load(_own: Connection, database: string, path: string, sql: string): void {
    const settings = ['now', 'clock'].map((name) => `-c heddle.${name}=2024-01-01T00:00:00Z`);
    const env = {
      PATH: process.env['PATH'] ?? '',
      PGOPTIONS: `${settings.join(' ')} -c heddle.pid=0 -c heddle.database=${database}`,
    };
    const where = ['-h', this.folder, '-U', OWNER_ROLE, '-d', database];
    const how = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=terse', '-f', '-'];
    const as = { cwd: this.folder, env, ...ownUser(), input: pinned(sql) };
    try {
      runTool(join(postgresFolder(), 'psql'), [...where, ...how], as);
    } catch (error) {
      const why = (error as Error).message.split('psql:<stdin>:').at(-1);
      throw new UsageError(`${path}:${why}`);
    }
  }
}

const socketIn = (folder: string): string => join(folder, `.s.PGSQL.${PORT}`);

/** Undefined while the server begins. */
function tryControl(folder: string): Connection | undefined {
  const pipe = EnginePipe.open(socketIn(folder));
  if (pipe === undefined) return undefined;
  try {
    return new Connection(pipe, { user: OWNER_ROLE, database: CONTROL_DATABASE });
  } catch (error) {
    pipe.close();
    if (error instanceof EngineError && STARTING.has(error.code)) return undefined;
    throw error;
  }
}

/** PostgreSQL refuses root: there it is a user of its own, or else nobody. */
function ownUser(): FolderOwner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const [, , uid, gid] = (
    lines.find((line) => line.startsWith('postgres:')) ??
    lines.find((line) => line.startsWith('nobody:')) ??
    'nobody:x:65534:65534'
  ).split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
