import { realm, type Scenario } from 'heddle';
import { expect } from 'vitest';
import type { Jobs, Send, work } from './queue.ts';

/** A table of jobs, each open, claimed or done. */
class Table implements Jobs {
  readonly #states: Map<string, 'open' | 'claimed' | 'done'>;

  constructor(jobs: readonly string[]) {
    this.#states = new Map(jobs.map((job) => [job, 'open']));
  }

  async next(): Promise<string | undefined> {
    return [...this.#states].find(([, state]) => state === 'open')?.[0];
  }

  async claim(job: string): Promise<boolean> {
    const isOpen = this.#states.get(job) === 'open';
    if (isOpen) this.#states.set(job, 'claimed');
    return isOpen;
  }

  async release(job: string): Promise<void> {
    this.#states.set(job, 'open');
  }

  async finish(job: string): Promise<void> {
    this.#states.set(job, 'done');
  }
}

/**
 * Two workers, two mails. The mail server sends, but what it answers may be lost on the way back;
 * for the worker that looks like a failure.
 */
export const mails = (worker: typeof work): Scenario =>
  realm('each mail is sent once', async (world) => {
    const sent: string[] = [];
    const keys = new Set<string>();
    const jobs = world.service('jobs', new Table(['to ann', 'to bob']));
    const deliver: Send = async (job, key) => {
      if (key !== undefined && keys.has(key)) return;
      if (key !== undefined) keys.add(key);
      sent.push(job);
      if (world.draw('the answer is lost', 2) === 1) throw new Error('time-out');
    };
    const send = world.service('mail', deliver);
    const workers = [worker(jobs, send), worker(jobs, send)];
    await Promise.allSettled(workers);
    expect(sent.sort()).toEqual(['to ann', 'to bob']);
  });
