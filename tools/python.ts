/**
 * Do the models do what Python does? Each server of tools/python/servers.py (Python, on Linux) and
 * the model of its name (as written, on Linux's own sockets) meet the same clients, one manner
 * after the other, and what those see is compared. `npm run python` holds all of them and writes
 * the table in docs/python.md, `npm run python -- threaded` holds one, and words behind that are in
 * the name of a manner only those. It needs python3 and koffi, and takes some minutes.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const MODELS_HELD: readonly string[] = [
  'sequential',
  'threaded',
  'threaded-queue',
  'asyncio-queue',
  'fork',
  'select-queues',
  'poll',
  'epoll-level',
  'selectors',
  'got-sequential',
  'got-threaded',
  'got-select',
  'got-asyncio',
  'mini-loop',
  'protocol',
  'streams',
  'coroutine-scheduler',
];
const ROOT = join(import.meta.dirname, '..');
const SERVERS = join(import.meta.dirname, 'python', 'servers.py');
const PAGE = join(ROOT, 'docs', 'python.md');
const MAIN = join(ROOT, 'dist', 'cli', 'main.js');
/**
 * How long a client waits for something that may not come. On a machine that is slower than that, a
 * difference is gone when clients are more patient: it has to be there with all of them.
 */
const PATIENCES_MS = [700, 2500, 6000] as const;
/** How long a server may take to come up on a busy machine. */
const START_MS_MAX = 180_000;
const RESETS = 20;
const UNREAD_BYTES = 8_000_000;
/** Models that are held at a time: most of it is waiting. */
const AT_ONCE = 2;

/** One server that clients meet. */
interface Server {
  readonly side: Side;
  readonly id: string;
  readonly port: number;
  patienceMs: number;
  child: ChildProcess;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

type Side = 'python' | 'heddle';

const COMMANDS: Readonly<Record<Side, (id: string, port: number) => readonly string[]>> = {
  python: (id, port) => ['python3', '-u', SERVERS, id, `${port}`],
  heddle: (id, port) => [
    process.execPath,
    ...[MAIN, 'serve', id, '--variant', 'as-written'],
    ...['--sockets', 'linux', '--port', `${port}`],
  ],
};

/** A process that listens, or has ended. */
async function started(side: Side, id: string, port: number): Promise<ChildProcess> {
  const [command, ...args] = COMMANDS[side](id, port);
  const child = spawn(command as string, args, { cwd: ROOT, stdio: 'ignore' });
  const until = performance.now() + START_MS_MAX;
  while (performance.now() < until && child.exitCode === null) {
    if (isListening(port)) break;
    await sleep(50);
  }
  return child;
}

/** /proc/net/tcp, so that no connection is spent on asking. */
function isListening(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return new RegExp(`:${hex} 00000000:0000 0A`).test(readFileSync('/proc/net/tcp', 'utf8'));
}

async function stopped({ child }: Server): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

// ---- clients ----

/** A client's connection: what has come back so far, and how it has ended. */
class Client {
  readonly socket: Socket;
  readonly #patienceMs: number;
  received = Buffer.alloc(0);
  ended = '';
  #changed: (() => void) | undefined;

  private constructor(socket: Socket, patienceMs: number) {
    this.socket = socket;
    this.#patienceMs = patienceMs;
    socket.on('data', (bytes) =>
      this.#note(() => {
        this.received = Buffer.concat([this.received, bytes as Buffer]);
      }),
    );
    socket.on('end', () =>
      this.#note(() => {
        this.ended ||= 'end';
      }),
    );
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#note(() => {
        this.ended ||= error.code ?? 'error';
      }),
    );
  }

  #note(change: () => void): void {
    change();
    this.#changed?.();
  }

  static async of({ port, patienceMs }: Server): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const client = new Client(socket, patienceMs);
    await client.until(() => !client.socket.connecting);
    return client;
  }

  /** Whether it has come true before the client's patience was at its end. */
  async until(isTrue: () => boolean): Promise<boolean> {
    const end = performance.now() + this.#patienceMs;
    while (!isTrue() && performance.now() < end) {
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#changed = resolve;
        }),
        sleep(20),
      ]);
    }
    return isTrue();
  }

  /** What came back for this message, and how the connection stands then. */
  async asks(message: Buffer | string, { end = false } = {}): Promise<string> {
    const before = this.received.length;
    if (end) this.socket.end(message);
    else this.socket.write(message);
    const wanted = before + Buffer.from(message).length;
    await this.until(() => this.received.length >= wanted || this.ended !== '');
    if (end) await this.until(() => this.ended !== '');
    return this.state(before);
  }

  state(from = 0): string {
    const bytes = this.received.subarray(from);
    return `${JSON.stringify(bytes.toString('latin1'))}${this.ended === '' ? '' : `, ${this.ended}`}`;
  }

  leave(): void {
    this.socket.destroy();
  }
}

/** Whether a new client is served now. */
/**
 * Of a server that is dying, who comes next is refused, or accepted by a kernel that then resets
 * the connection: it depends on how long an interpreter takes to end, which is nobody's promise.
 */
async function next(server: Server): Promise<string> {
  const client = await Client.of(server);
  const state = await client.asks('next');
  client.leave();
  return `next ${state.replace('ECONNRESET', 'ECONNREFUSED')}`;
}

type Behaviour = (server: Server) => Promise<string>;

async function reset(server: Server, message: string): Promise<void> {
  const client = await Client.of(server);
  if (message !== '') await client.asks(message);
  client.socket.resetAndDestroy();
  await sleep(100);
}

const descriptorsOf = ({ child }: Server): number => {
  try {
    return readdirSync(`/proc/${child.pid}/fd`).length;
  } catch {
    return 0;
  }
};

/** What node:net cannot send. */
const URGENT = `import socket,sys,time
s=socket.create_connection(("127.0.0.1",int(sys.argv[1]))); s.settimeout(int(sys.argv[3])/1000)
s.sendall(b"hello"); s.send(b"!",socket.MSG_OOB)
if sys.argv[2]=="end": s.shutdown(socket.SHUT_WR)
out=b""
try:
    while len(out.replace(b"Got: ",b""))<5:
        d=s.recv(100)
        if not d: out+=b"|end"; break
        out+=d
except OSError as e: out+=b"|"+type(e).__name__.encode()
print(out.decode())`;

async function urgent(server: Server, how: string): Promise<string> {
  const child = spawn('python3', ['-c', URGENT, `${server.port}`, how, `${server.patienceMs}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  child.stdout.on('data', (bytes) => {
    text += bytes;
  });
  await new Promise((resolve) => child.once('close', resolve));
  // Pieces and kinds of end differ from run to run; what matters is whether all came back.
  const all = text.replaceAll('Got: ', '').startsWith('hello');
  return `${all ? 'answered' : 'not answered'}, ${await next(server)}`;
}

/** Longer than what one recv asks for, and no two stretches of it alike. */
const LONG = Buffer.from(Array.from({ length: 1250 }, (_, i) => `${1000 + i}`).join(''));

/** All of a long message at once, with the end of the stream right behind it. */
async function longWithEnd(server: Server): Promise<string> {
  const client = await Client.of(server);
  await client.asks(LONG, { end: true });
  client.leave();
  const got = client.received.toString('latin1').replaceAll('Got: ', '');
  const sent = LONG.toString('latin1');
  const part = sent.startsWith(got) ? 'the beginning of it' : 'something else';
  return `${got === sent ? 'all of it' : got === '' ? 'nothing' : part}, ${await next(server)}`;
}

/** It is ended while a client is connected, and started again on its port. */
async function restart(server: Server): Promise<string> {
  const client = await Client.of(server);
  const before = await client.asks('a');
  await stopped(server);
  await client.until(() => client.ended !== '');
  server.child = await started(server.side, server.id, server.port);
  const after = await next(server);
  client.leave();
  return `${before}, ${after}`;
}

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  one: async (server) => {
    const client = await Client.of(server);
    const state = await client.asks('Hello, world');
    client.leave();
    return `${state}, ${await next(server)}`;
  },
  leaves: async (server) => {
    (await Client.of(server)).leave();
    await sleep(100);
    return next(server);
  },
  'second while the first stays': async (server) => {
    const first = await Client.of(server);
    await first.asks('a');
    const second = await next(server);
    first.leave();
    return second;
  },
  '5 B and FIN': async (server) => {
    const client = await Client.of(server);
    const state = await client.asks('hello', { end: true });
    client.leave();
    return `${state}, ${await next(server)}`;
  },
  '5,000 B and FIN': longWithEnd,
  'half a character': async (server) => {
    const client = await Client.of(server);
    const state = await client.asks(Buffer.from([0xe6, 0x97]));
    client.leave();
    return `${state}, ${await next(server)}`;
  },
  'a reset with data': async (server) => {
    await reset(server, 'a');
    return next(server);
  },
  'a reset at once': async (server) => {
    await reset(server, '');
    return next(server);
  },
  '20 resets': async (server) => {
    await next(server);
    const before = descriptorsOf(server);
    for (let i = 0; i < RESETS; i++) await reset(server, '');
    const grown = descriptorsOf(server) - before >= RESETS / 4;
    return `descriptors ${grown ? 'stay' : 'go'}, ${await next(server)}`;
  },
  '8 MB unread': async (server) => {
    const deaf = await Client.of(server);
    deaf.socket.pause();
    deaf.socket.write(Buffer.alloc(UNREAD_BYTES));
    await sleep(server.patienceMs);
    const state = await next(server);
    deaf.leave();
    return state;
  },
  'an urgent byte': (server) => urgent(server, 'stays'),
  'an urgent byte and FIN': (server) => urgent(server, 'end'),
  'a restart': restart,
};

/** Differences that are known, each with its reason. */
const KNOWN: Readonly<Record<string, string>> = {
  'asyncio-queue: 20 resets': 'CPython collects some of the sockets that nobody closes',
};

/** The same server on both sides. */
interface Pair {
  readonly python: Server;
  readonly heddle: Server;
}

async function fresh(id: string): Promise<Pair> {
  const of = async (side: Side): Promise<Server> => {
    const port = await freePort();
    return { side, id, port, patienceMs: 0, child: await started(side, id, port) };
  };
  const [python, heddle] = await Promise.all([of('python'), of('heddle')]);
  return { python, heddle };
}

async function putAway({ python, heddle }: Pair): Promise<void> {
  await Promise.all([stopped(python), stopped(heddle)]);
}

/** One model under one manner of clients. */
interface Cell {
  readonly id: string;
  readonly manner: string;
  readonly python: string;
  readonly heddle: string;
}

const isSame = ({ python, heddle }: Cell): boolean => python === heddle;

async function meet(pair: Pair, manner: string, patienceMs: number): Promise<Cell> {
  const sees = (server: Server): Promise<string> => {
    server.patienceMs = patienceMs;
    return (BEHAVIOURS[manner] as Behaviour)(server);
  };
  const [python, heddle] = await Promise.all([sees(pair.python), sees(pair.heddle)]);
  return { id: pair.python.id, manner, python, heddle };
}

/** Whoever comes next is served. */
const isServing = ({ python, heddle }: Cell): boolean =>
  [python, heddle].every((state) => /next "(Got: )?next"$/.test(state));

/**
 * One model under all manners, one after the other. Both servers have lived through the same; they
 * are made again where one of them serves no more.
 */
async function held(id: string, manners: readonly string[]): Promise<Cell[]> {
  const cells: Cell[] = [];
  let pair: Pair | undefined;
  for (const manner of manners) {
    pair ??= await fresh(id);
    let cell = await meet(pair, manner, PATIENCES_MS[0]);
    for (const patienceMs of PATIENCES_MS.slice(1)) {
      // That nobody answers is known of those alone who have waited long.
      if (isSame(cell) && isServing(cell)) break;
      await putAway(pair);
      pair = await fresh(id);
      cell = await meet(pair, manner, patienceMs);
    }
    if (!isSame(cell) || !isServing(cell)) {
      await putAway(pair);
      pair = undefined;
    }
    cells.push(cell);
    const { python, heddle } = cell;
    const said = isSame(cell) ? `the same: ${python}` : `Python ${python}; heddle ${heddle}`;
    console.log(`${id}, ${manner}: ${said}`);
  }
  if (pair !== undefined) await putAway(pair);
  return cells;
}

/** What stands in the table for a cell. */
function mark(cell: Cell, reasons: string[]): string {
  if (isSame(cell)) return isServing(cell) ? '=' : '(=)';
  const why = KNOWN[`${cell.id}: ${cell.manner}`] ?? `Python: ${cell.python}; here: ${cell.heddle}`;
  if (!reasons.includes(why)) reasons.push(why);
  return `[${reasons.indexOf(why) + 1}]`;
}

/** The table for docs/python.md, of the models that were held so far. */
function table(cells: readonly Cell[]): string {
  const manners = Object.keys(BEHAVIOURS);
  const reasons: string[] = [];
  const ids = MODELS_HELD.filter((id) => cells.some((cell) => cell.id === id));
  const rows = ids.map((id) => {
    const own = manners.map((manner) => {
      const cell = cells.find((each) => each.id === id && each.manner === manner) as Cell;
      return mark(cell, reasons);
    });
    return `| \`${id}\` | ${own.join(' | ')} |`;
  });
  const version = spawnSync('python3', ['--version'], { encoding: 'utf8' }).stdout.trim();
  const same = cells.filter(isSame).length;
  return [
    `Against ${version}, ${ids.length} of ${MODELS_HELD.length} models: ${same} of ${cells.length} the same (=); in (=) neither side served the next client, or not in time.`,
    '',
    `| | ${manners.join(' | ')} |`,
    `| --- |${manners.map(() => ' --- |').join('')}`,
    ...rows,
    ...reasons.flatMap((why, i) => ['', `[${i + 1}] ${why}`]),
  ].join('\n');
}

function writeTable(text: string): void {
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = ['<!-- table: npm run python -->', '<!-- /table -->'] as const;
  const from = page.indexOf(begin) + begin.length;
  const to = page.indexOf(end);
  writeFileSync(PAGE, `${page.slice(0, from)}\n\n${text}\n\n${page.slice(to)}`);
}

async function main(words: readonly string[]): Promise<number> {
  if (spawnSync('python3', ['--version']).status !== 0) {
    console.error('npm run python needs python3 on the PATH (3.11 was used)');
    return 2;
  }
  const ids = words.filter((word) => MODELS_HELD.includes(word));
  const parts = words.filter((word) => !ids.includes(word));
  const chosen = ids.length > 0 ? ids : MODELS_HELD;
  const manners = Object.keys(BEHAVIOURS).filter((name) =>
    parts.every((word) => name.includes(word)),
  );
  const queue = [...chosen];
  const cells: Cell[] = [];
  const work = async (): Promise<void> => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      cells.push(...(await held(id, manners)));
      if (words.length === 0) writeTable(table(cells));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const differing = cells.filter((cell) => !isSame(cell));
  const unknown = differing.filter(({ id, manner }) => KNOWN[`${id}: ${manner}`] === undefined);
  console.log(
    `${cells.length - differing.length} of ${cells.length} the same, ${unknown.length} differ without a known reason`,
  );
  return unknown.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
