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
  async run({ random, isOver }) {
    const tally = new Tally();
    const wrong: string[] = [];
    let tried = 0;
    do {
      const { scenario } = SCENARIOS[random.below(SCENARIOS.length)] as (typeof SCENARIOS)[0];
      const spec = STRATEGIES[random.below(STRATEGIES.length)] as string;
      const seed = random.below(2 ** 31);
      await inMacrotask(() => {
        const first = attempt(scenario, makeStrategy(spec, { seed, firstRun: 1 }), {
          digest: true,
        });
        if (first === undefined) return;
        const again = replay(scenario, first.schedule, 'clamp');
        tried++;
        tally.add(first.failure === undefined ? 'passed' : `${first.failure.kind}`);
        if (again.digest === first.digest) return;
        wrong.push(
          `${scenario.name} by ${spec}, seed ${seed}: another digest, ${formatSchedule(scenario.name, first.schedule)}`,
        );
      });
    } while (!isOver());
    return { what: this.name, tried, came: `${tally}`, wrong };
  },
};
