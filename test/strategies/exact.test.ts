import { describe, expect, it } from 'vitest';
import { attempt } from '../../src/sim/explore/attempt.ts';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import { SPECIMENS } from '../zoo/programs.ts';
import { enumerate } from './exact.ts';

const exact = SPECIMENS.filter(
  ({ probability, name }) => probability !== undefined && name !== 'fsbench',
);

describe('the whole tree of schedules', () => {
  it.each(
    exact.map(
      ({ name, scenario, probability }) => [name, scenario, probability as number] as const,
    ),
  )('gives the known probability that a random walk fails: %s', (_name, scenario, probability) => {
    expect(Math.abs(enumerate(scenario).probability - probability)).toBeLessThan(1e-6);
  });
});

describe('the random walk', () => {
  /** 200,000 runs in all; a sound walk leaves five standard deviations once in two million times. */
  const RUNS = 40_000;
  const SIGMAS_MAX = 5;
  const walked = ['deadlock01', 'twostage', 'reorder_3', 'bluetooth_driver', 'account-manager'];

  it.each(exact.filter(({ name }) => walked.includes(name)))(
    'fails as often as it must: $name',
    ({ scenario, probability = 0 }) => {
      const strategy = makeStrategy('random', { seed: 2026 });
      let failures = 0;
      for (let run = 0; run < RUNS; run++) {
        if (attempt(scenario, strategy)?.failure !== undefined) failures++;
      }
      const deviation = Math.sqrt(RUNS * probability * (1 - probability));
      expect(Math.abs(failures - RUNS * probability)).toBeLessThan(SIGMAS_MAX * deviation);
    },
  );
});
