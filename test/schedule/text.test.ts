import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatSchedule,
  parseSchedule,
  ScheduleError,
  scenarioHash,
} from '../../src/sim/schedule/text.ts';

const decisions = fc.array(
  fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(300), fc.nat(2 ** 31 - 1)),
);
const text = fc.tuple(fc.string(), decisions).map(([name, list]) => formatSchedule(name, list));

const withoutTail = (list: readonly number[]): number[] => {
  let end = list.length;
  while (end > 0 && list[end - 1] === 0) end--;
  return list.slice(0, end);
};

describe('a schedule as text', () => {
  it('comes back with what its decisions are about, if that is said', () => {
    fc.assert(
      fc.property(fc.string(), decisions, fc.nat(0xffff), (name, list, fit) => {
        const parsed = parseSchedule(formatSchedule(name, list, fit));
        expect(parsed).toEqual({ ...parseSchedule(formatSchedule(name, list)), fit });
      }),
    );
  });

  it('means the same decisions, but for calm ones at the end', () => {
    fc.assert(
      fc.property(fc.string(), decisions, (name, list) => {
        const parsed = parseSchedule(formatSchedule(name, list));
        expect(parsed.decisions).toEqual(withoutTail(list));
        expect(parsed.scenario).toBe(scenarioHash(name));
      }),
    );
  });

  it('has one text for one schedule', () => {
    fc.assert(
      fc.property(fc.string(), decisions, fc.nat(5), (name, list, calm) => {
        const longer = [...list, ...new Array<number>(calm).fill(0)];
        expect(formatSchedule(name, longer)).toBe(formatSchedule(name, list));
      }),
    );
  });

  it('can be pasted: one word of letters, digits, - and _', () => {
    fc.assert(
      fc.property(text, (line) => {
        expect(line).toMatch(/^h1:[A-Za-z0-9_-]+$/);
      }),
    );
  });

  it('is refused, not misread, when one character was changed', () => {
    let misread = 0;
    let tried = 0;
    fc.assert(
      fc.property(text, fc.nat(), fc.constantFrom(...'ABCXYZabcxyz019-_'), (line, place, char) => {
        const at = 3 + (place % (line.length - 3));
        if (line[at] === char) return;
        tried++;
        try {
          parseSchedule(line.slice(0, at) + char + line.slice(at + 1));
          misread++;
        } catch (error) {
          expect(error).toBeInstanceOf(ScheduleError);
        }
      }),
      { numRuns: 2_000, seed: 1 },
    );
    // 16 bits of check; the last character may also differ only in bits that base64url ignores.
    expect(misread / tried).toBeLessThan(0.05);
  });

  it.each([
    ['', /should begin with "h1:"/],
    ['hello', /should begin with "h1:"/],
    ['h2:AAAA', /format h2 is not known/],
    ['h1:AA AA', /" " at character 6 cannot stand/],
    ['h1:', /damaged/],
    ['h1:AAAA', /damaged/],
  ])('%j is refused with a message that says why', (line, message) => {
    expect(() => parseSchedule(line)).toThrow(ScheduleError);
    expect(() => parseSchedule(line)).toThrow(message);
  });

  it('that was cut short is refused', () => {
    const whole = formatSchedule('echo', [0, 3, 0, 0, 500, 1]);
    for (let length = 4; length < whole.length; length++) {
      expect(() => parseSchedule(whole.slice(0, length))).toThrow(ScheduleError);
    }
  });
});
