import { check, type ScheduleFailure } from 'heddle';
import { fuzz } from 'heddle/vitest';
import { expect, test } from 'vitest';
import { twoAnnas } from './scenario.ts';

// Simulated, under many schedules; then once on Node's sockets, and once on Linux's where they can
// be reached.
fuzz(twoAnnas(true), { runs: 2000, real: ['node', 'linux'] });

test('as it was, two guests get one name', async () => {
  const options = { runs: 2000, folder: false } as const;
  const failure = await check(twoAnnas(false), options).catch((error: unknown) => error);
  const { message, failure: parts } = failure as ScheduleFailure;
  expect(parts.law).toBe('a name belongs to one guest');
  expect(message).toContain('are both anna');
  // One guest moves while the other is about to be welcomed.
  expect(message).toMatch(/◆[^\n]*guest#\d[^\n]*\(guest#\d could move\)/);
});
