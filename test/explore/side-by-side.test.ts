import { describe, expect, it } from 'vitest';
import { partingOf } from '../../src/sim/trace/parting.ts';
import type { ToldStep } from '../../src/sim/trace/recorder.ts';
import { sideBySide } from '../../src/sim/trace/side-by-side.ts';

/**
 * A letter a step; capitals are syscalls of `a`, small letters of `b`, and a digit behind one is
 * what it gave.
 */
function stepsOf(text: string): ToldStep[] {
  return (text.match(/[a-zA-Z]\d?/g) ?? []).map((step, i) => ({
    step: i + 1,
    timeMs: 0,
    who: step[0] === step[0]?.toUpperCase() ? 'a' : 'b',
    call: 'read',
    did: (step[0] as string).toLowerCase(),
    result: step[1] ?? '',
    where: undefined,
    kind: 'call',
  })) as ToldStep[];
}

const rowText = ({ here, there }: ReturnType<typeof sideBySide>[number]): string =>
  `${here?.did ?? '.'}${there?.did ?? '.'}`;

describe('two runs side by side', () => {
  it.each([
    ['ABC', 'ABC', 'aa bb cc'],
    ['ABC', 'AC', 'aa b. cc'],
    ['AB', 'ABC', 'aa bb .c'],
    ['ABCD', 'ACBD', 'aa b. cc .b dd'],
    ['', 'A', '.a'],
  ])('%s and %s', (here, there, rows) => {
    expect(sideBySide(stepsOf(here), stepsOf(there)).map(rowText).join(' ')).toBe(rows);
  });

  it('keeps all steps of both, in their order, however long they are', () => {
    const here = stepsOf('ABCDEFG'.repeat(200));
    const there = stepsOf('GFEDCBA'.repeat(150));
    const rows = sideBySide(here, there);
    expect(rows.flatMap((row) => row.here ?? [])).toEqual(here);
    expect(rows.flatMap((row) => row.there ?? [])).toEqual(there);
  });
});

describe('where two runs part', () => {
  it('is nowhere if they are the same', () => {
    expect(partingOf(stepsOf('AbC'), stepsOf('AbC'))).toBeUndefined();
  });

  it('is the first step that differs; the effect is the first syscall that gave its task something else', () => {
    const parting = partingOf(stepsOf('AbC1d'), stepsOf('ACb0d'));
    expect(parting).toMatchObject({ step: 2, here: { did: 'b' }, there: { did: 'c' } });
    expect(parting?.effect).toMatchObject({
      here: { result: '' },
      there: { did: 'b', result: '0' },
    });
  });

  it('is where one of them had ended', () => {
    expect(partingOf(stepsOf('Ab'), stepsOf('A'))).toMatchObject({ step: 2, there: undefined });
  });
});
