import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { whyNoLinux } from '../real-linux/linux.ts';
import { connected, echoes, eventually, type Served, serve } from '../real-linux/load.ts';

/** Clients of one kind at once, and how often. */
const WAVE = 25;
const WAVES = 12;

/** What a client does that has just come; it is gone when this resolves. */
type Rudeness = (socket: Socket) => Promise<unknown>;

/** A little while, another for each client: somewhere in the middle of what the server does. */
const aMoment = (): Promise<void> => pause(Math.floor(Math.random() * 8));

/** The ways in which a client can leave that are not an orderly end. */
const RUDE: Readonly<Record<string, Rudeness>> = {
  'resets at once': async (socket) => socket.resetAndDestroy(),
  'resets behind data': async (socket) => {
    socket.write(randomBytes(100));
    await aMoment();
    socket.resetAndDestroy();
  },
  'leaves without having read': async (socket) => {
    socket.pause();
    socket.write(randomBytes(100_000));
    await aMoment();
    socket.destroy();
  },
  'ends its stream and resets': async (socket) => {
    socket.end(randomBytes(100));
    await aMoment();
    socket.resetAndDestroy();
  },
  'says nothing and goes': async (socket) => {
    await aMoment();
    socket.destroy();
  },
  'never reads a megabyte, and resets': async (socket) => {
    socket.pause();
    socket.write(randomBytes(1_000_000));
    await aMoment();
    socket.resetAndDestroy();
  },
};

/** A connection that may have been refused or reset before it began. */
async function visit(port: number, behave: Rudeness): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  if (!socket.destroyed) await behave(socket);
  await closed;
}

async function visits(port: number, behave: Rudeness): Promise<void> {
  for (let wave = 0; wave < WAVES; wave++) {
    await Promise.all(Array.from({ length: WAVE }, () => visit(port, behave)));
  }
}

/** The server echoes; gives how many descriptors it has open once that client has left. */
async function works(served: Served): Promise<number> {
  const socket = await connected(served.port);
  expect(await echoes(socket, 10_000)).toBe(true);
  const during = served.descriptors();
  socket.destroy();
  expect(await eventually(() => served.descriptors() < during)).toBe(true);
  return served.descriptors();
}

const KINDS = [
  ['node', undefined],
  ['linux', whyNoLinux],
] as const;

describe.each(KINDS)('heddle serve --sockets %s', (sockets, whyNot) => {
  let served: Served;
  afterEach(async () => {
    if (served?.isAlive()) await served.stop();
  });

  /** Has no more descriptors open than `before`; Node may have closed some of its own. */
  const settlesTo = async (before: number): Promise<void> => {
    const settled = await eventually(() => served.descriptors() <= before);
    expect(settled, `${served.descriptors()} descriptors, ${before} before`).toBe(true);
  };

  it.skipIf(whyNot !== undefined).each(['epoll-level', 'threaded', 'streams'])(
    '%s keeps no descriptor of a client that has gone, however it went',
    async (model) => {
      served = await serve(model, sockets);
      const before = await works(served);
      for (const behave of Object.values(RUDE)) {
        await visits(served.port, behave);
        await settlesTo(before);
      }
      await works(served);
      expect(await served.stop()).toBe(0);
    },
  );

  it.skipIf(whyNot !== undefined)(
    'epoll-level under ulimit -n 256 answers still after more clients than that have reset',
    async () => {
      served = await serve('epoll-level', sockets, 256);
      for (const behave of Object.values(RUDE)) {
        await visits(served.port, behave);
        await eventually(() => served.descriptors() < 100);
        await works(served);
      }
      expect(await served.stop()).toBe(0);
    },
  );
});
