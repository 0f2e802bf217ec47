import { describe, expect, it } from 'vitest';
import { Batches } from '../../src/services/postgres/batches.ts';
import { headOf, partsOf, pinned, sleepIn, unpinnedIn } from '../../src/services/postgres/sql.ts';
import { durationMs } from '../../src/services/postgres/timeouts.ts';
import { Messages, message, startup } from '../../src/services/postgres/wire.ts';

describe('SQL', () => {
  it('is cut into parts that are together the text', () => {
    const sql = `SELECT 'it''s', E'\\'', "a""b", $1 -- end
      /* a /* nested */ one */ , $tag$ $1 'x' $tag$, $$b$$, a$b$c FROM t`;
    const parts = partsOf(sql);
    expect(parts.map(({ text }) => text).join('')).toBe(sql);
    const texts = (is: string) => parts.filter((part) => part.is === is).map(({ text }) => text);
    expect(texts('quoted')).toEqual(["'it''s'", "E'\\''", '"a""b"']);
    expect(texts('comment')).toEqual(['-- end', '/* a /* nested */ one */']);
    expect(texts('body')).toEqual(["$tag$ $1 'x' $tag$", '$$b$$']);
  });

  it.each([
    ['SELECT CURRENT_TIMESTAMP', 'SELECT pg_catalog."current_timestamp"()'],
    ['SELECT current_time (3)', 'SELECT pg_catalog."current_time" (3)'],
    [`SELECT 'current_date', "current_date", t.current_date`, ''],
    ['SELECT current_dates -- current_date', ''],
    ['AS $$ SELECT localtime $$', 'AS $$ SELECT pg_catalog."localtime"() $$'],
    ['SET LOCAL lock_timeout = 5', 'SET LOCAL heddle.lock_timeout = 5'],
    ["set_config('lock_timeout', '5', true)", "set_config('heddle.lock_timeout', '5', true)"],
    ["UPDATE t SET what = 'lock_timeout'", ''],
  ])('%s: clocks and times are the run’s', (sql, expected) => {
    expect(pinned(sql)).toBe(expected === '' ? sql : expected);
  });

  it('says what of it nobody controls', () => {
    expect(unpinnedIn("SELECT timestamptz 'now', xmin FROM t")).toHaveLength(2);
    expect(unpinnedIn("SELECT now(), '2024-01-01' -- 'now' xmin")).toEqual([]);
  });

  it('says what it does, and how long it sleeps', () => {
    expect(headOf('update only accounts set x = 1')).toBe('UPDATE accounts');
    expect(headOf('SELECT a, b FROM s."T" WHERE x')).toBe('SELECT s."T"');
    expect(headOf('COMMIT')).toBe('COMMIT');
    expect(sleepIn('SELECT pg_sleep(1.5), pg_sleep( 2 )')).toBe(3.5);
  });

  it.each([
    ['5s', 5_000],
    ['250', 250],
    ['2min', 120_000],
    ['0', 0],
    ['1500us', 2],
  ])('a setting of %s is %d ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });
});

describe('messages', () => {
  it('are put together out of any pieces', () => {
    const bytes = Buffer.concat([startup({ user: 'a' }), message('Q', 'SELECT 1'), message('X')]);
    for (let size = 1; size <= bytes.length; size++) {
      const messages = new Messages('untyped');
      const types: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        messages.push(bytes.subarray(at, at + size));
        for (let next = messages.take(); next !== undefined; next = messages.take()) {
          types.push(next.type);
        }
      }
      expect(types).toEqual(['', 'Q', 'X']);
    }
  });

  it('of a length that none has are refused', () => {
    const messages = new Messages('typed');
    messages.push(Buffer.from([0x51, 0, 0, 0, 3]));
    expect(() => messages.take()).toThrow(RangeError);
  });
});

describe('what is handed over at once', () => {
  const batchesOf = (batches: Batches, ...sent: readonly Buffer[]) => {
    const messages = new Messages('typed');
    messages.push(Buffer.concat(sent));
    const found = [];
    for (let next = messages.take(); next !== undefined; next = messages.take()) {
      const batch = batches.add(next);
      if (batch !== undefined) found.push(batch);
    }
    return found;
  };
  const parse = message('P', 's', 'SELECT CURRENT_DATE', 0);
  const bind = message('B', '', 's', 0, 0, 0);

  it('ends in a Sync, names its statements as they were written, and asks the run’s clock', () => {
    const [batch, ...others] = batchesOf(new Batches(), parse, bind, message('S'));
    expect(others).toEqual([]);
    expect(batch).toMatchObject({ readies: 1, replies: 0, isExtended: true });
    expect(batch?.statements).toEqual(['SELECT CURRENT_DATE']);
    expect(Buffer.from(batch?.bytes[0] as Uint8Array).toString()).toContain('"current_date"()');
  });

  it('waits for one reply a message where it ends in a Flush', () => {
    const found = batchesOf(new Batches(), parse, bind, message('H'));
    expect(found).toMatchObject([{ readies: 0, replies: 2 }]);
  });

  it('is all rows of a COPY, and a Sync in the midst of them is none', () => {
    const batches = new Batches();
    batches.copying = 'simple';
    const found = batchesOf(batches, message('d', 'row'), message('S'), message('c'));
    expect(found).toMatchObject([{ readies: 0, isExtended: false }]);
    expect(found[0]?.bytes).toHaveLength(2);
  });
});
