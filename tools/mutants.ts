/**
 * Is the fuzzer sharp? Plants one mistake after the other into a copy of the simulated kernel and
 * lets `heddle conform` look for it. `npm run mutants` tries them all, `npm run mutants -- pipe`
 * those that have the word in their name.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MUTANTS, type Mutant } from './mutant-table.ts';

const RUNS = 8000;
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

/** Whether each mistake can still be planted. */
export function misplaced(): readonly Mutant[] {
  return MUTANTS.filter(
    (mutant) =>
      planted(readFileSync(join(root, KERNEL, mutant.file), 'utf8'), mutant) === undefined,
  );
}

interface Outcome {
  readonly caught: boolean;
  readonly text: string;
}

/** What conform says of a copy of the sources. */
function conform(folder: string): Promise<Outcome> {
  const options = ['conform', '--runs', String(RUNS), '--seed', String(SEED), '--json'];
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

async function tryMutant(base: string, mutant: Mutant): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-mutant-'));
  try {
    copySources(base, folder);
    const path = join(folder, KERNEL, mutant.file);
    const source = planted(readFileSync(path, 'utf8'), mutant);
    if (source === undefined) {
      return { caught: false, text: 'could not be planted: its line is not there exactly once' };
    }
    writeFileSync(path, source);
    return await conform(folder);
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
  const chosen = MUTANTS.filter(({ what }) => words.every((word) => what.includes(word)));
  // All are planted into the sources as they are now, whatever happens to those meanwhile.
  const base = mkdtempSync(join(tmpdir(), 'heddle-sources-'));
  try {
    copySources(root, base);
    const sound = await conform(base);
    if (sound.caught) {
      console.log(`without any mistake: ${sound.text}`);
      return 1;
    }
    const survivors = await tryAll(base, chosen);
    console.log(`${chosen.length - survivors} of ${chosen.length} caught`);
    return survivors === 0 ? 0 : 1;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

/** Tries them, a few at a time, and gives how many were not caught. */
async function tryAll(base: string, mutants: readonly Mutant[]): Promise<number> {
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
  process.exitCode = await main(process.argv.slice(2));
}
