/**
 * Is the fuzzer sharp? Plants one mistake after the other into a copy of the simulated kernel and
 * lets `heddle conform` look for it. `npm run mutants` tries them all, `npm run mutants -- pipe`
 * those that have this in their name; `npm run mutants -- --tasks` tries those about several
 * tasks, with the programs that are saved and then with others of up to four that really sleep, for
 * which it needs a C compiler; and `npm run mutants -- --models` those in models, their userland
 * and the providers of real sockets, each of which the tests have to catch. `--shard 2/8` tries the
 * second of eight parts.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nativeProgram } from '../src/conform/native/compile.ts';
import { UsageError } from '../src/sys/errors.ts';
import { MODEL_MUTANTS, type ModelMutant, type Tests } from './model-mutant-table.ts';
import { caughtBy, plantedInModel } from './model-mutants.ts';
import { MUTANTS, type Mutant } from './mutant-table.ts';
import { TASK_MUTANTS } from './task-mutant-table.ts';

/** The programs that have to find mistakes. */
interface Programs {
  readonly runs: number;
  /** What conform is told besides. */
  readonly options: readonly string[];
  /**
   * Tests that go before: who is woken, who gets a datagram, and programs on which the kernels have
   * differed once.
   */
  readonly saved: readonly Tests[];
}

const ONE_TASK: Programs = { runs: 8000, options: [], saved: [] };
/** Of several tasks fewer: Linux is waited for after each step. */
const SEVERAL_TASKS: Programs = {
  runs: 4000,
  options: ['--tasks', '4'],
  saved: [
    ['test/kernel/woken.test.ts', ''],
    ['test/kernel/udp.test.ts', ''],
    ['test/conformance/conform.test.ts', 'several tasks, and Linux agree: '],
  ],
};
const SEED = 1;
const AT_ONCE = 2;
/**
 * Eight thousand programs take two minutes on a slow machine; to reduce one that was found takes
 * less.
 */
const TIME_MS_MAX = 900_000;
const KERNEL = 'src/sim/kernel';
const EXIT_DIFFERENCE = 1;

/** A mistake, how it is planted, and what has to catch it. */
interface Planting {
  readonly what: string;
  readonly file: string;
  /** The source with the mistake in it; undefined if its line does not stand there. */
  readonly plant: (source: string) => string | undefined;
  /** Asked of a copy of the sources with the mistake in it. */
  readonly look: (folder: string, base: string) => Promise<Outcome>;
}

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

function inKernel(mutants: readonly Mutant[], programs: Programs): Planting[] {
  return mutants.map((mutant) => ({
    what: mutant.what,
    file: join(KERNEL, mutant.file),
    plant: (source) => planted(source, mutant),
    look: async (folder, base) => {
      const saved = await caughtBy(folder, base, programs.saved);
      if (saved !== undefined) return { caught: true, text: `caught by ${saved}` };
      return conform(folder, programs);
    },
  }));
}

function inModels(mutants: readonly ModelMutant[]): Planting[] {
  return mutants.map((mutant) => ({
    what: mutant.what,
    file: join('src', mutant.file),
    plant: (source) => plantedInModel(source, mutant),
    look: async (folder, base) => {
      const name = await caughtBy(folder, base, mutant.tests);
      return {
        caught: name !== undefined,
        text: name === undefined ? 'survived' : `caught by ${name}`,
      };
    },
  }));
}

const OF_KERNEL: readonly Planting[] = inKernel(MUTANTS, ONE_TASK);
const OF_TASKS: readonly Planting[] = inKernel(TASK_MUTANTS, SEVERAL_TASKS);
const OF_MODELS: readonly Planting[] = inModels(MODEL_MUTANTS);

/** Names of those mistakes that cannot be planted any more. */
export function misplaced(): readonly string[] {
  return [...OF_KERNEL, ...OF_TASKS, ...OF_MODELS]
    .filter(({ file, plant }) => plant(readFileSync(join(root, file), 'utf8')) === undefined)
    .map(({ what }) => what);
}

interface Outcome {
  readonly caught: boolean;
  readonly text: string;
}

/** What conform says of a copy of the sources. */
function conform(folder: string, { runs, options: asked }: Programs): Promise<Outcome> {
  const count = ['--runs', String(runs), '--seed', String(SEED)];
  const options = ['conform', ...count, ...asked, '--json'];
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

async function tryMutant(base: string, { file, plant, look }: Planting): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-mutant-'));
  try {
    copySources(base, folder);
    const path = join(folder, file);
    const source = plant(readFileSync(path, 'utf8'));
    if (source === undefined) {
      return { caught: false, text: 'could not be planted: its line is not there exactly once' };
    }
    writeFileSync(path, source);
    return await look(folder, base);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function copySources(from: string, to: string): void {
  for (const name of [
    'src',
    'test',
    'tools',
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
  ]) {
    cpSync(join(from, name), join(to, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(to, 'node_modules'));
}

const HELP = `npm run mutants -- [--tasks | --models] [--shard 2/8] [NAME…]

Plants mistakes, one after the other, and looks whether they are caught.
  --tasks    those about several tasks (needs a C compiler)
  --models   those in models, their userland and the providers of real sockets
  --shard    the second of eight parts
  NAME       those alone whose name contains one of these`;

interface Asked {
  readonly help: boolean;
  readonly tasks: boolean;
  readonly models: boolean;
  readonly shard: string;
}

/** What the words of the command line ask for. */
function chosenBy({ tasks, models, shard }: Asked, names: readonly string[]): readonly Planting[] {
  if (tasks && models) throw new UsageError('--tasks or --models, one of them');
  const all = tasks ? OF_TASKS : models ? OF_MODELS : OF_KERNEL;
  const [, part, parts] = /^(\d+)\/(\d+)$/.exec(shard)?.map(Number) ?? [];
  if (part === undefined || parts === undefined || part < 1 || part > parts) {
    throw new UsageError(`"${shard}" is no part of a whole: write --shard 2/8`);
  }
  const unknown = names.find((name) => !all.some(({ what }) => what.includes(name)));
  if (unknown !== undefined) {
    throw new UsageError(
      `no mistake is called "${unknown}": a name as it is printed, or a part of it`,
    );
  }
  return all
    .filter(({ what }) => names.length === 0 || names.some((name) => what.includes(name)))
    .filter((_, at) => at % parts === part - 1);
}

function asked(words: readonly string[]): { readonly values: Asked; readonly names: string[] } {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { help: flag, tasks: flag, models: flag, shard: { type: 'string', default: '1/1' } },
    });
    return { values, names: positionals };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${HELP}`);
  }
}

async function main(words: readonly string[]): Promise<number> {
  const { values, names } = asked(words);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const chosen = chosenBy(values, names);
  if (values.tasks) nativeProgram();
  // All are planted into the sources as they are now, whatever happens to those meanwhile.
  const base = mkdtempSync(join(tmpdir(), 'heddle-sources-'));
  try {
    copySources(root, base);
    if (!values.models) {
      const sound = await conform(base, values.tasks ? SEVERAL_TASKS : ONE_TASK);
      if (sound.caught) {
        console.log(`without any mistake: ${sound.text}`);
        return 1;
      }
    }
    const survivors = await tryAll(base, chosen);
    console.log(`${chosen.length - survivors} of ${chosen.length} caught`);
    return survivors === 0 ? 0 : 1;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

/** Tries them, a few at a time, and gives how many were not caught. */
async function tryAll(base: string, mutants: readonly Planting[]): Promise<number> {
  const queue = [...mutants];
  const width = Math.max(...mutants.map(({ what }) => what.length));
  let survivors = 0;
  const work = async (): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const { caught, text } = await tryMutant(base, mutant);
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
