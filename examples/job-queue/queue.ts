/** Where the jobs are kept: a table that several workers share. */
export interface Jobs {
  /** A job that is open; undefined when none is left. */
  next(): Promise<string | undefined>;
  /** True if the job was open, and is this worker's from now on. */
  claim(job: string): Promise<boolean>;
  release(job: string): Promise<void>;
  finish(job: string): Promise<void>;
}

/** Carries a job out. A key that it has seen before does nothing a second time. */
export type Send = (job: string, key?: string) => Promise<void>;

/** Takes one job after the other; what fails is tried again, three times at most. */
export async function work(jobs: Jobs, send: Send): Promise<void> {
  for (let job = await jobs.next(); job !== undefined; job = await jobs.next()) {
    await jobs.claim(job);
    const current = job;
    await again(async () => {
      await send(current);
      await jobs.finish(current);
    });
  }
}

/** Fixed: only the worker that got the job goes on with it, and each send has a key. */
export async function workOnce(jobs: Jobs, send: Send): Promise<void> {
  for (let job = await jobs.next(); job !== undefined; job = await jobs.next()) {
    const current = job;
    if (!(await jobs.claim(current))) continue;
    try {
      await again(async () => {
        await send(current, current);
        await jobs.finish(current);
      });
    } catch {
      await jobs.release(current);
    }
  }
}

const TRIES_MAX = 3;
const PAUSE_MS = 100;

async function again(attempt: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (tries === TRIES_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** tries));
    }
  }
}
