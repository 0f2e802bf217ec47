import { SCENARIOS } from '../../src/scenarios/index.ts';
import { attempt, replay } from '../../src/sim/explore/attempt.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import { formatSchedule } from '../../src/sim/schedule/text.ts';
import { type Part, Tally } from './part.ts';

/**
 * One run in so many is of any model; all others are of the one that has done the fewest steps, or
 * a few long ones would take nearly all of the time.
 */
const ANY_EVERY = 10;
const STRATEGIES = ['random', 'pct:3', 'pos', 'sticky', 'surw'];

/** Every model under many schedules, each schedule twice: the digests have to be equal. */
export const runs: Part = {
  name: 'runs of all models, twice',
  share: 30,
  goal: 1_000_000,
  pieces: 8,
  async run({ random, isOver, trying }) {
    const tally = new Tally();
    const steps = SCENARIOS.map(() => 0);
    do {
      const fewest = steps.indexOf(Math.min(...steps));
      const at = random.below(ANY_EVERY) === 0 ? random.below(SCENARIOS.length) : fewest;
      const { scenario } = SCENARIOS[at] as (typeof SCENARIOS)[0];
      const spec = STRATEGIES[random.below(STRATEGIES.length)] as string;
      const seed = random.below(2 ** 31);
      trying(`${scenario.name} by ${spec}, seed ${seed}`);
      await inMacrotask(() => {
        const first = attempt(scenario, makeStrategy(spec, { seed, firstRun: 1 }), {
          digest: true,
        });
        // Something has to count even of a run that was not made.
        steps[at] = (steps[at] ?? 0) + 1 + (first?.steps ?? 0);
        if (first === undefined) return;
        const again = replay(scenario, first.schedule, 'clamp');
        tally.tried++;
        tally.add(first.failure === undefined ? 'passed' : `${first.failure.kind}`);
        if (again.digest === first.digest) return;
        tally.bad(
          'mismatch',
          `${scenario.name} by ${spec}, seed ${seed}: ${formatSchedule(scenario.name, first.schedule)}`,
        );
      });
    } while (!isOver(tally.tried));
    return tally.figures;
  },
};
