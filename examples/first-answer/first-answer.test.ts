// In a project of one's own, heddle is imported from 'heddle', 'heddle/sync' and 'heddle/vitest'.
import { check, ScheduleFailure } from 'heddle';
import { expect, test } from 'vitest';
import { twoSources } from './scenario.ts';

test('a source that answers too late waits for ever', async () => {
  const failed = check(twoSources(0), { folder: false });
  await expect(failed).rejects.toThrow(ScheduleFailure);
  await expect(failed).rejects.toThrow('nobody receives from answers');
});

test('with room for all answers nobody waits', async () => {
  await check(twoSources(2), { folder: false });
});
