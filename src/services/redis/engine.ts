import { join } from 'node:path';
import { UsageError } from '../../sys/errors.ts';
import { type Engine, startEngine } from '../engine.ts';
import { makeFolder } from '../folder.ts';
import { EnginePipe } from '../pipe.ts';
import { folderWith } from '../programs.ts';
import { Connection } from './connection.ts';
import { LIBRARY } from './lua.ts';

const PROGRAM = 'redis-server';
/** Deadlines that can be asked for, functions and ids of streams that are half given. */
const MAJOR_MIN = 7;
const MANY = '1000000';
const SETTINGS: readonly (readonly [string, string])[] = [
  // Never reachable from outside, and nothing is kept.
  ['port', '0'],
  // Its command line names its folder: by that the next start finds what is left of a killed one.
  ['set-proc-title', 'no'],
  ['save', ''],
  ['appendonly', 'no'],
  // Sorted by when they were put there, and not by a number that each process draws for itself.
  ['hash-max-listpack-entries', MANY],
  ['hash-max-listpack-value', MANY],
];
/** A user for heddle itself. */
const OWNER = 'heddle';
/** What would end the engine, stop it for a time, show it to others or hide its answers. */
const REFUSED =
  'shutdown replicaof slaveof failover module debug monitor sync psync save bgsave bgrewriteaof client|pause client|reply config|rewrite function|flush function|restore'.split(
    ' ',
  );

/**
 * The folder of Redis' own program.
 *
 * @throws UsageError that says what to install
 */
export function redisFolder(): string {
  const found = folderWith([PROGRAM]);
  if (found !== undefined) return found;
  throw new UsageError(
    `redis() needs Redis' own server (${PROGRAM}), which is not on PATH. Install it: apt-get install redis-server, dnf install redis, brew install redis; no server need be started`,
  );
}

const free: RedisEngine[] = [];

/** A Redis server, for one run at a time. */
export class RedisEngine {
  readonly #engine: Engine<Connection>;
  readonly #socket: string;
  /** Something has been done to it that emptying it does not undo. */
  spoiled = false;

  /** An empty one. To be called outside of any run. */
  static lease(): RedisEngine {
    const found = free.pop() ?? new RedisEngine();
    const { control } = found;
    control.ask('FLUSHALL', 'SYNC');
    control.ask('SCRIPT', 'FLUSH', 'SYNC');
    control.ask('FCALL', 'heddle_begin', '0');
    return found;
  }

  private constructor() {
    const bin = redisFolder();
    const folder = makeFolder('heddle-redis-', undefined, 'SIGKILL');
    this.#socket = join(folder, 'socket');
    const settings = [...SETTINGS, ['unixsocket', this.#socket], ['dir', folder]];
    const words = settings.flatMap(([name, value]) => [`--${name}`, value as string]);
    const command = [join(bin, PROGRAM), ...words];
    this.#engine = startEngine({ name: 'Redis', folder, command, signal: 'KILL' }, () => {
      const pipe = EnginePipe.open(this.#socket);
      return pipe === undefined ? undefined : new Connection(pipe);
    });
    const { control } = this;
    checkVersion(control.ask('INFO', 'server'));
    control.ask('ACL', 'SETUSER', OWNER, 'on', 'nopass', '~*', '&*', '+@all');
    control.ask('AUTH', OWNER, '');
    control.ask('ACL', 'SETUSER', 'default', ...REFUSED.map((name) => `-${name}`));
    control.ask('FUNCTION', 'LOAD', LIBRARY);
  }

  get control(): Connection {
    return this.#engine.control;
  }

  /** A connection for a client. To be called outside of any run. */
  connect(): EnginePipe {
    const pipe = EnginePipe.open(this.#socket);
    if (pipe !== undefined) return pipe;
    throw new UsageError('the Redis server of this process was ended by somebody else');
  }

  /** The run is over. */
  free(): void {
    if (!this.spoiled) free.push(this);
    else {
      this.control.close();
      this.#engine.end();
    }
  }
}

function checkVersion(info: string): void {
  const [, version = '', major] = /redis_version:((\d+)\S*)/.exec(info) ?? [];
  if (Number(major) >= MAJOR_MIN) return;
  throw new UsageError(`redis() needs Redis ${MAJOR_MIN} or newer; on PATH is ${version}`);
}
