import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadLibc } from '../src/real/linux/index.ts';
import type { Benchmark, Line } from './measure.ts';

const HERE = join(import.meta.dirname, 'sockets');
const CLI = join(import.meta.dirname, '../src/cli/main.ts');
const CONNECTIONS = 64;
const MESSAGE_BYTES = 64;
const WARMUP_MS = 500;
const ROUND_MS = 1000;
const ROUNDS = 5;

/** A command line. */
type Command = readonly [file: string, ...args: string[]];

const typescript = (file: string, ...args: string[]): Command => [
  process.execPath,
  ...process.execArgv,
  file,
  ...args,
];
const model = (id: string, sockets: 'node' | 'linux'): Command =>
  typescript(CLI, 'serve', id, '--sockets', sockets, '--port', '0', '--quiet');

/** Compiles a program of ours into `folder`; undefined where there is no C compiler. */
function compiled(name: string, folder: string): string | undefined {
  const out = join(folder, name);
  const { status } = spawnSync('cc', ['-O2', '-o', out, join(HERE, `${name}.c`)]);
  return status === 0 ? out : undefined;
}

/** A server in a process of its own. */
class Served {
  readonly #child: ChildProcess;
  readonly port: Promise<number>;

  constructor([file, ...args]: Command) {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.port = new Promise((resolve, reject) => {
      let said = '';
      const hear = (chunk: Buffer): void => {
        said += chunk.toString();
        const port = /listens on 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
        if (port !== undefined) resolve(Number(port));
      };
      child.stdout?.on('data', hear);
      child.stderr?.on('data', hear);
      child.once('exit', () => reject(new Error(`${file} did not serve: ${said}`)));
    });
    this.port.catch(() => {});
  }

  /** Nanoseconds that its threads have spent on a processor. */
  get busyNs(): number {
    const threads = `/proc/${this.#child.pid}/task`;
    let ns = 0;
    for (const id of readdirSync(threads)) {
      ns += Number(readFileSync(join(threads, id, 'schedstat'), 'utf8').split(' ')[0]);
    }
    return ns;
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}

/** What one round of load has shown. */
interface Round {
  readonly tripsASecond: number;
  /** Of the server, for each round trip; NaN where /proc does not tell. */
  readonly busyNs: number;
  /** The slowest connection's round trips, by the mean. */
  readonly slowest: number;
}

async function loaded(server: Served, load: Command): Promise<Round> {
  const [file, ...args] = load;
  const numbers = [await server.port, CONNECTIONS, MESSAGE_BYTES, WARMUP_MS, ROUND_MS];
  const hasProc = process.platform === 'linux';
  const before = hasProc ? server.busyNs : Number.NaN;
  const { stdout } = await promisify(execFile)(file, [...args, ...numbers.map(String)]);
  const busyNs = (hasProc ? server.busyNs : Number.NaN) - before;
  const [ns = 0, ...trips] = stdout.trim().split('\n').map(Number);
  const all = trips.reduce((sum, count) => sum + count, 0);
  // The load counts after its warm-up, /proc all of the time.
  const counted = ns / (ns + WARMUP_MS * 1e6);
  return {
    tripsASecond: (all * 1e9) / ns,
    busyNs: (busyNs * counted) / all,
    slowest: (Math.min(...trips) * trips.length) / all,
  };
}

const best = (rounds: readonly Round[]): number =>
  Math.max(...rounds.map(({ tripsASecond }) => tripsASecond));
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] as number;

function line(what: string, arm: readonly Round[], against: readonly Round[], least: number): Line {
  const busy = (rounds: readonly Round[]): number => median(rounds.map(({ busyNs }) => busyNs));
  const thousands = (rounds: readonly Round[]): string => `${Math.round(best(rounds) / 1000)} k`;
  const time = (busy(against) / busy(arm)).toFixed(2);
  return {
    what,
    ratio: best(arm) / best(against),
    goal: { least },
    note: `${thousands(arm)} / ${thousands(against)} round trips a second; by time on the processor ${time}`,
  };
}

/** Rounds of each server in turn, so that what else goes on meets all of them. */
async function race<Name extends string>(
  commands: Readonly<Record<Name, Command>>,
  load: Command,
): Promise<Record<Name, Round[]>> {
  const names = Object.keys(commands) as Name[];
  const servers = names.map((name) => [name, new Served(commands[name])] as const);
  const rounds = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Round[]
  >;
  try {
    for (let i = 0; i < ROUNDS; i++) {
      for (const [name, server] of servers) rounds[name].push(await loaded(server, load));
    }
  } finally {
    for (const [, server] of servers) server.end();
  }
  return rounds;
}

async function measured(folder: string): Promise<Line[]> {
  const serverInC = compiled('server', folder);
  const loadInC = compiled('load', folder);
  const load: Command = loadInC === undefined ? typescript(join(HERE, 'load.ts')) : [loadInC];
  const lines: Line[] = [];
  const { node, net } = await race(
    { node: model('epoll-level', 'node'), net: typescript(join(HERE, 'net.ts')) },
    load,
  );
  lines.push(line("epoll-level on Node's sockets / raw node:net", node, net, 0.85));
  const hasLibc = await loadLibc().then(
    () => true,
    () => false,
  );
  if (!hasLibc) return lines;
  const { level, streams, threaded, c } = await race(
    {
      level: model('epoll-level', 'linux'),
      streams: model('streams', 'linux'),
      threaded: model('threaded', 'linux'),
      c: serverInC === undefined ? typescript(join(HERE, 'net.ts')) : [serverInC],
    },
    load,
  );
  const rival = serverInC === undefined ? 'raw node:net (no C compiler here)' : 'epoll in C';
  lines.push(
    line(`epoll-level on Linux's sockets / ${rival}`, level, c, 0.8),
    line(`streams on Linux's sockets / ${rival}`, streams, c, 0.4),
    {
      what: 'threaded on Linux: slowest connection / mean',
      ratio: median(threaded.map(({ slowest }) => slowest)),
      goal: { least: 0.5 },
      note: `${Math.round(best(threaded) / 1000)} k round trips a second`,
    },
  );
  return lines;
}

const benchmark: Benchmark = {
  about: `What heddle's real sockets cost: ${CONNECTIONS} connections from another process, each of which sends ${MESSAGE_BYTES} bytes and waits for them. The best of ${ROUNDS} rounds of each server, in turn.`,
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
    try {
      return await measured(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
export default benchmark;
