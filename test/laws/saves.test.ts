import { describe, expect, it } from 'vitest';
import {
  atomicReplaceLaw,
  durableLaw,
  LAW_ATOMIC_REPLACE,
  LAW_DURABLE,
  SaveHistory,
} from '../../src/laws.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { O_CREAT, O_RDWR } from '../../src/sys/index.ts';
import { losesPower } from '../disk/power.ts';
import { bytes, text } from '../kernel/harness.ts';

/** What a law says of a file that holds this when its host crashes. */
function said(
  saves: SaveHistory,
  file: string | undefined,
  keeps: 'last' | 'all' = 'last',
): string | undefined {
  const world = scenario('a crash', (built) => {
    const db = built.host('db');
    db.process('db').spawn('db', function* program(sys) {
      if (file === undefined) return;
      yield* sys.write(yield* sys.open('/a', O_RDWR | O_CREAT), bytes(file));
    });
    losesPower(built, db);
    const found = (): string[] =>
      text(db.readFile('/a') ?? bytes(''))
        .split(' ')
        .filter(Boolean);
    if (keeps === 'last') atomicReplaceLaw(built, db, { path: '/a', saves });
    durableLaw(built, db, { saves, found, keeps });
  });
  const { failure } = new Run(world, { strategy: new Calm() }).execute();
  return failure && `${failure.law}: ${failure.message}`;
}

/** One after the other; those with a dash were not told. */
function saved(...values: readonly string[]): SaveHistory {
  const saves = new SaveHistory();
  for (const value of values) {
    const told = saves.begin(value.replace('-', ''));
    if (!value.endsWith('-')) told();
  }
  return saves;
}

describe('what was said to be saved is there after a crash', () => {
  it('where the last takes the place of those before it', () => {
    expect(said(saved('a', 'b'), 'b')).toBeUndefined();
    expect(said(saved('a', 'b'), 'a')).toBe(
      `${LAW_DURABLE}: "b" was said to be saved, and there is "a"`,
    );
    expect(said(saved('a', 'b-'), 'a')).toBeUndefined();
    expect(said(saved('a', 'b-'), 'b')).toBeUndefined();
    expect(said(saved('a-', 'b'), 'a')).toBeUndefined();
    expect(said(saved('a'), undefined)).toBe(
      `${LAW_DURABLE}: "a" was said to be saved, and there is nothing`,
    );
    expect(said(saved('a-'), undefined)).toBeUndefined();
    const saves = new SaveHistory();
    const told = saves.begin('a');
    saves.begin('b')();
    told();
    expect(said(saves, 'a')).toBeUndefined();
    expect(said(saves, 'b')).toBeUndefined();
  });

  it('where all are kept', () => {
    expect(said(saved('a', 'b', 'c-'), 'a b', 'all')).toBeUndefined();
    expect(said(saved('a', 'b', 'c-'), 'a b c', 'all')).toBeUndefined();
    expect(said(saved('a', 'b'), 'b', 'all')).toBe(
      `${LAW_DURABLE}: "a" was said to be saved, and there is "b"`,
    );
    expect(said(saved('a'), 'a x', 'all')).toBe(
      `${LAW_DURABLE}: there is "x", which nobody has saved`,
    );
  });
});

it('a file that is replaced is the old one or the new one', () => {
  expect(said(saved('a', 'b-'), 'a')).toBeUndefined();
  expect(said(saved('aa'), 'a')).toBe(`${LAW_ATOMIC_REPLACE}: /a holds "a"`);
  expect(said(saved('aa-'), '')).toBe(`${LAW_ATOMIC_REPLACE}: /a holds ""`);
});
