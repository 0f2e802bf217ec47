// The code of docs/guides/data-races.md: `npm run docs` copies what stands between the marks.
import { check, type Scenario, type ScheduleFailure, scenario } from 'heddle';
import { fuzz } from 'heddle/vitest';
import { expect, test } from 'vitest';

// #region scenario
/** One writes a value and then says that it is there; the other looks whether it is. */
const published = (name: string, isLocked: boolean): Scenario =>
  scenario(name, (world) => {
    const value = world.cell('value', 0);
    const ready = world.cell('ready', false);
    const lock = world.mutex('lock');
    const threads = world.process('p');
    threads.spawn('writer', function* (sys) {
      if (isLocked) yield* sys.lock(lock);
      yield* sys.store(value, 42);
      yield* sys.store(ready, true);
      if (isLocked) yield* sys.unlock(lock);
    });
    threads.spawn('reader', function* (sys) {
      if (isLocked) yield* sys.lock(lock);
      if (yield* sys.load(ready)) yield* sys.load(value);
      if (isLocked) yield* sys.unlock(lock);
    });
  });
// #endregion

test('two accesses that nothing puts in order are found although no law is broken', async () => {
  const flag = published('a flag without a lock', false);
  await check(flag, { runs: 200, folder: false });
  // #region races
  const error: ScheduleFailure = await check(flag, { races: true, folder: false }).catch((e) => e);
  // #endregion
  expect(error.failure.kind).toBe('race');
});

fuzz(published('a flag under a lock', true), { runs: 200, races: true });
