/**
 * How well failures are shrunk: random failures of the zoo and of the models as written, each
 * shrunk and held against the fewest decisions that are not calm with which it can be had, by brute
 * force, and against the fewest preemptions, where those are known. `npm run shrinking` prints the
 * figures of 300 failures; `--failures N` takes as many; words choose among the scenarios.
 */
import { parseArgs } from 'node:util';
import { SCENARIOS } from '../../src/scenarios/index.ts';
import { attempt } from '../../src/sim/explore/attempt.ts';
import { type Effort, effortOf } from '../../src/sim/explore/effort.ts';
import { tryFewest } from '../../src/sim/explore/fewest.ts';
import { type Found, fuzz } from '../../src/sim/explore/fuzz.ts';
import { shrink } from '../../src/sim/explore/shrink.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import { SPECIMENS } from './programs.ts';

/** Something that fails, and the fewest preemptions with which it does, where that is known. */
interface Subject {
  readonly scenario: Scenario;
  readonly preemptions: number | undefined;
}

/** Whose bug no strategy finds within a few thousand runs. */
const RARE = /SafeStack|lost update/;

/** Programs of the zoo and models, in turn, so that any number of them is a mixture. */
export function subjects(): Subject[] {
  const zoo = SPECIMENS.filter(({ name }) => !RARE.test(name)).map(({ scenario, preemptions }) => ({
    scenario,
    preemptions,
  }));
  const models = SCENARIOS.filter(({ expects }) => expects.length > 0).map(({ scenario }) => ({
    scenario,
    preemptions: undefined,
  }));
  const mixed: Subject[] = [];
  for (let i = 0; i < Math.max(zoo.length, models.length); i++) {
    for (const list of [zoo, models]) if (list[i] !== undefined) mixed.push(list[i] as Subject);
  }
  return mixed;
}

/**
 * How failures to be shrunk are found: by walks that switch often and by those that find what walks
 * do not.
 */
const FINDERS = ['random', 'surw', 'pos', 'pct:3'] as const;
const RUNS_MAX = 3_000;

/** The failure number `n` of a subject, from 0; undefined if its finder does not meet one. */
export function failureOf({ scenario }: Subject, n: number): Found | undefined {
  const spec = FINDERS[n % FINDERS.length] as string;
  const seed = 1 + n;
  const strategy = makeStrategy(spec, { seed });
  return fuzz(scenario, { runs: RUNS_MAX, seed, strategy }).found;
}

export interface ShrunkFailure {
  readonly scenario: string;
  readonly before: Effort;
  readonly after: Effort;
  readonly preemptions: number | undefined;
  /** No run with fewer decisions that are not calm fails so; undefined where that was too much. */
  readonly isFewest: boolean | undefined;
  readonly replays: number;
  readonly same: boolean;
}

export function measureShrinking(subject: Subject, found: Found): ShrunkFailure {
  const { scenario, preemptions } = subject;
  const { signature } = found.failure;
  const { decisions, result, replays } = shrink(scenario, found);
  const after = effortOf(scenario, decisions);
  return {
    scenario: scenario.name,
    before: effortOf(scenario, found.decisions),
    after,
    preemptions,
    isFewest: isFewest(scenario, signature, after.notCalm),
    replays,
    same: result.failure?.signature === signature,
  };
}

/** Steps of all runs with fewer decisions; where there are more it is not known. */
const BRUTE_STEPS_MAX = 500_000;

/**
 * Whether no run with fewer decisions that are not calm fails like this: every run that has fewer
 * is made. Of decisions with many alternatives that are not about who moves, four stand for all.
 */
function isFewest(scenario: Scenario, signature: string, notCalm: number): boolean | undefined {
  if (notCalm === 0) return true;
  let steps = 0;
  const found = tryFewest(notCalm - 1, (candidate) => {
    if (steps > BRUTE_STEPS_MAX) return undefined;
    const result = attempt(scenario, candidate);
    steps += result?.steps ?? 0;
    return result?.failure?.signature === signature;
  });
  if (found) return false;
  return steps > BRUTE_STEPS_MAX ? undefined : true;
}

/** Whether it has the fewest preemptions there are; undefined where that is not known. */
export function isLeast({ after, preemptions }: ShrunkFailure): boolean | undefined {
  return preemptions === undefined
    ? undefined
    : after.preemptions + after.disturbances <= preemptions;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** `count` failures, a round over all subjects after the other. */
export function* randomFailures(
  count: number,
  words: readonly string[] = [],
): Generator<ShrunkFailure> {
  const all = subjects().filter(
    ({ scenario }) => words.length === 0 || words.some((word) => scenario.name.includes(word)),
  );
  let made = 0;
  for (let n = 0; made < count && n < count; n++) {
    for (const subject of all) {
      const found = failureOf(subject, n);
      if (found === undefined) continue;
      yield measureShrinking(subject, found);
      if (++made === count) return;
    }
  }
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { failures: { type: 'string', default: '300' } },
  });
  const done: ShrunkFailure[] = [];
  for (const one of randomFailures(Number(values.failures), positionals)) {
    done.push(one);
    const { before, after, preemptions = '?', replays } = one;
    const mark = one.same ? MARKS.get(one.isFewest) : 'another failure';
    console.log(
      `${one.scenario.slice(0, 50).padEnd(52)}${`${before.preemptions} → ${after.preemptions} (${preemptions})`.padEnd(16)}preemptions  ${`${before.notCalm} → ${after.notCalm}`.padEnd(12)}not calm  ${String(replays).padStart(4)} replays  ${mark}`,
    );
  }
  const part = (of: (one: ShrunkFailure) => boolean | undefined): string => {
    const known = done.map(of).filter((answer) => answer !== undefined);
    const good = known.filter(Boolean).length;
    return `${good} of ${known.length} (${((100 * good) / known.length).toFixed(1)} %`;
  };
  console.log(
    `\n${done.length} failures; the fewest decisions in ${part((one) => one.isFewest)}; goal 97 %) for which brute force is feasible; the fewest preemptions known in ${part(isLeast)}; goal 95 %); median ${median(done.map(({ replays }) => replays))} replays (goal 120), at most ${Math.max(...done.map(({ replays }) => replays))}; the same failure in ${done.filter(({ same }) => same).length}; median ${median(done.map(({ after }) => after.notCalm))} decisions that are not calm, at most ${Math.max(...done.map(({ after }) => after.notCalm))}`,
  );
}

const MARKS: ReadonlyMap<boolean | undefined, string> = new Map([
  [true, ''],
  [false, 'not the fewest'],
  [undefined, 'too many runs to tell'],
]);

if (process.argv[1] === import.meta.filename) main();
