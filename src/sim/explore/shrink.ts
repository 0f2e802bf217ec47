import type { Failure } from '../schedule/failure.ts';
import type { RunResult } from '../schedule/run.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { replay } from './attempt.ts';

export interface ShrinkOptions {
  /** Replays spent at the most. Default: 500. */
  readonly replaysMax?: number;
}

export interface Shrunk {
  readonly decisions: number[];
  readonly result: RunResult;
  readonly replays: number;
}

const REPLAYS_MAX = 500;

/**
 * Reduce a failing schedule to the few decisions that matter. All decisions, also the scenario's inputs and the
 * faults, have 0 for the calm alternative, so taking them towards 0 is simplification, as in Hypothesis' shrinker
 * (MacIver and Donaldson, ECOOP 2020, whose order it follows: fewer decisions that are not calm, then a shorter
 * schedule, then smaller decisions). A candidate counts only if it fails in the same way: the signature is kept.
 */
export function shrink(
  scenario: Scenario,
  failing: { readonly decisions: readonly number[]; readonly failure: Failure },
  options: ShrinkOptions = {},
): Shrunk {
  const budget = options.replaysMax ?? REPLAYS_MAX;
  const { signature } = failing.failure;
  const tried = new Set<string>();
  let replays = 1;
  let best = [...failing.decisions];
  let result = replay(scenario, best, 'clamp');
  best = result.schedule;

  /** Whether `candidate` fails likewise and is simpler; then it is the best from now on. */
  const accept = (candidate: number[]): boolean => {
    const key = trimmed(candidate).join();
    if (replays >= budget || tried.has(key)) return false;
    tried.add(key);
    replays++;
    const again = replay(scenario, candidate, 'clamp');
    if (again.failure?.signature !== signature) return false;
    const schedule = again.schedule;
    if (!simpler(schedule, best)) return false;
    best = schedule;
    result = again;
    return true;
  };

  for (let before = ''; before !== best.join() && replays < budget; ) {
    before = best.join();
    truncate(() => best, accept);
    eachBlock(
      () => best,
      (from, size) => accept(zeroed(best, from, size)),
    );
    eachBlock(
      () => best,
      (from, size) => accept(without(best, from, size)),
    );
    lower(() => best, accept);
  }
  return { decisions: best, result, replays };
}

type Accept = (candidate: number[]) => boolean;

/** Let the calm run take over earlier and earlier. */
function truncate(best: () => number[], accept: Accept): void {
  let low = 0;
  while (low < best().length) {
    const middle = (low + best().length) >> 1;
    if (!accept(best().slice(0, middle))) low = middle + 1;
  }
}

/** Blocks of decisions from large to small, from the end to the beginning. */
function eachBlock(best: () => number[], attempt: (from: number, size: number) => boolean): void {
  for (let size = best().length >> 1; size >= 1; size >>= 1) {
    for (let from = best().length - size; from >= 0; ) {
      from = attempt(from, size) ? Math.min(from, best().length - size) : from - size;
    }
  }
}

function zeroed(decisions: readonly number[], from: number, size: number): number[] {
  const copy = [...decisions];
  copy.fill(0, from, from + size);
  return copy;
}

function without(decisions: readonly number[], from: number, size: number): number[] {
  return [...decisions.slice(0, from), ...decisions.slice(from + size)];
}

/** Each decision by itself: smaller numbers are simpler inputs, smaller cuts, earlier alternatives. */
function lower(best: () => number[], accept: Accept): void {
  for (let i = best().length - 1; i >= 0; i--) {
    const value = best()[i] ?? 0;
    for (const smaller of [0, 1, 2, value >> 1, value - 1]) {
      if (smaller < 0 || smaller >= value) continue;
      const copy = [...best()];
      copy[i] = smaller;
      if (accept(copy)) break;
    }
  }
}

function trimmed(decisions: readonly number[]): readonly number[] {
  let end = decisions.length;
  while (end > 0 && decisions[end - 1] === 0) end--;
  return decisions.slice(0, end);
}

/** Fewer that are not calm, then shorter, then smaller. */
function simpler(a: readonly number[], b: readonly number[]): boolean {
  const restless = (decisions: readonly number[]): number =>
    decisions.filter((d) => d !== 0).length;
  const sum = (decisions: readonly number[]): number =>
    decisions.reduce((total, d) => total + d, 0);
  return (restless(a) - restless(b) || a.length - b.length || sum(a) - sum(b)) < 0;
}
