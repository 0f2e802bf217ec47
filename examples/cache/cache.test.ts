import { check, type ScheduleFailure } from 'heddle';
import { fuzz } from 'heddle/vitest';
import { expect, test } from 'vitest';
import { Cache, SharedCache } from './cache.ts';
import { staleValue, stampede } from './scenario.ts';

fuzz(
  staleValue((source) => new SharedCache(source)),
  { runs: 2000 },
);
fuzz(
  stampede((source) => new SharedCache(source)),
  { runs: 2000 },
);

test('as it was, a value that is out of date stays', async () => {
  const scenario = staleValue((source) => new Cache(source));
  const failure = await check(scenario, { runs: 50, folder: false }).catch((error) => error);
  const { message } = failure as ScheduleFailure;
  // The load has begun before the value is saved, and is answered after that.
  expect(message).toMatch(/save\("ann", "new"\) answers\s[\s\S]*load\("ann"\) answers +"old"/);
});

test('as it was, everybody who asks loads', async () => {
  const scenario = stampede((source) => new Cache(source));
  const failure = await check(scenario, { runs: 50, folder: false }).catch((error) => error);
  expect((failure as ScheduleFailure).failure.message).toMatch(/a length of 1 but got 3/);
});
