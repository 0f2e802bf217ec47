import { Calm } from '../src/sim/schedule/strategies/calm.ts';
import { echo, stepsOf } from './echo.ts';
import { type Benchmark, compare, race } from './measure.ts';

const benchmark: Benchmark = {
  about: 'What choosing costs: a step under the random walk against one that chooses nothing.',
  run: () => {
    const costs = race({ calm: stepsOf(echo(), 5, new Calm()), random: stepsOf(echo(), 5) }, 200);
    return [compare('a random step / a calm step', costs.random, costs.calm, { most: 1.5 })];
  },
};
export default benchmark;
