import { resumes } from './bare.ts';
import { echo, stepsOf } from './echo.ts';
import { type Benchmark, compare, race } from './measure.ts';

const benchmark: Benchmark = {
  about:
    'A step of the simulated kernel (a task runs from one syscall to the next; decisions recorded, random walk, 8 clients x 16 messages) against the bare resume of a generator.',
  run: () => {
    const costs = race({ bare: resumes(50_000), step: stepsOf(echo(), 5) }, 400);
    return [compare('a step / a generator resume', costs.step, costs.bare, { most: 8 })];
  },
};
export default benchmark;
