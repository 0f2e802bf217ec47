import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharesOf } from '../../src/campaign/budget.ts';
import { differencesOf, filesOf } from '../../src/campaign/fingerprint.ts';
import { answer, job, parsedAs } from '../../src/campaign/messages.ts';
import { unitsOf } from '../../src/campaign/plan.ts';
import { DistinctSample } from '../../src/campaign/sample.ts';
import { BatchRunner, batchesOf, Rounds } from '../../src/sim/explore/batch.ts';
import { three } from './scenarios.ts';

describe('the units of a search', () => {
  it.each([
    ['random', 12_345],
    ['portfolio', 12_345],
    ['feedback', 100],
  ])('of %s hold its batches, each once and in order', (strategy, runs) => {
    const bundles = [...unitsOf(strategy, runs)].flat();
    expect(bundles.flat()).toEqual([...batchesOf({ strategy, seed: 1 }, runs)]);
  });

  it('of a strategy that learns are its rounds', () => {
    const rounds = new Rounds({ strategy: 'portfolio', seed: 1 }, 20_000);
    for (const unit of unitsOf('portfolio', 20_000)) {
      const round = [...(rounds.next() ?? [])].map(({ firstRun, runs }) => ({ firstRun, runs }));
      expect(unit.flat()).toEqual(round);
    }
    expect(rounds.next()).toBeUndefined();
  });

  it('have no end where only time has', () => {
    const units = unitsOf('random', Number.POSITIVE_INFINITY);
    for (let i = 0; i < 100; i++) expect(units.next().value).toHaveLength(4);
  });
});

describe('the shares of a round', () => {
  const claim = (looked: number, fresh: number, able = 100): Parameters<typeof sharesOf>[0][0] => ({
    ...{ looked, fresh, able },
  });

  it('are one each, at the least, of those that are able', () => {
    expect(sharesOf([claim(9, 0), claim(9, 9), claim(0, 0, 0)], 1)).toEqual([1, 1, 0]);
  });

  it('are greater for what still meets new classes', () => {
    const [old = 0, middle = 0, fresh = 0] = sharesOf(
      [claim(1_000, 0), claim(1_000, 100), claim(1_000, 900)],
      100,
    );
    expect(old).toBe(1);
    expect(middle).toBeGreaterThan(5);
    expect(fresh).toBeGreaterThan(5 * middle);
    expect(old + middle + fresh).toBe(100);
  });

  it('are alike while nothing is known, and no more than somebody is able to', () => {
    expect(sharesOf([claim(0, 0), claim(0, 0)], 8)).toEqual([4, 4]);
    expect(sharesOf([claim(0, 0, 2), claim(0, 0, 3)], 8)).toEqual([2, 3]);
  });
});

describe('a sample of classes', () => {
  const seen = (i: number): number => i * 2_654_435_761;

  it('is all of them while they are few', () => {
    const sample = new DistinctSample();
    for (let i = 0; i < 5_000; i++) expect(sample.add(seen(i % 2_500))).toBe(i < 2_500);
    expect(sample.count).toBe(2_500);
    expect(sample.isExact).toBe(true);
  });

  it('counts what it cannot keep within a few percent, in whichever order it comes', () => {
    const forwards = new DistinctSample();
    const backwards = new DistinctSample();
    const all = 200_000;
    for (let i = 0; i < all; i++) forwards.add(seen(i));
    for (let i = all - 1; i >= 0; i--) backwards.add(seen(i));
    expect(forwards.isExact).toBe(false);
    expect(Math.abs(forwards.count / all - 1)).toBeLessThan(0.05);
    const sorted = ({ data }: DistinctSample): number[] => [...data.kept].sort((a, b) => a - b);
    expect(sorted(backwards)).toEqual(sorted(forwards));
    expect(new DistinctSample(forwards.data).count).toBe(forwards.count);
  });
});

describe('what comes from elsewhere', () => {
  const batch = new BatchRunner(
    three,
    { strategy: 'portfolio', seed: 1 },
    { firstRun: 1, runs: 50 },
  ).more(50);
  const good = { by: 'm', result: { kind: 'batches', batches: [batch] } };

  it('is what was sent', () => {
    expect(parsedAs(answer(), JSON.stringify(good), 'it')).toEqual(good);
    expect(batch.failures.length).toBeGreaterThan(0);
  });

  it.each([
    ['runs', -1],
    ['runs', 1e9],
    ['classes', [0.5]],
    ['alike', { random: 'many' }],
    ['failures', [{ run: 1 }]],
    ['learned', { pairs: [], parents: ['x'] }],
  ])('is refused where %s is %j, and says so', (field, value) => {
    const bad = { by: 'm', result: { kind: 'batches', batches: [{ ...batch, [field]: value }] } };
    const where = new RegExp(`an answer is damaged.*result\\.batches\\.0\\.${field}`);
    expect(() => parsedAs(answer(), JSON.stringify(bad), 'an answer')).toThrow(where);
  });

  it('is refused where it is no JSON, or longer than anything', () => {
    expect(() => parsedAs(answer(), '{', 'an answer')).toThrow(/an answer is damaged/);
    expect(() => parsedAs(answer(), '   ', 'an answer', 2)).toThrow(/has 3 characters/);
  });

  it('names no more runs than a worker makes at once', () => {
    const any = { key: 'k', scenario: 0, kind: 'batches', strategy: 'pos', seed: 1 };
    const more = { ...any, endsAtFailure: false, known: null };
    const asked = (runs: number): string =>
      JSON.stringify({ ...more, ranges: [{ firstRun: 1, runs }] });
    expect(parsedAs(job(), asked(1_000), 'a job')).toMatchObject({ strategy: 'pos' });
    expect(() => parsedAs(job(), asked(1e12), 'a job')).toThrow(/ranges\.0\.runs/);
  });
});

describe('the code of a campaign', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-code-'));
  const write = (path: string, text: string): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const before = process.cwd();

  beforeAll(() => {
    write('package.json', '{}');
    write(
      'test/a.sim.ts',
      "import { b } from '../src/b.js';\nimport 'pkg';\nimport 'other';\nnodeProgram('./prog.mjs');",
    );
    write('src/b.ts', "export const b = require('./c');");
    write('src/c/index.js', '');
    write('src/d.ts', '');
    write('prog.mjs', "readFileSync('data.json')");
    write('data.json', '{}');
    write('packages/pkg/package.json', '{ "main": "main.js" }');
    write('packages/pkg/main.js', "require('./more.js')");
    write('packages/pkg/more.js', '');
    write('node_modules/other/index.js', '');
    symlinkSync('../packages/pkg', join(folder, 'node_modules/pkg'));
    process.chdir(folder);
  });
  afterAll(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });

  it('is all files that a scenario leads to, and none that it does not', () => {
    const files = filesOf(['test/a.sim.ts']).map((path) => relative('', path));
    expect(files).toEqual([
      ...['data.json', 'packages/pkg/main.js', 'packages/pkg/more.js', 'prog.mjs', 'src/b.ts'],
      ...['src/c/index.js', 'test/a.sim.ts'],
    ]);
  });

  it('is held against another part by part', () => {
    const its = { heddle: '1.0.0', node: '20', 'file a.ts': 'x', 'file b.ts': 'y' };
    expect(differencesOf(its, its)).toEqual([]);
    expect(differencesOf(its, { ...its, node: '22', 'file a.ts': 'z' })).toEqual([
      'node: 20 there, 22 here',
      'file a.ts differs',
    ]);
    expect(differencesOf(its, { heddle: '1.0.0', node: '20', 'file c.ts': 'x' })).toEqual([
      ...['file a.ts is not here', 'file b.ts is not here', 'file c.ts is only here'],
    ]);
  });
});
