import { describe, expect, it, vi } from 'vitest';
import { SpareThreads } from '../../src/node/host/spare-threads.ts';

const IDLE_MS = 20;

class FakeThread {
  readonly #log: string[];
  readonly name: string;

  constructor(log: string[]) {
    this.#log = log;
    this.name = `thread ${log.filter((line) => line.startsWith('start')).length + 1}`;
    log.push(`start ${this.name}`);
  }

  stop(): void {
    this.#log.push(`stop ${this.name}`);
  }
}

/** One run of two programs; gives the names of their threads. */
function run(threads: SpareThreads<FakeThread>): string[] {
  const taken = ['server.js', 'client.js'].map((program) => threads.take(program));
  for (const thread of taken) threads.giveBack(thread);
  return taken.map(({ name }) => name);
}

describe('threads for programs', () => {
  it('starts no more than are needed for programs that are run once', () => {
    const log: string[] = [];
    run(new SpareThreads(() => new FakeThread(log), IDLE_MS));
    expect(log).toEqual(['start thread 1', 'start thread 2', 'stop thread 1', 'stop thread 2']);
  });

  it('has started those of the next run before it begins, and never gives one to two programs', () => {
    const log: string[] = [];
    const threads = new SpareThreads(() => new FakeThread(log), IDLE_MS);
    const given = [...run(threads), ...run(threads)];
    for (let runs = 0; runs < 5; runs++) {
      const before = log.length;
      const names = run(threads);
      for (const name of names) expect(log.indexOf(`start ${name}`)).toBeLessThan(before);
      given.push(...names);
    }
    expect(new Set(given).size).toBe(14);
    // Two of them are spare.
    expect(log.filter((line) => line.startsWith('start')).length).toBe(16);
  });

  it('stops the spare ones when nobody has taken any for a while', async () => {
    const log: string[] = [];
    const threads = new SpareThreads(() => new FakeThread(log), IDLE_MS);
    for (let runs = 0; runs < 3; runs++) run(threads);
    const count = (what: string) => log.filter((line) => line.startsWith(what)).length;
    await vi.waitUntil(() => count('stop') === count('start'), { timeout: 60_000 });
    const names = run(threads);
    expect(new Set(names).size).toBe(2);
  });
});
