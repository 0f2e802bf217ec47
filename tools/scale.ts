/**
 * Campaigns on more machines than there are here: simulated, with the costs that `npm run bench --
 * campaign` has measured. `npm run scale -- COORDINATOR_US REDIS_US WORKER_US` prints the table of
 * docs/scale.md; each is what one job costs there, in microseconds.
 */

/** What one job costs where. */
export interface JobCosts {
  /** To hand it out, and to merge what comes of it. */
  readonly coordinatorMs: number;
  /** Redis's own time for all commands that it takes. */
  readonly redisMs: number;
  /** To get it and to give back what came of it, on top of the work. */
  readonly workerMs: number;
}

export interface ScaleCase {
  readonly machines: number;
  readonly processes: number;
  /** Searches that go on at a time (`--width`); each has four jobs a round. */
  readonly width: number;
  /** How long a job works, on average. */
  readonly workMs: number;
}

export interface Scaled {
  /** The share of all processors' time in which runs were made. */
  readonly busy: number;
  readonly jobsPerSecond: number;
  /** What was used up most. */
  readonly bound: 'machines' | 'coordinator' | 'Redis' | 'width';
}

const JOBS_A_UNIT = 4;
const ROUNDS = 20;

/** Numbers from 0 to 1, the same ones each time. */
function drawing(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

/** Takes whatever is next for the process that is free first. */
class Heap {
  readonly #times: number[];

  constructor(size: number) {
    this.#times = new Array<number>(size).fill(0);
  }

  /** The process that is free first is busy until `until(from)`. */
  take(until: (from: number) => number): number {
    const times = this.#times;
    const end = until(times[0] as number);
    times[0] = end;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if ((times[child] ?? Infinity) < (times[least] as number)) least = child;
      }
      if (least === at) return end;
      [times[at], times[least]] = [times[least] as number, times[at] as number];
      at = least;
    }
  }
}

/**
 * Rounds as the coordinator makes them: two are open at a time, of half the width each; a round is
 * merged when all of it is there and the one before is merged, and opens the next but one.
 */
export function scaled(
  { machines, processes, width, workMs }: ScaleCase,
  { coordinatorMs, redisMs, workerMs }: JobCosts,
): Scaled {
  const draw = drawing();
  const all = machines * processes;
  const free = new Heap(all);
  const jobs = Math.ceil(width / 2) * JOBS_A_UNIT;
  let redisFree = 0;
  let coordinatorFree = 0;
  let worked = 0;
  const merged: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Handed out by the coordinator once the round before the last is merged.
    const openedMs = merged[round - 2] ?? 0;
    let last = openedMs;
    for (let job = 0; job < jobs; job++) {
      coordinatorFree = Math.max(coordinatorFree, openedMs) + coordinatorMs / 2;
      redisFree = Math.max(redisFree, coordinatorFree) + redisMs;
      const offered = redisFree;
      // Work is spread about its mean as by an exponential, between a half and four times.
      const its = workMs * Math.min(4, 0.5 + 0.5 * -Math.log(draw()));
      worked += its;
      last = Math.max(
        last,
        free.take((from) => Math.max(from, offered) + workerMs + its),
      );
    }
    const allThere = Math.max(last, merged[round - 1] ?? 0);
    merged.push(Math.max(allThere, coordinatorFree) + (coordinatorMs / 2) * jobs);
    coordinatorFree = Math.max(coordinatorFree, merged.at(-1) as number);
  }
  const totalMs = merged.at(-1) as number;
  const count = ROUNDS * jobs;
  const used = {
    machines: worked / (all * totalMs),
    coordinator: (count * coordinatorMs) / totalMs,
    Redis: (count * redisMs) / totalMs,
    width: Math.min(1, (2 * jobs) / all) < 1 ? 1 : 0,
  };
  const [bound] = Object.entries(used).sort(([, a], [, b]) => b - a)[0] as [
    Scaled['bound'],
    number,
  ];
  return { busy: used.machines, jobsPerSecond: (1_000 * count) / totalMs, bound };
}

const MACHINES = [1, 10, 100, 1_000];
const PROCESSES = 8;

/** The table of docs/scale.md. */
export function scaleTable(costs: JobCosts): string {
  const rows = [
    '| work a job | width | 1 machine | 10 | 100 | 1,000 |',
    '|---|---|---|---|---|---|',
  ];
  for (const workMs of [10, 100, 1_000, 10_000]) {
    for (const width of [16, 256, 4_096]) {
      const cells = MACHINES.map((machines) => {
        const { busy, bound } = scaled({ machines, processes: PROCESSES, width, workMs }, costs);
        const percent = `${(100 * busy).toFixed(busy < 0.1 ? 1 : 0)} %`;
        return bound === 'machines' ? percent : `${percent} (${bound})`;
      });
      const work = workMs < 1_000 ? `${workMs} ms` : `${workMs / 1_000} s`;
      rows.push(`| ${work} | ${width.toLocaleString('en')} | ${cells.join(' | ')} |`);
    }
  }
  return rows.join('\n');
}

if (process.argv[1] === import.meta.filename) {
  const [coordinatorMs = Number.NaN, redisMs = Number.NaN, workerMs = Number.NaN] = process.argv
    .slice(2)
    .map((text) => Number(text) / 1_000);
  if ([coordinatorMs, redisMs, workerMs].some((ms) => !(ms >= 0))) {
    console.error(
      'give what one job costs coordinator, Redis and worker, in microseconds: 400 150 900',
    );
    process.exitCode = 2;
  } else console.log(scaleTable({ coordinatorMs, redisMs, workerMs }));
}
