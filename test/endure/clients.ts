import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadLibc } from '../../src/real/linux/index.ts';
import type { Random } from '../../src/sim/schedule/random.ts';
import { type Part, Tally } from './part.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const HOST = '127.0.0.1';
const MODELS = ['epoll-level', 'threaded', 'select-queues', 'streams'];

/** Long enough that a quiet server has closed what its clients have left. */
const REST_MS_MAX = 20_000;

function serving(model: string, sockets: string): Promise<{ server: ChildProcess; port: number }> {
  const args = ['serve', model, '--port', '0', '--sockets', sockets, '--quiet'];
  const server = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args]);
  let said = '';
  return new Promise((resolve, reject) => {
    server.stderr.on('data', (chunk) => {
      said += String(chunk);
      const port = /listens on [\d.]+:(\d+)/.exec(said)?.[1];
      if (port !== undefined) resolve({ server, port: Number(port) });
    });
    server.once('exit', () => reject(new Error(`${model} did not serve: ${said}`)));
  });
}

/** How clients may treat a server. */
const MANNERS = ['reset', 'reset after data', 'vanish', 'half-open', 'deaf', 'polite'] as const;

function visit(port: number, manner: (typeof MANNERS)[number]): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: HOST, allowHalfOpen: true });
    const end = (): void => {
      socket.destroy();
      resolve();
    };
    socket.on('error', end).on('close', () => resolve());
    socket.on('connect', () => {
      if (manner === 'reset') socket.resetAndDestroy();
      else socket.write(Buffer.alloc(manner === 'deaf' ? 100_000 : 100, 'x'));
      if (manner === 'deaf') socket.pause();
      if (manner === 'vanish') end();
      if (manner === 'reset after data') setTimeout(() => socket.resetAndDestroy(), 2);
      if (manner === 'half-open' || manner === 'deaf') setTimeout(end, 20);
      if (manner === 'polite') socket.end();
    });
    if (manner === 'polite') socket.resume().on('end', end);
  });
}

const openIn = ({ pid }: ChildProcess): number => readdirSync(`/proc/${pid}/fd`).length;

async function treat(
  sockets: string,
  random: Random,
  isOver: () => boolean,
  wrong: string[],
): Promise<number> {
  const model = MODELS[random.below(MODELS.length)] as string;
  const { server, port } = await serving(model, sockets);
  try {
    await visit(port, 'polite');
    const before = openIn(server);
    let clients = 0;
    do {
      const manners = Array.from(
        { length: 50 },
        () => MANNERS[random.below(MANNERS.length)] as 'deaf',
      );
      await Promise.all(manners.map((manner) => visit(port, manner)));
      clients += manners.length;
    } while (!isOver());
    const until = performance.now() + REST_MS_MAX;
    while (openIn(server) > before && performance.now() < until) await sleep(50);
    const left = openIn(server) - before;
    if (left > 0)
      wrong.push(`${model} on ${sockets}: ${left} descriptors after ${clients} clients`);
    return clients;
  } finally {
    const ended = once(server, 'exit');
    server.kill('SIGINT');
    const [code] = (await ended) as [number | null];
    if (code !== 0) wrong.push(`${model} on ${sockets} ended with ${code}`);
  }
}

/** Clients that reset, vanish, keep half of a connection or never read: nothing is left of them. */
export const clients: Part = {
  name: 'rude clients',
  share: 13,
  async run({ random, isOver }) {
    if (process.platform !== 'linux') {
      return { what: this.name, tried: 0, came: 'left out: there is no /proc here', wrong: [] };
    }
    const tally = new Tally();
    const wrong: string[] = [];
    let tried = 0;
    const kinds = (await loadLibc().then(
      () => true,
      () => false,
    ))
      ? ['node', 'linux']
      : ['node'];
    const from = performance.now();
    for (const sockets of kinds) {
      tried += await treat(sockets, random, isOver, wrong);
      tally.add(`server on ${sockets}`);
    }
    const seconds = Math.round((performance.now() - from) / 1000);
    return { what: this.name, tried, came: `${tally}, ${seconds} s`, wrong };
  },
};
