/**
 * `node --import heddle/node app.js`: the program runs unmodified, both ends of its connections on
 * the simulated network and all its timers in virtual time.
 *
 * Environment: `HEDDLE_SEED=7` takes the seventh random schedule instead of the calm one,
 * `HEDDLE_SCHEDULE=h1:…` follows a recorded one, `HEDDLE_REPORT=1` says at the end what the run
 * was, `HEDDLE_CHECK=1` runs the program a second time at the end, and compares.
 */
import { writeSync } from 'node:fs';
import { SEED } from '../sim/explore/amounts.ts';
import { variableAmount } from '../sim/explore/deepen.ts';
import { closedSeam, internals } from './guest/internals.ts';
import { secondRun } from './realm/determinism.ts';
import { Simulation } from './realm/simulation.ts';

const STDERR = 2;
const EXIT_USAGE = 2;
/** Of a program that two runs of one schedule disagree about. */
const EXIT_DIFFERS = 1;
const KEY = Symbol.for('heddle.simulation');
const realm = globalThis as unknown as Record<symbol, Simulation | undefined>;

/** The simulation of this thread. @since 0.1.0 */
export const simulation: Simulation = realm[KEY] ?? start();

function start(): Simulation {
  try {
    const { HEDDLE_SCHEDULE, HEDDLE_REPORT, HEDDLE_CHECK } = process.env;
    const seed = variableAmount(process.env, 'HEDDLE_SEED', SEED);
    const again = HEDDLE_CHECK === '1' ? secondRun(internals()) : undefined;
    const made = new Simulation({ seed, schedule: HEDDLE_SCHEDULE });
    made.begin();
    realm[KEY] = made;
    if (HEDDLE_REPORT === '1' || again !== undefined) {
      process.once('exit', () => atEnd(made, HEDDLE_REPORT === '1', again));
    }
    return made;
  } catch (error) {
    // Before the program's first line: nothing of it may reach the real network.
    writeSync(STDERR, `heddle: ${closedSeam(error).message}\n`);
    process.exit(EXIT_USAGE);
  }
}

function atEnd(
  made: Simulation,
  reports: boolean,
  again: (() => string | undefined) | undefined,
): void {
  const { steps, timeMs, uncontrolled } = made.progress;
  const { digest } = made.finish();
  const lines: string[] = [];
  if (reports) lines.push(`${steps} steps, ${timeMs} ms of virtual time, digest ${digest}`);
  const second = again?.();
  const differs = again !== undefined && second !== digest;
  if (differs) {
    process.exitCode = EXIT_DIFFERS;
    const other =
      second === undefined ? 'did not come to an end of its own' : `has digest ${second}`;
    lines.push(
      `not deterministic: this run has digest ${digest}, a second one of the same schedule ${other}. The program depends on something that heddle does not control: files it changes, its environment, or what is named as uncontrolled`,
    );
  }
  if (reports || differs) {
    for (const [what, times] of uncontrolled) lines.push(`uncontrolled: ${times} × ${what}`);
  }
  writeSync(STDERR, lines.map((line) => `heddle: ${line}\n`).join(''));
}
