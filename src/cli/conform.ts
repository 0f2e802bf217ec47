import { createHash } from 'node:crypto';
import { join } from 'node:path';
import pc from 'picocolors';
import type { Difference, Program } from '../conform/index.ts';
import { needing } from '../load/needed.ts';
import { FAILURES_FOLDER } from '../sim/explore/failures.ts';
import { readBounded, writeWhole } from '../sim/explore/whole-file.ts';
import { HEDDLE } from '../sim/trace/invocation.ts';
import { countText } from '../sim/trace/report.ts';
import { UsageError } from '../sys/errors.ts';
import { parseCount } from './arguments.ts';
import { type AnyCommand, defineCommand, option, optionWith } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { JSON_LINES, seed } from './options.ts';
import { Output, secondsText } from './output.ts';

interface ConformCommand {
  readonly runs: number;
  readonly seed: number;
  /** A program that was saved, instead of generated ones. */
  readonly program: string | undefined;
  readonly tasks: number | undefined;
  readonly json: boolean;
}

export const command: AnyCommand = defineCommand<ConformCommand>({
  name: 'conform',
  about: 'run generated programs of syscalls on the simulated kernel and on Linux, and compare',
  given: {
    runs: optionWith('--runs <n>', 'programs to try', parseCount, 1000),
    seed: seed('seed of the generator'),
    program: option('--program <file>', 'run this saved program instead', String),
    tasks: option('--tasks <n>', 'programs of up to n tasks that really sleep', parseCount),
    json: JSON_LINES,
  },
  notes:
    'Needs Linux, the optional package fast-check, and the optional package koffi or, with --tasks, a C compiler.',
  examples: [
    'conform --runs 20000',
    'conform --tasks 4 --runs 20000',
    'conform --program .heddle/conform/FILE.json',
  ],
  run: conformCommand,
});

/** It needs a package that only this command needs. */
function loadConform(): Promise<typeof import('../conform/index.ts')> {
  return needing('fast-check', 'heddle conform', () => import('../conform/index.ts'));
}

/** Programs between two looks at the keyboard. */
const SLICE_RUNS = 200;

/**
 * `heddle conform`: generated programs of syscalls on the simulated kernel and on Linux, compared
 * step by step.
 */
async function conformCommand(command: ConformCommand): Promise<number> {
  const out = new Output(command.json);
  const { conform } = await loadConform();
  if (command.program !== undefined) {
    const difference = await conformSaved(command.program);
    return conclude({ runs: 1, seed: command.seed, notCompared: 0, difference }, out);
  }
  let interrupted = false;
  const onInterrupt = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', onInterrupt);
  const began = performance.now();
  let runs = 0;
  let seed = command.seed;
  let notCompared = 0;
  let difference: Difference | undefined;
  while (runs < command.runs && difference === undefined && !interrupted) {
    const size = Math.min(SLICE_RUNS, command.runs - runs);
    const slice = await conform({
      runs: size,
      seed,
      ...(command.tasks === undefined ? {} : { tasks: command.tasks }),
      onProgress: (progress) => {
        const elapsed = performance.now() - began;
        out.progress(
          `${countText(runs + progress.runs)} of ${countText(command.runs)} programs, ${secondsText(elapsed)}`,
        );
      },
    });
    runs += slice.runs;
    notCompared += slice.notCompared;
    difference = slice.difference;
    if (difference === undefined) seed = (seed + 1) >>> 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.off('SIGINT', onInterrupt);
  const time = secondsText(performance.now() - began);
  const code = conclude({ runs, seed, notCompared, difference }, out, time);
  return interrupted ? EXIT.interrupted : code;
}

const WHY_NOT_COMPARED =
  'Linux was too slow, or it is asked for what the simulated kernel has no answer to';

interface Concluded {
  readonly runs: number;
  readonly seed: number;
  readonly notCompared: number;
  readonly difference: Difference | undefined;
}

function conclude(
  { runs, seed, notCompared, difference }: Concluded,
  out: Output,
  time = '',
): number {
  if (difference === undefined) {
    out.object({ type: 'conform', runs, notCompared, difference: null });
    const text = `${countText(runs)} ${runs === 1 ? 'program' : 'programs'}, no difference`;
    out.line(`${pc.green(text)}${time === '' ? '' : ` in ${time}`}`);
    if (notCompared > 0) {
      out.line(`${countText(notCompared)} of them could not be compared:`);
      out.line(WHY_NOT_COMPARED);
    }
    return EXIT.ok;
  }
  const path = saveProgram(difference.program);
  out.object({ type: 'conform', runs, seed, difference: { path, program: difference.program } });
  out.line(
    pc.red('the simulated kernel and Linux disagree; the smallest program found on which they do:'),
  );
  out.line();
  out.line(difference.text);
  out.line();
  out.line(`  found      program ${countText(runs)}, seed ${seed}`);
  out.line(`  again      ${HEDDLE} conform --program ${path}`);
  return EXIT.failure;
}

function saveProgram(program: Program): string {
  const text = `${JSON.stringify(program, null, 1)}\n`;
  const name = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const path = join(FAILURES_FOLDER, 'conform', `${name}.json`);
  writeWhole(path, text);
  return path;
}

/** The longest that was ever saved has 3 kB. */
const PROGRAM_BYTES_MAX = 2 ** 20;

async function openProgram(path: string): Promise<Program> {
  let json: unknown;
  try {
    json = JSON.parse(readBounded(path, PROGRAM_BYTES_MAX).toString('utf8'));
  } catch (error) {
    throw new UsageError(`${path} cannot be read as a program: ${(error as Error).message}`);
  }
  const { readProgram } = await loadConform();
  const program = readProgram(json);
  if (typeof program !== 'string') return program;
  throw new UsageError(
    `${path} is no program of syscalls: ${program}; heddle conform saves such files under ${FAILURES_FOLDER}/conform/`,
  );
}

/** A program that was saved; its numbers may stand for nothing that there is. */
async function conformSaved(path: string): Promise<Difference | undefined> {
  const program = await openProgram(path);
  const { conform } = await loadConform();
  try {
    const { difference, notCompared } = await conform({ program });
    if (notCompared === 0) return difference;
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new UsageError(
      `${path} asks for what no program can: ${error.message}; a number in it stands for nothing`,
      { cause: error },
    );
  }
  throw new UsageError(
    `${path} could not be compared: ${WHY_NOT_COMPARED}; do it again on a quiet machine`,
  );
}
