// The code of docs/replay.md: `npm run docs` copies what stands between the marks.
import { check, parseSchedule, type Scenario, type ScheduleFailure, scenario } from 'heddle';
import { expect, test } from 'vitest';

// #region counter
/** Two add one to the same number, without a lock. */
const counter = (isFixed: boolean): Scenario =>
  scenario('a counter', (world) => {
    const count = world.cell('count', 0);
    for (const who of ['ann', 'bob']) {
      world.process('p').spawn(who, function* (sys) {
        if (isFixed) yield* sys.update(count, (value) => value + 1);
        else yield* sys.store(count, (yield* sys.load(count)) + 1);
      });
    }
    world.finally('both are counted', () => count.value === 2 || `it is ${count.value}`);
  });
// #endregion

test('a failure carries its schedule, which is pinned as text', async () => {
  // #region pin
  const error: ScheduleFailure = await check(counter(false), { folder: false }).catch((e) => e);
  const { schedule } = error;
  // Only this one is run, and it fails in the same way.
  await expect(check(counter(false), { replay: schedule })).rejects.toThrow('it is 1');
  // #endregion
  expect(parseSchedule(schedule).decisions.length).toBeGreaterThan(0);
});

test('a pinned schedule that no longer fits says so', async () => {
  const error: ScheduleFailure = await check(counter(false), { folder: false }).catch((e) => e);
  const fixed = check(counter(true), { replay: error.schedule });
  await expect(fixed).rejects.toThrow(/no longer/);
});
