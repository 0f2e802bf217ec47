import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HEDDLE_MAIN } from '../built.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A model that is served by the command line, in a process of its own. */
export interface Served {
  readonly port: number;
  /** How many descriptors its process has open, as /proc tells. */
  readonly descriptors: () => number;
  readonly isAlive: () => boolean;
  /** All that it has said on its standard error. */
  readonly said: () => string;
  /** End it as Ctrl-C would; gives its exit code. */
  readonly stop: () => Promise<number | null>;
}

/** `heddle serve MODEL`; `limit` is what `ulimit -n` is before. */
export async function serve(
  model: string,
  sockets: 'node' | 'linux',
  limit?: number,
): Promise<Served> {
  const command = [process.execPath, HEDDLE_MAIN, 'serve', model];
  const options = ['--sockets', sockets, '--port', '0', '--quiet'];
  const prefix = limit === undefined ? '' : `ulimit -n ${limit}; `;
  const child: ChildProcess = spawn(
    'sh',
    ['-c', `${prefix}exec "$@"`, 'sh', ...command, ...options],
    {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  let ended: number | null | undefined;
  const end = new Promise<number | null>((resolve) => {
    child.on('exit', (code) => {
      ended = code;
      resolve(code);
    });
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr?.on('data', (data) => {
      said += data;
      const found = /listens on 127\.0\.0\.1:(\d+)/.exec(said);
      if (found !== null) resolve(Number(found[1]));
    });
    void end.then((code) => reject(new Error(`it ended with ${code} before it listened: ${said}`)));
  });
  return {
    port,
    descriptors: () => readdirSync(`/proc/${child.pid}/fd`).length,
    isAlive: () => ended === undefined,
    said: () => said,
    stop: () => {
      child.kill('SIGINT');
      return end;
    },
  };
}

export function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/**
 * So many connections, each of which the server has taken: a few at a time, because backlogs are
 * short.
 */
export async function crowdOf(port: number, count: number): Promise<Socket[]> {
  const crowd: Socket[] = [];
  while (crowd.length < count) {
    const few = await Promise.all(Array.from({ length: 5 }, () => connected(port)));
    await Promise.all(few.map((socket) => echoes(socket, 1)));
    crowd.push(...few);
  }
  return crowd;
}

/** Sends so many random bytes and takes back as many; whether they are the same. */
export async function echoes(socket: Socket, bytes: number): Promise<boolean> {
  const sent = randomBytes(bytes);
  const got = Buffer.alloc(bytes);
  let length = 0;
  await new Promise<void>((resolve, reject) => {
    const done = (): void => {
      socket.off('error', reject).off('close', done).off('data', take);
      resolve();
    };
    const take = (data: Buffer): void => {
      length += data.copy(got, length);
      if (length === bytes) done();
    };
    socket.on('error', reject).on('close', done).on('data', take);
    socket.write(sent);
  });
  return length === bytes && got.equals(sent);
}

/**
 * Gone in the middle of things: it has sent something, has read nothing or little, and then sends
 * RST.
 */
export async function resets(port: number, at: number): Promise<void> {
  const socket = await connected(port);
  socket.on('error', () => {});
  if (at % 2 === 0) socket.pause();
  else socket.on('data', () => {});
  socket.write(randomBytes(10_000 + at * 1000));
  await pause(at % 7);
  socket.resetAndDestroy();
}

/** Waits until `holds`; the bound is only against hanging. */
export async function eventually(holds: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 1200; tries++) {
    if (holds()) return true;
    await pause(50);
  }
  return holds();
}
