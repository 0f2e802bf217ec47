/**
 * `node --import heddle/node app.js`: the program runs unmodified, both ends of its connections on the simulated network and all its
 * timers in virtual time.
 *
 * Environment: `HEDDLE_SEED=7` takes the seventh random schedule instead of the calm one, `HEDDLE_SCHEDULE=h1:…` follows a recorded
 * one, `HEDDLE_REPORT=1` says at the end what the run was.
 */
import { writeSync } from 'node:fs';
import { closedSeam } from './guest/internals.ts';
import { Simulation } from './realm/simulation.ts';
import { parseSeedText } from './seed.ts';

const STDERR = 2;
const EXIT_USAGE = 2;
const KEY = Symbol.for('heddle.simulation');
const realm = globalThis as unknown as Record<symbol, Simulation | undefined>;

/** The simulation of this thread. */
export const simulation: Simulation = realm[KEY] ?? start();

function start(): Simulation {
  try {
    const { HEDDLE_SEED, HEDDLE_SCHEDULE, HEDDLE_REPORT } = process.env;
    const made = new Simulation({ seed: parseSeedText(HEDDLE_SEED), schedule: HEDDLE_SCHEDULE });
    made.begin({ hostname: 'localhost', pid: 1000, seed: 1 });
    realm[KEY] = made;
    if (HEDDLE_REPORT === '1') process.once('exit', () => report(made));
    return made;
  } catch (error) {
    // Before the program's first line: nothing of it may reach the real network.
    writeSync(STDERR, `heddle: ${closedSeam(error).message}\n`);
    process.exit(EXIT_USAGE);
  }
}

function report(made: Simulation): void {
  const { steps, timeMs, uncontrolled } = made.progress;
  const { digest } = made.finish();
  const lines = [`heddle: ${steps} steps, ${timeMs} ms of virtual time, digest ${digest}`];
  for (const [what, times] of uncontrolled) lines.push(`heddle: uncontrolled: ${times} × ${what}`);
  writeSync(STDERR, `${lines.join('\n')}\n`);
}
