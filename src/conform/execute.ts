import type { Libc } from '../real/linux/libc.ts';
import { MSG_PEEK } from '../sys/constants.ts';
import { UnsupportedError } from '../sys/errors.ts';
import type { Arm, Seen } from './arm.ts';
import { linuxArm, simulatedArm } from './arms.ts';
import { type Program, type Step, type StepCall, waitAt } from './program.ts';
import { rolesAreKept } from './roles.ts';

/** A step as both kernels did it. */
export interface Row {
  readonly step: Step;
  readonly simulated: Seen;
  readonly linux: Seen;
}

/** A program on both kernels, up to the first step on which they disagree. */
export interface Execution {
  readonly rows: readonly Row[];
  readonly differs: boolean;
}

/**
 * Milliseconds between steps on Linux, in the order in which they are tried: a difference has to
 * survive them all.
 */
export const PACES_MS: readonly number[] = [0, 1, 45];
/** A whole execution stays below the second after which Linux sends a dropped SYN again. */
export const EXECUTION_MS_MAX = 800;

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Calls that may sleep on the descriptor they are given. */
const BLOCKING = new Set([
  'accept',
  'connect',
  'send',
  'recv',
  'sendto',
  'recvfrom',
  'read',
  'write',
]);

/** The step as it can be done now; undefined if it cannot. The simulated side decides, for both. */
function feasible(step: Step, arm: Arm): Step | undefined {
  if (!arm.isIdle(step.task)) return undefined;
  if (step.call === 'fork' && arm.wasForked) return undefined;
  if (!step.fds.every((name) => arm.knows(name))) return undefined;
  const mayBlock = step.fds.some((name) => arm.mayBlock(step.task, name));
  if (step.call === 'flood' && mayBlock) return undefined;
  if (!arm.hasSleeper) return step;
  if (step.call === 'flood') return undefined;
  if (BLOCKING.has(step.call) && mayBlock) return undefined;
  if (step.call !== 'poll' && step.call !== 'select' && step.call !== 'epollWait') return step;
  return { ...step, numbers: step.numbers.map((number, i) => (i === waitAt(step) ? 0 : number)) };
}

/**
 * # poll and connect: a closed number in a sleeping call is not compared
 * Any wake-up makes poll look again at the numbers it was given, of which one may have been closed
 * meanwhile. This provider of Linux sleeps in a poll of its own and cannot tell that something came
 * of nothing, so there is nothing to compare from here on. Likewise a sleeping connect that another
 * task's shutdown has ended: tried again, it would begin again. And a sleeping recv of
 * nothing, or MSG_PEEK for more than there is, that such a shutdown has woken: what there is to be
 * read is as it was.
 */
function isUnknowable(rows: readonly Row[]): boolean {
  const { simulated, linux } = rows.at(-1) as Row;
  const since = rows.slice(rows.findLastIndex((row) => row.linux.result === 'asleep'));
  const [size = 0, flags = 0] = since[0]?.step.numbers ?? [];
  const takesNothing = size === 0 || (flags & MSG_PEEK) !== 0;
  const passed = (calls: readonly StepCall[]): boolean =>
    since.slice(1).some(({ step }) => calls.includes(step.call));
  return [...simulated.woken, ...linux.woken].some((each) => {
    if (/^t\d (?:poll|select)/.test(each))
      return linux.woken.length === 0 && passed(['close', 'dup2']);
    if (/^t\d recv/.test(each))
      return linux.woken.length === 0 && takesNothing && passed(['shutdown']);
    return /^t\d connect/.test(each) && passed(['shutdown', 'connect']);
  });
}

/**
 * A flood that could not be read again leaves a buffer partly full, and how much fits is nobody's
 * law.
 */
function isUndrained({ step, linux }: Row): boolean {
  return step.call === 'flood' && JSON.stringify(linux.result).includes('"all":false');
}

function once(program: Program, libc: Libc, paceMs: number): Execution {
  const simulated = simulatedArm(rolesAreKept(libc));
  const { arm: linux, dispose } = linuxArm(libc, paceMs);
  const rows: Row[] = [];
  try {
    for (const planned of program.steps) {
      const step = feasible(planned, simulated);
      if (step === undefined) continue;
      const watch = program.watch === 'each';
      let seen: Seen;
      try {
        seen = simulated.do(step, watch);
      } catch (error) {
        if (error instanceof UnsupportedError) continue;
        throw error;
      }
      const row = { step, simulated: seen, linux: linux.do(step, watch) };
      rows.push(row);
      if (isUnknowable(rows) || isUndrained(row)) return { rows, differs: false };
      if (!same(row.simulated, row.linux)) return { rows, differs: true };
    }
    const last = rows.at(-1);
    if (last === undefined) return { rows, differs: false };
    const end: Row = {
      step: last.step,
      simulated: { ...last.simulated, masks: simulated.masks() },
      linux: { ...last.linux, masks: linux.masks() },
    };
    const differs = !same(end.simulated, end.linux);
    return { rows: differs ? [...rows.slice(0, -1), end] : rows, differs };
  } finally {
    simulated.end();
    dispose();
  }
}

/**
 * Do a program on both kernels and compare, step by step, what can be seen.
 *
 * # Loopback: what a call does takes a moment
 * Most effects of a call on Linux's `lo` are there when it returns; some come a little later (an
 * acknowledgement that is held back, a soft interrupt that had to wait). So a difference counts
 * only if it is still there when the program is done again with pauses between its steps.
 */
export function execute(
  program: Program,
  libc: Libc,
  pacesMs: readonly number[] = PACES_MS,
): Execution {
  let execution: Execution = { rows: [], differs: false };
  for (const paceMs of pacesMs) {
    const fitting = Math.min(paceMs, EXECUTION_MS_MAX / (2 * Math.max(1, program.steps.length)));
    execution = once(program, libc, fitting);
    if (!execution.differs) break;
  }
  return execution;
}
