/**
 * Do the models do what Python does? Each server of tools/python/servers.py (Python, on Linux) and
 * the model of its name (as written, on Linux's own sockets) meet the same clients, one manner
 * after the other, and what those see is compared. `npm run python` holds all of them, `npm run
 * python -- threaded` one, and words behind that are in the name of a manner only those. It needs
 * python3 and koffi, and takes some minutes.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
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
const MAIN = join(ROOT, 'src', 'cli', 'main.ts');
/** How long a client waits for something that may not come. */
const PATIENCE_MS = 700;
/** How long a server may take to come up on a busy machine. */
const START_MS_MAX = 180_000;
const RESETS = 20;
const UNREAD_BYTES = 8_000_000;

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

const COMMANDS: Readonly<Record<string, (id: string, port: number) => readonly string[]>> = {
  python: (id, port) => ['python3', '-u', SERVERS, id, `${port}`],
  heddle: (id, port) => [
    process.execPath,
    ...['--import', 'tsx', MAIN, 'serve', id, '--variant', 'as-written'],
    ...['--sockets', 'linux', '--port', `${port}`],
  ],
};

async function started(side: string, id: string, port: number): Promise<Server> {
  const [command, ...args] = (COMMANDS[side] as (typeof COMMANDS)[string])(id, port);
  const child = spawn(command as string, args, { cwd: ROOT, stdio: 'ignore' });
  const until = performance.now() + START_MS_MAX;
  while (performance.now() < until && child.exitCode === null) {
    if (isListening(port)) break;
    await sleep(50);
  }
  return { child, port };
}

/** /proc/net/tcp, so that no connection is spent on asking. */
function isListening(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const { stdout } = spawnSync('cat', ['/proc/net/tcp'], { encoding: 'utf8' });
  return new RegExp(`:${hex} 00000000:0000 0A`).test(stdout);
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
  received = Buffer.alloc(0);
  ended = '';
  #changed: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
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

  static async of(port: number): Promise<Client> {
    const client = new Client(connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
    await client.until(() => !client.socket.connecting);
    return client;
  }

  /** Whether it has come true before the client's patience was at its end. */
  async until(isTrue: () => boolean, ms = PATIENCE_MS): Promise<boolean> {
    const end = performance.now() + ms;
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
    const text = bytes.length <= 20 ? JSON.stringify(bytes.toString('latin1')) : 'many';
    return `${text}${this.ended === '' ? '' : `, ${this.ended}`}`;
  }

  leave(): void {
    this.socket.destroy();
  }
}

/** Whether a new client is served now. */
async function next(port: number): Promise<string> {
  const client = await Client.of(port);
  const state = await client.asks('next');
  client.leave();
  return `next ${state}`;
}

type Behaviour = (server: Server) => Promise<string>;

async function reset(port: number, message: string): Promise<void> {
  const client = await Client.of(port);
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
s=socket.create_connection(("127.0.0.1",int(sys.argv[1]))); s.settimeout(1.5)
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

async function urgent({ port }: Server, how: string): Promise<string> {
  const child = spawn('python3', ['-c', URGENT, `${port}`, how], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  child.stdout.on('data', (bytes) => {
    text += bytes;
  });
  await new Promise((resolve) => child.once('close', resolve));
  // Pieces and kinds of end differ from run to run; what matters is whether all came back.
  const all = text.replaceAll('Got: ', '').startsWith('hello');
  return `${all ? 'answered' : 'not answered'}, ${await next(port)}`;
}

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  one: async ({ port }) => (await Client.of(port)).asks('Hello, world'),
  leaves: async ({ port }) => {
    (await Client.of(port)).leave();
    await sleep(100);
    return next(port);
  },
  'second while the first stays': async ({ port }) => {
    const first = await Client.of(port);
    await first.asks('a');
    const second = await next(port);
    first.leave();
    return second;
  },
  '5 B and FIN': async ({ port }) =>
    `${await (await Client.of(port)).asks('hello', { end: true })}, ${await next(port)}`,
  'half a character': async ({ port }) => {
    const client = await Client.of(port);
    const state = await client.asks(Buffer.from([0xe6, 0x97]));
    client.leave();
    return `${state}, ${await next(port)}`;
  },
  'a reset with data': async ({ port }) => {
    await reset(port, 'a');
    return next(port);
  },
  'a reset at once': async ({ port }) => {
    await reset(port, '');
    return next(port);
  },
  '20 resets': async (server) => {
    await next(server.port);
    const before = descriptorsOf(server);
    for (let i = 0; i < RESETS; i++) await reset(server.port, '');
    const grown = descriptorsOf(server) - before >= RESETS / 4;
    return `descriptors ${grown ? 'stay' : 'go'}, ${await next(server.port)}`;
  },
  '8 MB unread': async ({ port }) => {
    const deaf = await Client.of(port);
    deaf.socket.pause();
    deaf.socket.write(Buffer.alloc(UNREAD_BYTES));
    await sleep(PATIENCE_MS);
    const state = await next(port);
    deaf.leave();
    return state;
  },
  'an urgent byte': (server) => urgent(server, 'stays'),
  'an urgent byte and FIN': (server) => urgent(server, 'end'),
};

/** Differences that are known, each with its reason; docs/python.md tells them. */
const KNOWN: Readonly<Record<string, string>> = {
  'asyncio-queue: 20 resets': 'CPython collects some of the sockets that nobody closes',
};

async function observed(side: string, id: string, behaviour: Behaviour): Promise<string> {
  const server = await started(side, id, await freePort());
  try {
    return await behaviour(server);
  } finally {
    await stopped(server);
  }
}

async function main(words: readonly string[]): Promise<number> {
  if (spawnSync('python3', ['--version']).status !== 0) {
    console.error('npm run python needs python3 on the PATH (3.11 was used)');
    return 2;
  }
  const ids = words.filter((word) => MODELS_HELD.includes(word));
  const manners = words.filter((word) => !ids.includes(word));
  const held = ids.length > 0 ? ids : MODELS_HELD;
  let same = 0;
  let unknown = 0;
  let all = 0;
  for (const id of held) {
    for (const [name, behaviour] of Object.entries(BEHAVIOURS)) {
      if (!manners.every((word) => name.includes(word))) continue;
      all++;
      const python = await observed('python', id, behaviour);
      const heddle = await observed('heddle', id, behaviour);
      if (python === heddle) {
        same++;
        continue;
      }
      const why = KNOWN[`${id}: ${name}`];
      if (why === undefined) unknown++;
      console.log(
        `${id}, ${name}: Python ${python}; heddle ${heddle}${why === undefined ? '' : ` (${why})`}`,
      );
    }
    console.log(`${id}: held`);
  }
  console.log(`${same} of ${all} the same, ${unknown} differ without a known reason`);
  return unknown === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
