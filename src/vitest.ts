/** Scenarios as tests of vitest. */
import { test } from 'vitest';
import { checkOnReal, REAL_SOCKETS, type RealSockets } from './real/check.ts';
import { loadLibc } from './real/linux/index.ts';
import { type CheckOptions, check } from './sim/explore/check.ts';
import type { Scenario } from './sim/schedule/scenario.ts';

/** How {@link fuzz} searches; as for `check`, and on real sockets besides. */
export interface FuzzOptions extends Omit<CheckOptions, 'note' | 'onProgress'> {
  /**
   * Besides, run the scenario once on real sockets, as a test of its own: Node's, or Linux's
   * (skipped where koffi cannot reach them). Default: not.
   */
  readonly real?: RealSockets | readonly RealSockets[];
}

/** Makes a test of a scenario; see {@link fuzz}. */
export interface Fuzz {
  (scenario: Scenario, options?: FuzzOptions): void;
  /** Only this one, of its file. */
  readonly only: (scenario: Scenario, options?: FuzzOptions) => void;
  readonly skip: (scenario: Scenario, options?: FuzzOptions) => void;
  /** A test for each of `cases`, of the scenario that is made of it. */
  readonly each: <T>(
    cases: readonly T[],
  ) => (scenarioOf: (value: T) => Scenario, options?: FuzzOptions) => void;
}

/** A run is stopped by its own bounds; the test runner's is for what hangs. */
const TIMEOUT_MS_MIN = 60_000;

/**
 * Make a test of a scenario: it is run under many schedules, those of failures that were saved
 * before come first, and the test fails with the report of the shrunk failure as its message.
 *
 * ```ts
 * fuzz(echo, { runs: 2000 });
 * fuzz(echo, { timeMs: 5000, strategy: 'pct:3', faults: ['reset'], real: 'node' });
 * fuzz.each([1, 2, 8])((clients) => echoOf(clients));
 * ```
 */
export const fuzz: Fuzz = Object.assign(define(test), {
  only: define(test.only),
  skip: define(test.skip),
  each:
    <T>(cases: readonly T[]) =>
    (scenarioOf: (value: T) => Scenario, options?: FuzzOptions): void => {
      for (const value of cases) fuzz(scenarioOf(value), options);
    },
});

type Test = typeof test | typeof test.only;

function define(register: Test): (scenario: Scenario, options?: FuzzOptions) => void {
  return (scenario, { real = [], ...options } = {}) => {
    const timeout = TIMEOUT_MS_MIN + (options.timeMs ?? 0);
    register(scenario.name, { timeout }, async ({ annotate }) => {
      const notes: string[] = [];
      try {
        await check(scenario, { ...options, note: (text) => notes.push(text) });
      } finally {
        for (const note of notes) await annotate(note, 'heddle');
      }
    });
    for (const sockets of typeof real === 'string' ? [real] : real) {
      register(`${scenario.name}, ${REAL_SOCKETS[sockets]}`, { timeout }, async ({ skip }) => {
        if (sockets === 'linux') await loadLibc().catch((error: Error) => skip(error.message));
        await checkOnReal(scenario, sockets);
      });
    }
  };
}
