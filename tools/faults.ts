/**
 * Does `heddle fuzz` hold its promise about the faults of the table? Each of them is to be found,
 * shrunk to few decisions that are not calm, and replayed from its file by a process of its own,
 * with the same trace and the same failure. `npm run faults` tries seed 1, `npm run faults -- 2 3`
 * those seeds, and `npm run faults -- threaded-loop` that model's faults alone.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../src/cli/exit-codes.ts';
import { SCENARIOS } from '../src/scenarios/index.ts';
import { effortOf } from '../src/sim/explore/effort.ts';
import { readFailure } from '../src/sim/explore/failures.ts';
import { replaySaved } from '../src/sim/explore/replay-file.ts';

const DECISIONS_MAX = 3;
const MAIN = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts');

interface ReportedFailure {
  readonly fault?: number;
  readonly run: number;
  readonly path?: string;
}

interface ReportedScenario {
  readonly type: string;
  readonly scenario: string;
  readonly failures: readonly ReportedFailure[];
}

interface Replayed {
  readonly digest: string;
  readonly failure: { readonly kind: string; readonly message: string } | null;
}

/** What a fault of the table has come to. */
interface Row {
  readonly model: string;
  readonly fault: number;
  readonly run: number | undefined;
  /** Decisions that are not calm. */
  readonly notCalm: number | undefined;
  readonly replays: boolean;
}

/** The objects that a command of heddle prints, run in a folder. */
function heddle(folder: string, ...args: readonly string[]): Promise<Record<string, unknown>[]> {
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), MAIN, ...args, '--json'],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      // A failure was found, or is shown: that is what it is run for.
      if (code !== 0 && code !== EXIT.failure) {
        reject(new Error(`heddle ${args.join(' ')} has ended with ${code}`));
        return;
      }
      const lines = text.split('\n').filter((line) => line !== '');
      resolve(lines.map((line) => JSON.parse(line) as Record<string, unknown>));
    });
  });
}

/**
 * Whether a process that knows nothing but the file meets the failure that was saved, by the same
 * steps.
 */
async function replaysElsewhere(folder: string, path: string): Promise<boolean> {
  const [again] = (await heddle(folder, 'replay', path)) as unknown as readonly Replayed[];
  const { failure, digest } = readFailure(join(folder, path));
  const met = again?.failure;
  return again?.digest === digest && met?.kind === failure.kind && met.message === failure.message;
}

async function rowsOf(folder: string, seed: string, models: readonly string[]): Promise<Row[]> {
  const what = models.length > 0 ? models : ['--models'];
  const lines = await heddle(folder, 'fuzz', ...what, '--variant', 'as-written', '--seed', seed);
  const reports = lines as unknown as readonly ReportedScenario[];
  const jobs = SCENARIOS.flatMap(({ model, scenario, expects }) => {
    if (models.length > 0 && !models.includes(model.id)) return [];
    const report = reports.find((one) => one.type === 'scenario' && one.scenario === scenario.name);
    return expects.map((fault) => async (): Promise<Row> => {
      const found = report?.failures.find((failure) => failure.fault === fault);
      const row = { model: model.id, fault, run: found?.run };
      if (found?.path === undefined) return { ...row, notCalm: undefined, replays: false };
      const file = readFailure(join(folder, found.path));
      const { decisions } = replaySaved(scenario, { path: found.path, file });
      const { notCalm } = effortOf(scenario, decisions);
      return { ...row, notCalm, replays: await replaysElsewhere(folder, found.path) };
    });
  });
  return inParallel(jobs);
}

/** As many at a time as there are processors; what they give stays in order. */
async function inParallel<T>(jobs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < jobs.length) {
      const at = next++;
      results[at] = await (jobs[at] as () => Promise<T>)();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results;
}

function rowText({ model, fault, run, notCalm, replays }: Row): string {
  const found = run === undefined ? 'not found' : `run ${run}`;
  const few = notCalm === undefined ? '–' : `${notCalm}${notCalm > DECISIONS_MAX ? ' ✗' : ''}`;
  return `${model.padEnd(22)}${`${fault}`.padStart(5)}  ${found.padEnd(12)}${few.padStart(9)}  ${replays ? 'yes' : '✗ no'}`;
}

/** Whether all is as promised. */
async function check(seed: string, models: readonly string[]): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-faults-'));
  try {
    const began = performance.now();
    const rows = await rowsOf(folder, seed, models);
    const seconds = Math.round((performance.now() - began) / 1000);
    console.log(`seed ${seed}`);
    console.log(
      `${'model'.padEnd(22)}fault  ${'found'.padEnd(12)}not calm  replays in another process`,
    );
    for (const row of rows) console.log(rowText(row));
    const found = rows.filter(({ run }) => run !== undefined).length;
    const few = rows.filter(({ notCalm = Infinity }) => notCalm <= DECISIONS_MAX).length;
    const replayed = rows.filter(({ replays }) => replays).length;
    console.log(
      `of ${rows.length} faults ${found} found, ${few} shrunk to at most ${DECISIONS_MAX} decisions that are not calm, ${replayed} replayed in another process, in ${seconds} s`,
    );
    return [found, few, replayed].every((count) => count === rows.length);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const words = process.argv.slice(2);
const seeds = words.filter((word) => /^\d+$/.test(word));
const models = words.filter((word) => !seeds.includes(word));
let kept = true;
for (const seed of seeds.length > 0 ? seeds : ['1']) kept = (await check(seed, models)) && kept;
process.exitCode = kept ? 0 : 1;
