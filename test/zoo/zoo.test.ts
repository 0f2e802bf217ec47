import { describe, expect, it } from 'vitest';
import { attempt, replay } from '../../src/sim/explore/attempt.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import { KNOWN_SPECIMENS } from './known/index.ts';
import { SPECIMENS } from './programs.ts';
import { RACES } from './races.ts';

/** Those that take a strategy many thousands of schedules, or much time. */
const HARD = /SafeStack|lost update|philosophers 7/;
/** Those that fail on every schedule. */
const ALWAYS = /phase01|sync0|fsbench/;

describe('every program of the zoo', () => {
  const findable = SPECIMENS.filter(({ name, large }) => large !== true && !HARD.test(name));

  it.each(findable)(
    'is made to fail by the portfolio, and again by its schedule: $name',
    ({ scenario }) => {
      const strategy = makeStrategy('portfolio', { seed: 11 });
      for (let run = 1; run <= 3_000; run++) {
        const result = attempt(scenario, strategy, { digest: true });
        if (result?.failure === undefined) continue;
        const again = replay(scenario, result.schedule);
        expect(again.failure?.message).toBe(result.failure.message);
        expect(again.digest).toBe(result.digest);
        return;
      }
      expect.unreachable('no failure was found');
    },
  );

  it.each(findable.filter(({ name, preemptions }) => preemptions !== 0 && !ALWAYS.test(name)))(
    'does not fail on the calm schedule: $name',
    ({ scenario }) => {
      expect(attempt(scenario, new Calm())?.failure).toBeUndefined();
    },
  );
});

describe('every race of programs that do I/O', () => {
  it.each(RACES)(
    'shows what it is known for, and not on every schedule: $name',
    ({ scenario, shows }) => {
      const strategy = makeStrategy('random', { seed: 11 });
      let failed = 0;
      let passed = 0;
      for (let run = 0; run < 500; run++) {
        const { failure } = attempt(scenario, strategy) ?? {};
        if (failure === undefined) passed++;
        else {
          expect(failure.message).toMatch(shows);
          failed++;
        }
      }
      expect(failed).toBeGreaterThan(0);
      expect(passed).toBeGreaterThan(0);
    },
  );

  it.each(RACES)('is gone from the corrected twin: $name', ({ corrected }) => {
    for (const name of ['random', 'pct:3', 'surw']) {
      const { found } = fuzz(corrected, {
        runs: 300,
        seed: 11,
        strategy: makeStrategy(name, { seed: 11, firstRun: 1 }),
      });
      expect(found?.failure.message).toBeUndefined();
    }
  });
});

describe('every published bug', () => {
  it.each(KNOWN_SPECIMENS.filter(({ name }) => !name.endsWith('in company')))(
    'is found by the portfolio, and again by its schedule: $name',
    ({ scenario }) => {
      const strategy = makeStrategy('portfolio', { seed: 11 });
      for (let run = 1; run <= 3_000; run++) {
        const result = attempt(scenario, strategy, { digest: true });
        if (result?.failure === undefined) continue;
        const again = replay(scenario, result.schedule);
        expect(again.failure?.message).toBe(result.failure.message);
        expect(again.digest).toBe(result.digest);
        return;
      }
      expect.unreachable('no failure was found');
    },
  );

  it.each(KNOWN_SPECIMENS)('is gone from the corrected twin: $name', ({ corrected }) => {
    const { found } = fuzz(corrected, { runs: 60, seed: 11 });
    expect(found?.failure.message).toBeUndefined();
  });
});
