/**
 * Is the fuzzer sharp? Plants one mistake after the other into a copy of the simulated kernel and
 * lets `heddle conform` look for it. `npm run mutants` tries them all, `npm run mutants -- pipe`
 * those that have the word in their name; `npm run mutants -- --tasks` tries those about several
 * tasks, with programs of up to four that really sleep, for which it needs a C compiler.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeProgram } from '../src/conform/native/compile.ts';
import { UsageError } from '../src/sys/errors.ts';
import { MUTANTS, type Mutant } from './mutant-table.ts';
import { TASK_MUTANTS } from './task-mutant-table.ts';

/** Which mistakes are planted, and the programs that have to find them. */
interface Plan {
  readonly mutants: readonly Mutant[];
  readonly runs: number;
  /** What conform is told besides. */
  readonly options: readonly string[];
}

const ONE_TASK: Plan = { mutants: MUTANTS, runs: 8000, options: [] };
/** Of several tasks fewer: Linux is waited for after each step. */
const SEVERAL_TASKS: Plan = { mutants: TASK_MUTANTS, runs: 4000, options: ['--tasks', '4'] };
const SEED = 1;
const AT_ONCE = 2;
/**
 * Eight thousand programs take two minutes on a slow machine; to reduce one that was found takes
 * less.
 */
const TIME_MS_MAX = 900_000;
const KERNEL = 'src/sim/kernel';
const EXIT_DIFFERENCE = 1;

const root = join(import.meta.dirname, '..');

/**
 * The kernel's source with the mistake in it; undefined if its line does not stand there exactly
 * once.
 */
export function planted(source: string, { find, replace }: Mutant): string | undefined {
  const lines = source.split('\n');
  const places = lines.flatMap((line, at) => (line.trim() === find ? [at] : []));
  if (places.length !== 1) return undefined;
  lines[places[0] as number] = replace;
  return lines.join('\n');
}

/** Those mistakes that cannot be planted any more. */
export function misplaced(): readonly Mutant[] {
  return [...MUTANTS, ...TASK_MUTANTS].filter(
    (mutant) =>
      planted(readFileSync(join(root, KERNEL, mutant.file), 'utf8'), mutant) === undefined,
  );
}

interface Outcome {
  readonly caught: boolean;
  readonly text: string;
}

/** What conform says of a copy of the sources. */
function conform(folder: string, plan: Plan): Promise<Outcome> {
  const count = ['--runs', String(plan.runs), '--seed', String(SEED)];
  const options = ['conform', ...count, ...plan.options, '--json'];
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...options], {
    cwd: folder,
    timeout: TIME_MS_MAX,
    killSignal: 'SIGKILL',
  });
  let out = '';
  let problems = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    problems += data;
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve(outcomeOf({ code, signal, out, problems })));
  });
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly problems: string;
}

function outcomeOf({ code, signal, out, problems }: Ended): Outcome {
  const line = out.split('\n').find((each) => each.startsWith('{"type":"conform"'));
  if (line !== undefined) {
    const { runs, difference } = JSON.parse(line) as { runs: number; difference: unknown };
    if (code === 0) return { caught: false, text: `survived ${runs} programs` };
    if (code === EXIT_DIFFERENCE && difference !== null) {
      return { caught: true, text: `caught by program ${runs}` };
    }
  }
  if (signal !== null) {
    return { caught: true, text: `caught: it did not end within ${TIME_MS_MAX / 1000} s` };
  }
  const error = problems.split('\n').find((each) => /Error/.test(each)) ?? problems.slice(-200);
  return { caught: true, text: `caught: it crashed, ${error.trim()}` };
}

async function tryMutant(base: string, mutant: Mutant, plan: Plan): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-mutant-'));
  try {
    copySources(base, folder);
    const path = join(folder, KERNEL, mutant.file);
    const source = planted(readFileSync(path, 'utf8'), mutant);
    if (source === undefined) {
      return { caught: false, text: 'could not be planted: its line is not there exactly once' };
    }
    writeFileSync(path, source);
    return await conform(folder, plan);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function copySources(from: string, to: string): void {
  for (const name of ['src', 'package.json', 'tsconfig.json']) {
    cpSync(join(from, name), join(to, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(to, 'node_modules'));
}

async function main(words: readonly string[]): Promise<number> {
  const plan = words.includes('--tasks') ? SEVERAL_TASKS : ONE_TASK;
  if (plan === SEVERAL_TASKS) nativeProgram();
  const named = words.filter((word) => word !== '--tasks');
  const chosen = plan.mutants.filter(({ what }) => named.every((word) => what.includes(word)));
  // All are planted into the sources as they are now, whatever happens to those meanwhile.
  const base = mkdtempSync(join(tmpdir(), 'heddle-sources-'));
  try {
    copySources(root, base);
    const sound = await conform(base, plan);
    if (sound.caught) {
      console.log(`without any mistake: ${sound.text}`);
      return 1;
    }
    const survivors = await tryAll(base, chosen, plan);
    console.log(`${chosen.length - survivors} of ${chosen.length} caught`);
    return survivors === 0 ? 0 : 1;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

/** Tries them, a few at a time, and gives how many were not caught. */
async function tryAll(base: string, mutants: readonly Mutant[], plan: Plan): Promise<number> {
  const queue = [...mutants];
  const width = Math.max(...mutants.map(({ what }) => what.length));
  let survivors = 0;
  const work = async (): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const { caught, text } = await tryMutant(base, mutant, plan);
      if (!caught) survivors++;
      console.log(`${mutant.what.padEnd(width)}  ${text}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return survivors;
}

if (process.argv[1] === import.meta.filename) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.log(error.message);
    process.exitCode = 1;
  }
}
