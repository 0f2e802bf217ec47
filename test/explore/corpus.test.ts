// What a search has learned is there for the next one, and for others.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { check } from '../../src/index.ts';
import {
  type Batch,
  batchesHere,
  dealOf,
  type FuzzPlan,
  wholeBatches,
} from '../../src/sim/explore/batch.ts';
import { Corpus } from '../../src/sim/explore/corpus.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-corpus-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Three write and read two cells; and one number of a hundred fails. */
const cells = (wanted: number): Scenario =>
  scenario('three and two cells', (world) => {
    const [one, two] = [world.cell('one', 0), world.cell('two', 0)];
    const luck = world.draw('luck', 100);
    for (const n of [1, 2, 3]) {
      world.process('p').spawn(`task ${n}`, function* (sys) {
        yield* sys.store(one, (yield* sys.load(two)) + n);
        yield* sys.store(two, (yield* sys.load(one)) * 2);
      });
    }
    world.finally('not that', () => luck !== wanted);
  });

const read = (at: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(at, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => [name, readFileSync(join(parentPath, name), 'utf8')]),
  );

const search = (at: string, seed: number, strategy = 'feedback', notes: string[] = []) =>
  check(cells(-1), {
    ...{ folder: false, runs: 600, corpus: at, seed, strategy },
    note: (text) => void notes.push(text),
  });

const opened = (at: string, notes: string[] = []): Promise<Corpus> =>
  inMacrotask(() => new Corpus(at, cells(-1), (text) => void notes.push(text)));

describe('a corpus', () => {
  it('is what has shown something new, and grows by nothing else', async () => {
    await search(folder, 1);
    const first = read(folder);
    expect(Object.keys(first).length).toBeGreaterThan(1);
    for (const text of Object.values(first)) expect(text).toMatch(/^h1:[\w-]+\n$/);
    const { known } = await opened(folder);
    // In another order some of them show nothing new.
    expect(known.parents.length).toBeGreaterThan(1);
    expect(known.parents.length).toBeLessThanOrEqual(Object.keys(first).length);
    // A run with another number shows nothing new.
    const others = known.parents.map(([luck = 0, ...rest]) => [luck + 1, ...rest]);
    const corpus = await opened(folder);
    await inMacrotask(() => corpus.grow(others));
    expect(read(folder)).toEqual(first);
    for (const seed of [2, 3]) await search(folder, seed);
    const later = read(folder);
    expect(later).toMatchObject(first);
    const all = await opened(folder);
    expect(all.known.pairs.length).toBeGreaterThanOrEqual(known.pairs.length);
    // Who begins with it learns what is in it no second time.
    await search(folder, 1);
    await search(folder, 1);
    const last = read(folder);
    await search(folder, 1);
    expect(read(folder)).toEqual(last);
  });

  it('is the same wherever its files come from, and whatever order they came in', async () => {
    const [one, other, both] = ['one', 'other', 'both'].map((name) => join(folder, name));
    await search(one as string, 1);
    await search(other as string, 2);
    for (const from of [one, other]) cpSync(from as string, both as string, { recursive: true });
    const there = await opened(both as string);
    rmSync(both as string, { recursive: true });
    for (const from of [other, one]) cpSync(from as string, both as string, { recursive: true });
    expect((await opened(both as string)).known).toEqual(there.known);
  });

  it('is what a search begins with, and begins again with, in all its shards', async () => {
    await search(folder, 1);
    const { known } = await opened(folder);
    const made = async (plan: FuzzPlan): Promise<Batch[]> => {
      const batches: Batch[] = [];
      const source = wholeBatches(batchesHere(cells(-1), plan, 13_800));
      for await (const batch of source) batches.push(batch);
      return batches;
    };
    const plan = { strategy: 'feedback', seed: 7, known };
    const one = await made(plan);
    const shards: Batch[][] = [];
    for (const index of [1, 2]) {
      shards.push(await made({ ...plan, deal: dealOf(cells(-1), { index, of: 2 }) }));
    }
    expect(shards.flat().sort((a, b) => a.firstRun - b.firstRun)).toEqual(one);
    expect(shards.map(({ length }) => length).sort((a, b) => a - b)).toEqual([1, 17]);
    // What is known is not learned again: neither at first, nor where the search begins again.
    const again = [one[0], one.at(-1)].flatMap((batch) => batch?.learned?.pairs ?? []);
    expect(again.filter((pair) => known.pairs.includes(pair))).toEqual([]);
    const without = await made({ ...plan, known: undefined });
    expect(without[0]?.learned?.pairs.length).toBeGreaterThan(0);
  });

  it('passes over what is damaged or of another, and is left alone by who learns nothing', async () => {
    await search(folder, 1);
    const [place = ''] = readdirSync(folder);
    const notes: string[] = [];
    writeFileSync(join(folder, place, '0.schedule'), 'h1:AAAA');
    writeFileSync(join(folder, place, '1.schedule'), '\u001b[31m');
    writeFileSync(join(folder, place, 'README'), 'mine');
    const before = read(folder);
    await search(folder, 1, 'portfolio', notes);
    expect(notes).toHaveLength(2);
    for (const note of notes) expect(note).toMatch(/[01]\.schedule is passed over: this /);
    const untold: string[] = [];
    await search(join(folder, 'none'), 1, 'random', untold);
    expect(untold).toEqual([
      expect.stringMatching(/^random does not learn, so .*none is left alone/),
    ]);
    expect(read(folder)).toMatchObject(before);
    expect(readdirSync(folder)).toEqual([place]);
  });

  it('is written where a search fails, too', async () => {
    const options = { folder: false, corpus: folder, runs: 2_000, strategy: 'feedback' } as const;
    const failing = check(cells(6), options);
    await expect(failing).rejects.toThrow('not that');
    expect(Object.keys(read(folder)).length).toBeGreaterThan(0);
  });
});
