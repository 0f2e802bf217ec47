import { check, type ScheduleFailure } from 'heddle';
import { fuzz } from 'heddle/vitest';
import { expect, test } from 'vitest';
import { Autocomplete, LatestAutocomplete } from './autocomplete.ts';
import { typing } from './scenario.ts';

fuzz(
  typing((search, show) => new LatestAutocomplete(search, show)),
  { runs: 2000 },
);

test('as it was, the answer to an earlier question overwrites the later one', async () => {
  const scenario = typing((search, show) => new Autocomplete(search, show));
  const failure = await check(scenario, { runs: 50, folder: false }).catch((error) => error);
  expect((failure as ScheduleFailure).failure.message).toMatch(/heddle.* are shown for "hel"/);
});
