import { check, type ScheduleFailure } from 'heddle';
import { fuzz } from 'heddle/vitest';
import { expect, test } from 'vitest';
import { work, workOnce } from './queue.ts';
import { mails } from './scenario.ts';

fuzz(mails(workOnce), { runs: 2000 });

test('as it was, a mail is sent twice', async () => {
  const options = { runs: 50, folder: false } as const;
  const failure = await check(mails(work), options).catch((error: unknown) => error);
  expect((failure as ScheduleFailure).failure.message).toMatch(/'to ann', 'to ann'/);
});
