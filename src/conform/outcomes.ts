import { EPOLLET } from '../sys/constants.ts';
import type { Seen } from './arm.ts';
import { simulatedArm } from './arms.ts';
import type { Execution, Row } from './execute.ts';
import type { Program, Step } from './program.ts';

/** So many ways in which tasks may move are tried, at most. */
const WAYS_MAX = 2000;
const NOTHING: Seen = { result: '', woken: [], masks: '' };

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * # Edge-triggered epoll: what one call tells twice, a sleeper sees once
 * shutdown(2) tells its socket that it is shut, and a moment later that its FIN was acknowledged.
 * On Linux a sleeping epoll_wait may have taken the event before that, and has it a second time;
 * here both come in one step. The fault `spurious` brings such an event in a search.
 */
function isToldTwice({ steps }: Program, step: Step, simulated: Seen, linux: Seen): boolean {
  if (step.call !== 'shutdown' && step.call !== 'close') return false;
  if (
    !steps.some(({ call, numbers }) => call === 'epollCtl' && ((numbers[1] ?? 0) & EPOLLET) !== 0)
  )
    return false;
  const isBack = linux.woken.some((back) => back.includes('epollWait'));
  if (!isBack || !same({ ...simulated, masks: '' }, { ...linux, masks: '' })) return false;
  const masks = String(simulated.masks).split(' ');
  const others = String(linux.masks).split(' ');
  return (
    masks.length === others.length &&
    masks.every((mask, i) => mask === others[i] || mask.replace(/:0$/, ':IN') === others[i])
  );
}

/** The choices of one way through a program, and how to come to the next way. */
class Tape {
  readonly #taken: number[] = [];
  readonly #counts: number[] = [];
  #at = 0;

  choose(count: number): number {
    if (this.#at === this.#taken.length) {
      this.#taken.push(0);
      this.#counts.push(count);
    }
    return this.#taken[this.#at++] as number;
  }

  /** Whether there is another way: it differs in the last choice that can be taken otherwise. */
  next(): boolean {
    this.#at = 0;
    while (this.#taken.length > 0) {
      const last = this.#taken.length - 1;
      if (++(this.#taken[last] as number) < (this.#counts[last] as number)) return true;
      this.#taken.pop();
      this.#counts.pop();
    }
    return false;
  }
}

/** The steps that Linux has done, done by the simulated kernel in one way; up to a difference. */
function follow(program: Program, linux: readonly Seen[], tape: Tape, kept: boolean): Row[] {
  const { steps, watch } = program;
  const arm = simulatedArm(kept, (count) => tape.choose(count));
  arm.noteSignals();
  const rows: Row[] = [];
  try {
    for (const [i, step] of (steps as Step[]).entries()) {
      const seen = linux[i] ?? NOTHING;
      let simulated = arm.attempt(step, watch === 'each' || i === steps.length - 1);
      if (isToldTwice(program, step, simulated, seen)) simulated = seen;
      rows.push({ step, simulated, linux: seen });
      if (!same(simulated, seen)) break;
    }
    return rows;
  } finally {
    arm.end();
  }
}

/**
 * Is what was seen on Linux among the outcomes of the simulated kernel? Where several tasks may
 * move, Linux takes one order and all are tried here. If none fits, the rows are those of the way
 * that fits longest.
 * @param kept as on that Linux: see {@link Kernel.rolesAreKept}
 */
export function amongOutcomes(program: Program, linux: readonly Seen[], kept = false): Execution {
  const tape = new Tape();
  let longest: Row[] = [];
  for (let way = 0; way < WAYS_MAX; way++) {
    const rows = follow(program, linux, tape, kept);
    const { simulated, linux: seen } = rows.at(-1) ?? { simulated: NOTHING, linux: NOTHING };
    if (rows.length === program.steps.length && same(simulated, seen))
      return { rows, differs: false };
    if (rows.length > longest.length) longest = rows;
    if (!tape.next()) break;
  }
  return { rows: longest, differs: true };
}
