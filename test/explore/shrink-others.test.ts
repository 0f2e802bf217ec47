import { expect, it } from 'vitest';
import { SCENARIOS } from '../../src/scenarios/index.ts';
import { LAW_WHOLE_LINES } from '../../src/scenarios/log.ts';
import { type Found, fuzz } from '../../src/sim/explore/fuzz.ts';
import { shrink } from '../../src/sim/explore/shrink.ts';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';

// Its consumer spins for thousands of steps: whoever takes a failing run apart meets runs that spin
// and do not fail, and rests at sixteen decisions.
it('a run whose way to few decisions leads over runs that spin is exchanged for another', () => {
  const entry = SCENARIOS.find(
    ({ model, expects, scenario }) =>
      model.id === 'threaded-queue' && expects.includes(35) && scenario.name.includes('printed'),
  );
  if (entry === undefined) throw new Error('the catalogue has no such scenario');
  const { scenario } = entry;
  const strategy = makeStrategy('random', { seed: 1 });
  const failing: Found[] = [];
  const onFailure = (found: Found): boolean => {
    if (found.failure.law !== LAW_WHOLE_LINES) return true;
    failing.push(found);
    return false;
  };
  fuzz(scenario, { runs: 100, seed: 1, strategy, onFailure });
  const [found] = failing;
  if (found === undefined) throw new Error('no failure was found');
  const { decisions, result } = shrink(scenario, found);
  expect(result.failure?.signature).toBe(found.failure.signature);
  expect(decisions.filter((decision) => decision !== 0).length).toBeLessThanOrEqual(3);
});
