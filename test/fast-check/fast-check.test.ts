import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { client, server } from '../../examples/first/echo.ts';
import { type Schedule, schedule, schedules } from '../../src/fast-check.ts';
import { type Scenario, ScheduleFailure, type Sys, scenario } from '../../src/index.ts';
import { isSmall, joint } from './joint.ts';

/**
 * `count` tasks add one each to a cell in two steps. The law breaks once two of them are
 * interleaved.
 */
function counting(count: number): Scenario {
  return scenario('every increment counts', (world) => {
    const cell = world.cell('n', 0);
    for (let i = 0; i < count; i++) {
      world.process('p').spawn('adder', function* (sys: Sys) {
        const n = yield* sys.load(cell);
        yield* sys.store(cell, n + 1);
      });
    }
    world.finally('all of them', () => cell.value === count || `${cell.value} of ${count}`);
  });
}

/** With a task that is an async function. */
const echo = scenario('hello comes back', (world) => {
  let answer = '';
  world.process('server').spawn('server', server);
  const ask = async (sys: Sys): Promise<void> => {
    answer = await client(sys);
  };
  world.process('client').spawn('client', ask, { afterListen: 7000 });
  world.finally('the client gets its bytes back', () => answer === 'hello' || `"${answer}"`);
});

const counters = fc.property(fc.integer({ min: 0, max: 9 }), schedules(), (count, its) =>
  its.check(counting(count)),
);

describe('schedules()', () => {
  it('shrink together with the inputs beside them', () => {
    const { counterexample, errorInstance } = fc.check(counters);
    const [count, its] = counterexample as [number, Schedule];
    expect(count).toBe(2);
    expect(errorInstance).toBeInstanceOf(ScheduleFailure);
    const { message, schedule: text } = errorInstance as ScheduleFailure;
    expect(message).toMatch(/1 of 2\n\n {2}scenario[\s\S]*, 1 of them not calm[\s\S]*✗/);
    expect(message).toContain(`pin        schedule('${text}')`);
    expect(fc.stringify(its)).toBe(`schedule('${text}')`);
    expect(() => schedule(text).check(counting(2))).toThrow('1 of 2');
  });

  it('come back by seed and path, without the way there', () => {
    const { counterexample, counterexamplePath, seed, numShrinks } = fc.check(counters);
    expect(numShrinks).toBeGreaterThan(2);
    const again = fc.check(counters, { seed, path: counterexamplePath as string });
    expect(again.counterexample?.map(String)).toEqual(counterexample?.map(String));
    expect(again.numRuns).toBe(1);
  });

  it('work in asynchronous properties, on scenarios with async tasks', async () => {
    const property = fc.asyncProperty(schedules(), (its) => its.checkAsync(echo));
    const { errorInstance } = await fc.check(property);
    expect((errorInstance as Error).message).toMatch(/law +the client gets its bytes back/);
  });

  it('are text that can be pasted, before they have been tried too', () => {
    for (const one of fc.sample(schedules(), { numRuns: 20, seed: 7 })) {
      const text = /^schedule\('(once:\d+)'\)$/.exec(fc.stringify(one))?.[1] as string;
      expect(String(schedule(text))).toBe(String(one));
    }
    expect(() => schedule('h1:')).toThrow(/damaged/);
    expect(() => schedule('anything')).toThrow(/not a schedule/);
    const other = schedule(fc.check(counters).counterexample?.[1].text as string);
    expect(() => other.check(echo)).toThrow(/belongs to another scenario than "hello comes back"/);
  });

  // Of all three and for a hundred seeds each: npm run joint.
  it.each(['asyncio-queue', 'select-queues'])(
    '%s: counterexamples are small in all that was drawn',
    (id) => {
      const found = [1, 2].map((seed) => joint(id, seed));
      for (const one of found)
        expect(one !== undefined && isSmall(one), JSON.stringify(one)).toBe(true);
    },
  );
});
