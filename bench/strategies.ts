import { Calm } from '../src/sim/schedule/strategies/calm.ts';
import { Pct } from '../src/sim/schedule/strategies/pct.ts';
import { Pos } from '../src/sim/schedule/strategies/pos.ts';
import { echo, stepsOf } from './echo.ts';
import { type Benchmark, compare, race } from './measure.ts';

const benchmark: Benchmark = {
  about:
    'What choosing costs: a step under the random walk, PCT and POS against one that chooses nothing.',
  run: () => {
    const costs = race(
      {
        calm: stepsOf(echo(), 5, new Calm()),
        random: stepsOf(echo(), 5),
        pct: stepsOf(echo(), 5, new Pct(1)),
        pos: stepsOf(echo(), 5, new Pos(1)),
      },
      200,
    );
    return [
      compare('a random step / a calm step', costs.random, costs.calm, { most: 1.5 }),
      compare('a step of pct:3 / a calm step', costs.pct, costs.calm, { most: 1.5 }),
      compare('a step of pos / a calm step', costs.pos, costs.calm, { most: 1.35 }),
    ];
  },
};
export default benchmark;
