import { Run } from '../src/sim/schedule/run.ts';
import { RandomWalk } from '../src/sim/schedule/strategies/random-walk.ts';
import { echo } from './echo.ts';
import { type Benchmark, bytesInUse } from './measure.ts';

const STEPS = 10_000_000;
const MB = 1e6;

const benchmark: Benchmark = {
  about:
    'What a run of ten million steps keeps: four clients echo for ever, every decision is recorded.',
  run: () => {
    const strategy = new RandomWalk(1);
    strategy.begin();
    const run = new Run(echo(4, Number.MAX_SAFE_INTEGER), { strategy });
    run.begin();
    while (run.stepCount < 1000) run.step();
    const before = bytesInUse();
    while (run.stepCount < STEPS && run.failure === undefined) run.step();
    const grown = (bytesInUse() - before) / MB;
    return [
      {
        what: 'growth over ten million steps',
        ratio: grown,
        unit: 'MB',
        goal: { most: 50 },
        note: `${run.tape.length} decisions`,
      },
    ];
  },
};
export default benchmark;
