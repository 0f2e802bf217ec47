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

  uses = 0;
  /** Whether it comes to be as new. */
  renews = true;

  renew(): void {
    this.uses++;
    this.#log.push(`renew ${this.name}`);
  }

  isRenewed(): boolean {
    return this.renews;
  }

  stop(): void {
    this.#log.push(`stop ${this.name}`);
  }
}

const PROGRAMS = ['server.js', 'client.js'];

/** One run of two programs that have threads of their own; gives the names of those. */
function run(threads: SpareThreads<FakeThread>): string[] {
  const taken = PROGRAMS.map((program) => threads.take(program, true));
  for (const thread of taken) threads.giveBack(thread);
  return taken.map(({ name }) => name);
}

/** One run of them, in threads that may run them again. */
function runAgain(threads: SpareThreads<FakeThread>, renews = true): string[] {
  const taken = PROGRAMS.map((program) => threads.take(program));
  for (const [i, thread] of taken.entries()) {
    thread.renews = renews;
    threads.giveBack(thread, PROGRAMS[i]);
  }
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

  it('gives a thread that is as new to its program again', () => {
    const log: string[] = [];
    const threads = new SpareThreads(() => new FakeThread(log), IDLE_MS);
    for (let runs = 0; runs < 5; runs++) {
      expect(runAgain(threads)).toEqual(['thread 1', 'thread 2']);
    }
    expect(log.filter((line) => line.startsWith('start'))).toHaveLength(2);
  });

  it('gives no used one to who wants one that has run nothing', () => {
    const log: string[] = [];
    const threads = new SpareThreads(() => new FakeThread(log), IDLE_MS);
    runAgain(threads);
    expect(run(threads)).toEqual(['thread 3', 'thread 4']);
    expect(runAgain(threads)).toEqual(['thread 1', 'thread 2']);
  });

  it('stops one that does not become as new, and has spare ones for its program from then on', () => {
    const log: string[] = [];
    const threads = new SpareThreads(() => new FakeThread(log), IDLE_MS);
    runAgain(threads, false);
    const given = [runAgain(threads), runAgain(threads), runAgain(threads)].flat();
    expect(new Set(given).size).toBe(6);
    expect(given).not.toContain('thread 1');
    expect(log).toContain('stop thread 1');
    expect(log.filter((line) => line.startsWith('renew'))).toHaveLength(2);
  });

  it('has one serve two hundred runs, and no more', () => {
    const log: string[] = [];
    const threads = new SpareThreads(() => new FakeThread(log), IDLE_MS);
    for (let runs = 0; runs < 402; runs++) runAgain(threads);
    expect(log.filter((line) => line.startsWith('start'))).toHaveLength(4);
  });
});
