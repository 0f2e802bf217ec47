// What is not there is told before the first run, with what to do.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgres, redis } from 'heddle';
import { afterEach, expect, it } from 'vitest';
import { postgresFolder } from '../../src/services/postgres/binaries.ts';

const { PATH } = process.env;
afterEach(() => {
  process.env['PATH'] = PATH;
});

it('no redis-server on PATH', () => {
  process.env['PATH'] = '';
  expect(() => redis()).toThrow(
    /redis-server\), which is not on PATH.*apt-get install redis-server/,
  );
});

it('no PostgreSQL, neither on PATH nor where Debian puts it', () => {
  process.env['PATH'] = '';
  const empty = mkdtempSync(join(tmpdir(), 'heddle-'));
  for (const debian of [empty, join(empty, 'none')]) {
    expect(() => postgresFolder(debian)).toThrow(/initdb, psql.*apt-get install postgresql,/);
  }
});

it('no such schema', () => {
  expect(() => postgres({ schema: './no.sql' })).toThrow(
    `there is no schema ${join(import.meta.dirname, 'no.sql')}`,
  );
});
