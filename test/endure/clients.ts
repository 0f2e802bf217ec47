import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadLibc } from '../../src/real/linux/index.ts';
import { type Figures, type Part, type Share, Tally } from './part.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const HOST = '127.0.0.1';
const MODELS = ['epoll-level', 'threaded', 'select-queues', 'streams'];

/** Long enough that a quiet server has closed what its clients have left. */
const REST_MS_MAX = 20_000;
/** Clients of one server, before the next model has its turn. */
const CLIENTS_EACH = 1_000;
const AT_ONCE = 50;

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

/** Visits one server after the other; all its descriptors have to come back each time. */
async function treat(sockets: string, { random, isOver, trying }: Share): Promise<Figures> {
  const tally = new Tally();
  do {
    const model = MODELS[random.below(MODELS.length)] as string;
    trying(`${model} on ${sockets}`);
    const { server, port } = await serving(model, sockets);
    try {
      await visit(port, 'polite');
      const before = openIn(server);
      const from = tally.tried;
      do {
        const manners = Array.from(
          { length: AT_ONCE },
          () => MANNERS[random.below(MANNERS.length)] as 'deaf',
        );
        trying(`${model} on ${sockets}, client ${tally.tried}`);
        await Promise.all(manners.map((manner) => visit(port, manner)));
        tally.tried += manners.length;
      } while (tally.tried - from < CLIENTS_EACH && !isOver(tally.tried));
      const until = performance.now() + REST_MS_MAX;
      while (openIn(server) > before && performance.now() < until) await sleep(50);
      const left = openIn(server) - before;
      tally.add(`of ${model}`, tally.tried - from);
      if (left > 0)
        tally.bad(
          'leaked descriptor',
          `${model} on ${sockets}: ${left} after ${tally.tried - from} clients`,
        );
    } finally {
      const ended = once(server, 'exit');
      server.kill('SIGINT');
      const [code, signal] = (await ended) as [number | null, string | null];
      if (code !== 0) tally.bad('abort', `${model} on ${sockets} ended with ${code ?? signal}`);
    }
  } while (!isOver(tally.tried));
  return tally.figures;
}

/** Clients that reset, vanish, keep half of a connection or never read: nothing is left of them. */
function rudeClients(sockets: string, isThere: () => Promise<boolean>): Part {
  return {
    name: `rude clients on ${sockets}`,
    share: 6,
    goal: 10_000,
    pieces: 1,
    async run(share) {
      if (process.platform !== 'linux' || !(await isThere()))
        return { tried: 0, came: { 'left out: not on this machine': 1 }, wrong: [] };
      return treat(sockets, share);
    },
  };
}

/** On the sockets of Node. */
export const nodeClients: Part = rudeClients('node', async () => true);
/** On the sockets of Linux. */
export const linuxClients: Part = rudeClients('linux', () =>
  loadLibc().then(
    () => true,
    () => false,
  ),
);
