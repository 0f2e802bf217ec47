import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import net from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadLibc } from '../../src/real/linux/index.ts';
import { printable } from '../../src/sim/trace/printable.ts';
import { HEDDLE_MAIN } from '../built.ts';

const command = [HEDDLE_MAIN, 'serve', 'epoll-level', '--quiet'];
/** A server that binds no address. */
const everywhere = [HEDDLE_MAIN, 'serve', 'streams', '--quiet'];
const linux = await loadLibc().then(
  () => true,
  () => false,
);

let server: ChildProcess | undefined;
afterEach(() => server?.kill('SIGKILL'));

/** Start the server on a free port; resolves with the port once it listens on `host`. */
function serve(
  kind: string,
  what: readonly string[] = command,
  host = '127.0.0.1',
): Promise<number> {
  const started = spawn(process.execPath, [...what, '--port', '0', '--sockets', kind]);
  server = started;
  return new Promise((resolve, reject) => {
    let said = '';
    started.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const [, address, port] = /listens on ([\d.]+):(\d+)/.exec(said) ?? [];
      if (address === host) resolve(Number(port));
    });
    started.once('exit', (code) => reject(new Error(`exit ${code}: ${said}`)));
  });
}

function stop(): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => server?.once('exit', resolve));
  server?.kill('SIGINT');
  return ended;
}

/** An ordinary client: sends, ends its stream, reads to the end. */
function echo(port: number, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const hash = createHash('sha1');
    socket.on('data', (chunk) => hash.update(chunk));
    socket.on('end', () => {
      socket.destroy();
      resolve(hash.digest('hex') === createHash('sha1').update(bytes).digest('hex'));
    });
    socket.on('error', reject);
    socket.end(bytes);
  });
}

function rude(port: number, how: 'reset' | 'vanish'): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.pause();
      socket.write(randomBytes(100_000));
      setTimeout(() => {
        if (how === 'reset') socket.resetAndDestroy();
        else socket.destroy();
        resolve();
      }, 20);
    });
    socket.on('error', () => {});
  });
}

describe.each([
  ['node', true],
  ['linux', linux],
] as const)('heddle serve epoll-level --sockets %s', (kind, available) => {
  it.skipIf(!available)(
    'echoes 10 MB, serves 500 at once, outlives rude clients, ends cleanly on Ctrl-C',
    async () => {
      const port = await serve(kind);
      expect(await echo(port, randomBytes(10 << 20))).toBe(true);
      const many = await Promise.all(
        Array.from({ length: 500 }, () => echo(port, randomBytes(1000))),
      );
      expect(many.filter((same) => same)).toHaveLength(500);
      const deaf = net.connect(port, '127.0.0.1');
      deaf.on('error', () => {});
      deaf.pause();
      deaf.write(randomBytes(20 << 20));
      await Promise.all(
        Array.from({ length: 20 }, (_, i) => rude(port, i % 2 === 0 ? 'reset' : 'vanish')),
      );
      expect(await echo(port, randomBytes(5000))).toBe(true);
      deaf.destroy();
      expect(await stop()).toBe(0);
    },
  );
});

/** Whether something listens there. */
function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

// Of the systems that Node runs on only Linux has all of 127.0.0.0/8 without being told.
describe.skipIf(process.platform !== 'linux').each([
  ['node', true],
  ['linux', linux],
] as const)('a server that binds every address, on %s sockets', (kind, available) => {
  it.skipIf(!available)('is reached under 127.0.0.1 alone', async () => {
    const port = await serve(kind, everywhere);
    expect(await answers('127.0.0.1', port)).toBe(true);
    expect(await answers('127.0.0.2', port)).toBe(false);
  });

  it.skipIf(!available)('is reached elsewhere if --host says so', async () => {
    const port = await serve(kind, [...everywhere, '--host', '0.0.0.0'], '0.0.0.0');
    expect(await answers('127.0.0.1', port)).toBe(true);
    expect(await answers('127.0.0.2', port)).toBe(true);
  });
});

it.each([
  ['localhost', '--host takes an IPv4 address of this machine'],
  ['192.0.2.1', 'this machine has no address 192.0.2.1; choose another with --host'],
])('--host %s is refused with what to do', (host, message) => {
  for (const kind of linux ? ['node', 'linux'] : ['node']) {
    const args = [...command, '--port', '0', '--sockets', kind, '--host', host];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  }
});

it('a port that somebody has is refused with what to do', async () => {
  const holder = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const { port } = holder.address() as net.AddressInfo;
  for (const kind of linux ? ['node', 'linux'] : ['node']) {
    const { status, stderr } = spawnSync(
      process.execPath,
      [...command, '--port', String(port), '--sockets', kind],
      { encoding: 'utf8' },
    );
    expect(stderr).toMatch(/port \d+ is in use; choose another with --port, or 0 for a free one/);
    expect(status).toBe(2);
  }
  holder.close();
});

it.skipIf(!linux)('leaks no descriptor on Linux', async () => {
  const port = await serve('linux');
  const open = (): number => readdirSync(`/proc/${server?.pid}/fd`).length;
  await echo(port, randomBytes(10));
  const before = open();
  await Promise.all(Array.from({ length: 100 }, () => echo(port, randomBytes(100))));
  await Promise.all(Array.from({ length: 20 }, () => rude(port, 'reset')));
  // Not more; Node itself may have closed some of its own.
  await vi.waitUntil(() => open() <= before, { timeout: 60_000 });
  expect(await stop()).toBe(0);
});

it('prints nothing of what clients send that a terminal would obey', async () => {
  const args = [HEDDLE_MAIN, 'serve', 'threaded', '--port', '0'];
  const started = spawn(process.execPath, args);
  server = started;
  let out = '';
  let said = '';
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  started.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await vi.waitUntil(() => /listens on \S+:\d+/.test(said), { timeout: 60_000 });
  const port = Number(/listens on \S+:(\d+)/.exec(said)?.[1]);
  const hostile = '\u001b]0;title\u0007\u001b[2J\u009b2J\u202egnp';
  expect(await echo(port, Buffer.from(hostile))).toBe(true);
  await vi.waitUntil(() => out.includes('2J'), { timeout: 60_000 });
  expect(await stop()).toBe(0);
  for (const text of [out, said]) expect(printable(text)).toBe(text);
});
