import { describe, expect, it } from 'vitest';
import { check, type ScheduleFailure, scenario } from '../../src/index.ts';
import { printable } from '../../src/sim/trace/printable.ts';

const HOSTILE = '\u001b]0;title\u0007\u009b2J\u202egnp\u2066\r\b\u007f\u200f\u061c\ud800';

describe('what is printed', () => {
  it('holds no character that a terminal obeys', () => {
    expect(printable(HOSTILE)).toBe(
      '\\u001b]0;title\\u0007\\u009b2J\\u202egnp\\u2066\\u000d\\u0008\\u007f\\u200f\\u061c\\ud800',
    );
  });

  it('is as it was where it was harmless', () => {
    const text = 'two lines\n\tÄpfel, 例, 🧵, ✗ ◆ → «»';
    expect(printable(text)).toBe(text);
  });

  it('is the same JSON', () => {
    const value = { [HOSTILE]: HOSTILE, plain: 'ä\n"\\' };
    expect(JSON.parse(printable(JSON.stringify(value)))).toEqual(value);
  });

  it('is a report whose names and messages are hostile', async () => {
    const hostile = scenario(`its ${HOSTILE}`, (world) => {
      world.process(HOSTILE).spawn(`task ${HOSTILE}`, function* (sys) {
        yield* sys.write(1, new TextEncoder().encode(HOSTILE));
        throw new Error(`it got ${HOSTILE}`);
      });
    });
    const failure = (await check(hostile, { runs: 5, folder: false }).catch(
      (error) => error,
    )) as ScheduleFailure;
    expect(failure.message).toContain('it got \\u001b]0;title\\u0007');
    expect(failure.message).toBe(printable(failure.message));
  });
});
