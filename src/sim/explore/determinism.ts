import { UsageError } from '../../sys/errors.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { ADVICE } from '../schedule/strayed.ts';
import { moveText } from '../trace/explanation.ts';
import type { ToldStep } from '../trace/recorder.ts';
import { WIDTH_MAX, wrapText } from '../trace/report.ts';
import { replay } from './attempt.ts';
import { type RecordedRun, recordRun } from './record.ts';
import { seenOnTheWay } from './seen-on-the-way.ts';

/** The first place where two runs of one schedule were not the same. @since 0.1.0 */
export interface Nondeterminism {
  /** The first step that differs, from 1. */
  readonly step: number;
  /** What the first run did at it; undefined if it had ended. */
  readonly once: ToldStep | undefined;
  /** What the second run did at it; undefined if it had ended. */
  readonly again: ToldStep | undefined;
  /** What to look at, as bodies of the scenario have told it; see `world.suspects`. */
  readonly suspects: readonly string[];
  /**
   * What the second run has asked the machine for, past the schedule, with the lines:
   * `Math.random() at src/retry.ts:8:3`.
   */
  readonly seen: readonly string[];
}

/**
 * A scenario whose runs are not a function of their decisions: nothing that is found in it could be
 * replayed.
 *
 * @since 0.1.0
 */
export class NondeterminismError extends UsageError {
  override readonly name = 'NondeterminismError';

  /** @internal */
  constructor(found: Pick<Nondeterminism, 'seen' | 'suspects'> & Partial<Nondeterminism>) {
    const { step, once, again, suspects, seen } = found;
    const advice = suspects.length === 0 ? [ADVICE] : suspects;
    super(
      [
        ...(step === undefined
          ? ['a run has failed, and its schedule passes when it is run again']
          : [
              `the same schedule gave two different runs, first at step ${step}`,
              '',
              ...besides([once, again]),
            ]),
        '',
        ...seen.map((call) => `  seen on the way: ${call}`),
        ...(seen.length === 0 ? [] : ['']),
        ...advice.flatMap((text) => wrapText(text, WIDTH_MAX)),
      ].join('\n'),
    );
  }
}

/** Two steps, a line each, in columns. */
function besides(steps: readonly [ToldStep | undefined, ToldStep | undefined]): string[] {
  const did = steps.map((step) => (step === undefined ? '(the run has ended)' : moveText(step)));
  const width = Math.max(...did.map(({ length }) => length));
  return did.map((text, index) => {
    const label = index === 0 ? 'once' : 'again';
    return `  ${label.padEnd(7)} ${text.padEnd(width)}  ${steps[index]?.where ?? ''}`.trimEnd();
  });
}

/**
 * Run a schedule twice and compare the digests; if they differ, run it twice more with the recorder
 * on and say where the runs part. A scenario that fails this check uses something that no schedule
 * controls: the time of day, Math.random, state left by an earlier run.
 *
 * ```ts
 * const differs = checkDeterminism(echo, []); // the calm run, twice
 * if (differs !== undefined) console.log(`they differ from step ${differs.step}`);
 * ```
 *
 * @since 0.1.0
 */
export function checkDeterminism(
  scenario: Scenario,
  decisions: readonly number[],
  digest?: string,
): Nondeterminism | undefined {
  const first = digest ?? replay(scenario, decisions, 'clamp').digest;
  return differenceFrom({ digest: first }, scenario, decisions);
}

/** A run that has been made: what is known of it. */
interface Made {
  readonly digest: string;
  /** Its steps, where it was recorded: what only the first run of all does is in no other. */
  readonly words?: readonly ToldStep[];
}

/** As {@link checkDeterminism}, where a run of the schedule has been made. */
export function differenceFrom(
  made: Made,
  scenario: Scenario,
  decisions: readonly number[],
): Nondeterminism | undefined {
  const second = replay(scenario, decisions, 'clamp');
  // What the real clock has ended cannot be compared.
  if (second.digest === made.digest || second.failure?.cutAfter !== undefined) return undefined;
  const once = made.words ?? recordRun(scenario, decisions).recorder.words;
  const [{ recorder, run }, seen] = recordWatched(scenario, decisions);
  const again = recorder.words;
  const suspects = suspectsOf(run);
  const length = Math.max(once.length, again.length);
  for (let i = 0; i < length; i++) {
    if (stepText(once[i]) !== stepText(again[i])) {
      return { step: i + 1, once: once[i], again: again[i], suspects, seen };
    }
  }
  // The texts agree (long contents are shortened in them); the digest saw more.
  return { step: length, once: once.at(-1), again: again.at(-1), suspects, seen };
}

const suspectsOf = ({ world }: RecordedRun['run']): readonly string[] => [
  ...new Set(world.suspects.flatMap((tell) => tell())),
];

/** A realm has a seam of its own, which tells what has gone past it. */
function recordWatched(
  scenario: Scenario,
  decisions: readonly number[],
): ReturnType<typeof seenOnTheWay<RecordedRun>> {
  const record = (): RecordedRun => recordRun(scenario, decisions);
  return scenario.isRealm === true ? [record(), []] : seenOnTheWay(record);
}

/** Of a failure that its own schedule does not show again. */
export function notAgain(scenario: Scenario, decisions: readonly number[]): NondeterminismError {
  const [{ result, recorder, run }, seen] = recordWatched(scenario, decisions);
  const made = { digest: result.digest, words: recorder.words };
  return new NondeterminismError({
    ...(differenceFrom(made, scenario, decisions) ?? { suspects: suspectsOf(run) }),
    seen,
  });
}

function stepText(step: ToldStep | undefined): string {
  return step === undefined ? '' : `${step.who} ${step.did} ${step.result} ${step.timeMs}`;
}
