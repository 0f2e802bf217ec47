/**
 * How well failures are shrunk: random failures of the zoo and of the models as written, each
 * shrunk and held against what is known. `npm run shrinking` prints the figures of 200 failures;
 * `--failures N` takes as many; words choose among the scenarios.
 */
import { parseArgs } from 'node:util';
import { SCENARIOS } from '../../src/scenarios/index.ts';
import { type Effort, effortOf } from '../../src/sim/explore/effort.ts';
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
  readonly replays: number;
  readonly same: boolean;
}

export function measureShrinking(subject: Subject, found: Found): ShrunkFailure {
  const { scenario, preemptions } = subject;
  const { decisions, result, replays } = shrink(scenario, found);
  return {
    scenario: scenario.name,
    before: effortOf(scenario, found.decisions),
    after: effortOf(scenario, decisions),
    preemptions,
    replays,
    same: result.failure?.signature === found.failure.signature,
  };
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
    options: { failures: { type: 'string', default: '200' } },
  });
  const done: ShrunkFailure[] = [];
  for (const one of randomFailures(Number(values.failures), positionals)) {
    done.push(one);
    const { before, after, preemptions = '?', replays } = one;
    const mark = !one.same ? 'another failure' : isLeast(one) === false ? 'not the least' : '';
    console.log(
      `${one.scenario.slice(0, 50).padEnd(52)}${`${before.preemptions} → ${after.preemptions} (${preemptions})`.padEnd(16)}preemptions  ${`${before.notCalm} → ${after.notCalm}`.padEnd(12)}not calm  ${String(replays).padStart(4)} replays  ${mark}`,
    );
  }
  const known = done.filter((one) => isLeast(one) !== undefined);
  const least = known.filter((one) => isLeast(one) === true);
  const share = ((100 * least.length) / known.length).toFixed(1);
  console.log(
    `\n${done.length} failures; the fewest preemptions known in ${least.length} of ${known.length} (${share} %; goal 95 %); median ${median(done.map(({ replays }) => replays))} replays (goal 200), at most ${Math.max(...done.map(({ replays }) => replays))}; the same failure in ${done.filter(({ same }) => same).length}; median ${median(done.map(({ after }) => after.notCalm))} decisions that are not calm, at most ${Math.max(...done.map(({ after }) => after.notCalm))}`,
  );
}

if (process.argv[1] === import.meta.filename) main();
