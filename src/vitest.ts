/** Scenarios as tests of vitest. */
import { type TestContext, test } from 'vitest';
import { checkOnReal, REAL_SOCKETS, type RealRuns, type RealSockets } from './real/check.ts';
import { loadLibc } from './real/linux/index.ts';
import { type Checked, type CheckOptions, check } from './sim/explore/check.ts';
import { deepened } from './sim/explore/deepen.ts';
import { reachedText } from './sim/explore/reached.ts';
import { ScheduleFailure } from './sim/explore/reporting.ts';
import { readBounded } from './sim/explore/whole-file.ts';
import type { Scenario } from './sim/schedule/scenario.ts';
import { countText } from './sim/trace/report.ts';

/** How {@link fuzz} searches; as for `check`, and on real sockets besides. @since 0.1.0 */
export interface FuzzOptions extends Omit<CheckOptions, 'note' | 'onProgress'> {
  /**
   * Besides, run the scenario on real sockets, as a test of its own: Node's, or Linux's (skipped
   * where koffi cannot reach them); once, unless runs and a strategy are given. Default: not.
   */
  readonly real?: RealSockets | RealRuns | readonly (RealSockets | RealRuns)[];
}

/** Makes a test of a scenario; see {@link fuzz}. @since 0.1.0 */
export interface Fuzz {
  /** A test of vitest's that searches. */
  (scenario: Scenario, options?: FuzzOptions): void;
  /** Only this one, of its file. */
  readonly only: (scenario: Scenario, options?: FuzzOptions) => void;
  /** Not this one. */
  readonly skip: (scenario: Scenario, options?: FuzzOptions) => void;
  /** A test for each of `cases`, of the scenario that is made of it. */
  readonly each: <T>(
    cases: readonly T[],
  ) => (scenarioOf: (value: T) => Scenario, options?: FuzzOptions) => void;
}

/** A run is stopped by its own bounds; the test runner's is for what hangs. */
const TIMEOUT_MS_MIN = 60_000;
/** A run on real sockets has a livelock after ten seconds. */
const REAL_RUN_MS_MAX = 15_000;

/**
 * Make a test of a scenario: it is run under many schedules, those of failures that were saved
 * before come first, and the test fails with the report of the shrunk failure as its message. The
 * environment may ask for more, as with `check`.
 *
 * ```ts
 * fuzz(echo, { runs: 2000 });
 * fuzz(echo, { timeMs: 5000, strategy: 'pct:3', faults: ['reset'], real: 'node' });
 * fuzz(echo, { real: { sockets: 'node', runs: 50, strategy: 'random' } });
 * fuzz.each([1, 2, 8])((clients) => echoOf(clients));
 * ```
 *
 * @since 0.1.0
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
    register(scenario.name, { timeout: timeoutOf(options) }, async ({ annotate, skip }) => {
      const { runs } = await annotating(annotate, async (note) => {
        const made = await check(scenario, { ...options, note, calledAs: 'fuzz' });
        if (made.runs > 0) note(searchedText(made));
        return made;
      });
      if (runs === 0) skip('none of its runs is of this shard');
    });
    for (const runs of asList(real)) {
      const title = `${scenario.name}, ${REAL_SOCKETS[runs.sockets]}`;
      const realTimeout = TIMEOUT_MS_MIN + REAL_RUN_MS_MAX * (runs.runs ?? 1);
      register(title, { timeout: realTimeout }, async ({ annotate, skip }) => {
        if (runs.sockets === 'linux') await loadLibc().catch((error: Error) => skip(error.message));
        const { folder } = options;
        const how = folder === undefined ? runs : { ...runs, folder };
        await annotating(annotate, (note) => checkOnReal(scenario, { ...how, note }));
      });
    }
  };
}

/** Milliseconds until the test is ended; 0: never. */
function timeoutOf(options: FuzzOptions): number {
  const { runs, timeMs } = deepened(options);
  if (timeMs !== undefined) return TIMEOUT_MS_MIN + timeMs;
  // How long they take nobody knows who asks for more of all tests.
  return runs === options.runs ? TIMEOUT_MS_MIN : 0;
}

/** What a green test has looked at. */
function searchedText({ runs, steps, confidence, reached }: Checked): string {
  const classes = confidence?.classes;
  const seen =
    classes === undefined ? '' : `, ${countText(classes.distinct)} classes of interleavings`;
  const sentences = reached === undefined ? [] : reachedText(reached);
  return [`held in ${countText(runs)} runs of ${countText(steps)} steps${seen}`, ...sentences].join(
    '; ',
  );
}

function asList(real: NonNullable<FuzzOptions['real']>): RealRuns[] {
  const list = typeof real === 'string' || 'sockets' in real ? [real] : real;
  return list.map((one) => (typeof one === 'string' ? { sockets: one } : one));
}

type Annotate = TestContext['annotate'];

/** Do `work`, and annotate the test with what it notes, and with a failure that was saved. */
async function annotating<T>(
  annotate: Annotate,
  work: (note: (text: string) => void) => Promise<T>,
): Promise<T> {
  const notes: string[] = [];
  try {
    return await work((text) => notes.push(text));
  } catch (error) {
    if (error instanceof ScheduleFailure) await attach(annotate, error.path);
    throw error;
  } finally {
    for (const note of notes) await annotate(note, 'heddle');
  }
}

/** A test report is read as a whole; the failures of long runs stay in their folder. */
const ATTACHED_BYTES_MAX = 2 ** 20;

/**
 * The failure travels with the report of the test runner, so that who has that report can replay it
 * and draw it elsewhere.
 */
async function attach(annotate: Annotate, path: string | undefined): Promise<void> {
  if (path === undefined) return;
  let body: Buffer;
  try {
    body = readBounded(path, ATTACHED_BYTES_MAX);
  } catch {
    // It is in its folder, or was taken away meanwhile.
    return;
  }
  await annotate(`attached: ${path}`, 'heddle', { body, contentType: 'application/json' });
}
