import { afterEach, describe, expect, it } from 'vitest';
import { onLinux, whyNoLinux } from './linux.ts';
import { connected, crowdOf, echoes, eventually, resets, type Served, serve } from './load.ts';

const MANY = 10_000_000;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
/**
 * Models of each kind of I/O that give a client's bytes back as they come, and how much of it is
 * asked of them.
 */
const MODELS = [
  ['epoll-level', MANY],
  ['poll', MANY],
  ['threaded', MANY],
  ['select-queues', MANY / 10],
] as const;

describe.skipIf(whyNoLinux !== undefined)(onLinux('heddle serve --sockets linux'), () => {
  let served: Served;
  let before: number;
  afterEach(async () => {
    if (served.isAlive()) await served.stop();
  });

  /** Served, and used once: what it opens to begin with is open. */
  const begin = async (model: string, limit?: number): Promise<void> => {
    served = await serve(model, 'linux', limit);
    const first = await connected(served.port);
    expect(await echoes(first, 100)).toBe(true);
    const during = served.descriptors();
    first.destroy();
    expect(await eventually(() => served.descriptors() < during)).toBe(true);
    before = served.descriptors();
  };

  /**
   * It has survived, and has no more descriptors open than before (Node may have closed some of its
   * own).
   */
  const unharmed = async (): Promise<void> => {
    const settled = await eventually(() => !served.isAlive() || served.descriptors() <= before);
    expect(served.said()).not.toContain('ended');
    expect(served.isAlive()).toBe(true);
    expect(settled, `${served.descriptors()} descriptors, ${before} before`).toBe(true);
  };

  const echoesWhole = async (bytes: number): Promise<void> => {
    const socket = await connected(served.port);
    expect(await echoes(socket, bytes)).toBe(true);
    socket.destroy();
  };

  it.each(MODELS)(
    '%s echoes %i bytes, beside 1,000 connections, among clients that reset',
    async (model, bytes) => {
      await begin(model);
      await echoesWhole(bytes);
      await unharmed();

      const crowd = await crowdOf(served.port, 1000);
      expect(served.descriptors()).toBeGreaterThan(before + 900);
      const all = crowd.map((socket, i) => echoes(socket, i === 500 ? bytes : 1000));
      expect((await Promise.all(all)).filter((same) => !same)).toEqual([]);
      for (const socket of crowd) socket.destroy();
      await unharmed();

      const whole = echoesWhole(bytes);
      for (let wave = 0; wave < 40; wave++) {
        await Promise.all(range(5).map((at) => resets(served.port, wave + at)));
      }
      await whole;
      await unharmed();
      expect(await served.stop()).toBe(0);
    },
    240_000,
  );

  it('serves the others while some never read', async () => {
    await begin('epoll-level');
    const deaf = await crowdOf(served.port, 10);
    for (const socket of deaf) {
      socket.pause();
      socket.on('error', () => {});
      socket.write(Buffer.alloc(8_000_000));
    }
    await echoesWhole(MANY);
    for (const socket of deaf) socket.resetAndDestroy();
    await unharmed();
  }, 120_000);

  it('takes 1,000 that come all at once', async () => {
    await begin('epoll-level');
    const crowd = await Promise.all(range(1000).map(() => connected(served.port)));
    expect((await Promise.all(crowd.map((socket) => echoes(socket, 10_000)))).includes(false)).toBe(
      false,
    );
    for (const socket of crowd) socket.destroy();
    await unharmed();
  }, 120_000);

  it.each(['epoll-level', 'threaded'])(
    '%s outlives a time without free descriptors',
    async (model) => {
      await begin(model, 128);
      const crowd = await Promise.allSettled(range(200).map(() => connected(served.port)));
      for (const each of crowd) if (each.status === 'fulfilled') each.value.on('error', () => {});
      expect(await eventually(() => served.descriptors() >= before + 50)).toBe(true);
      for (const each of crowd) if (each.status === 'fulfilled') each.value.destroy();
      await unharmed();
      await echoesWhole(MANY);
      await unharmed();
    },
    120_000,
  );
});
