import { SCENARIOS } from '../../src/scenarios/index.ts';
import { attempt, replay } from '../../src/sim/explore/attempt.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import { formatSchedule } from '../../src/sim/schedule/text.ts';
import { type Part, Tally } from './part.ts';

const STRATEGIES = ['random', 'pct:3', 'pos', 'sticky', 'surw'];

/** Every model under many schedules, each schedule twice: the digests have to be equal. */
export const runs: Part = {
  name: 'runs of all models, twice',
  share: 30,
  goal: 1_000_000,
  pieces: 8,
  async run({ random, isOver, trying }) {
    const tally = new Tally();
    do {
      const { scenario } = SCENARIOS[random.below(SCENARIOS.length)] as (typeof SCENARIOS)[0];
      const spec = STRATEGIES[random.below(STRATEGIES.length)] as string;
      const seed = random.below(2 ** 31);
      trying(`${scenario.name} by ${spec}, seed ${seed}`);
      await inMacrotask(() => {
        const first = attempt(scenario, makeStrategy(spec, { seed, firstRun: 1 }), {
          digest: true,
        });
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
