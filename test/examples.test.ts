import { describe, expect, it } from 'vitest';
import { echo } from '../examples/first/echo.ts';
import { check, ScheduleFailure } from '../src/index.ts';

describe('examples/first', () => {
  it('fails, with a report that can be pinned', async () => {
    const failure = await check(echo, { runs: 2000, folder: false }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ScheduleFailure);
    const { message, schedule } = failure as ScheduleFailure;
    expect(message).toContain('law        the client gets its bytes back');
    expect(message).toMatch(/[1-3] of them not calm/);
    expect(message).toContain(`pin        check(…, { replay: '${schedule}' })`);
    const again = await check(echo, { replay: schedule }).catch((error: unknown) => error);
    expect((again as ScheduleFailure).failure.signature).toBe(
      (failure as ScheduleFailure).failure.signature,
    );
  });
});
