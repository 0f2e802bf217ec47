/** A redis-server of our own: on a port of its own, in a folder of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether redis-server is installed. In CI it has to be. */
export function hasRedis(): boolean {
  const isThere = spawnSync('redis-server', ['--version']).status === 0;
  if (!isThere && process.env['CI'] !== undefined) {
    throw new Error('redis-server is not installed: apt-get install redis-server');
  }
  if (!isThere) console.log('redis-server is not installed, so these tests are skipped');
  return isThere;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #options: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, options: readonly string[]) {
    this.port = port;
    this.#options = options;
    this.#folder = mkdtempSync(join(tmpdir(), 'heddle-redis-'));
  }

  static async start(...options: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.restart();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** With what its append-only file holds. */
  async restart(): Promise<void> {
    const fixed = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.#folder];
    const kept = ['--appendonly', 'yes', '--save', ''];
    const child = spawn('redis-server', [...fixed, ...kept, ...this.#options]);
    this.#process = child;
    for await (const line of child.stdout as AsyncIterable<Buffer>) {
      if (line.includes('Ready to accept connections')) break;
    }
    child.stdout?.resume();
  }

  /** What redis-cli says. */
  ask(...words: readonly string[]): string {
    const { stdout } = spawnSync('redis-cli', ['-p', `${this.port}`, ...words], {
      encoding: 'utf8',
    });
    return stdout.trim();
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
