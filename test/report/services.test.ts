// Reports of async code without any network, word for word: both sides of what ran into each other.
// `npx vitest run test/report/services.test.ts -u` writes them again; read what it wrote.
import { describe, expect, it } from 'vitest';
import { Autocomplete } from '../../examples/autocomplete/autocomplete.ts';
import { typing } from '../../examples/autocomplete/scenario.ts';
import { Cache } from '../../examples/cache/cache.ts';
import { staleValue, stampede } from '../../examples/cache/scenario.ts';
import { work } from '../../examples/job-queue/queue.ts';
import { mails } from '../../examples/job-queue/scenario.ts';
import { check, realm } from '../../src/index.ts';
import { expectGolden, overtakenIn, placeOf, reportOf } from './realm/reports.ts';
import { counter, lock, patience, remembered, shown } from './realm/scenarios.ts';

const cache = 'examples/cache/cache.ts';
const autocomplete = 'examples/autocomplete/autocomplete.ts';
const queue = 'examples/job-queue/queue.ts';

describe('a report of async code names the await that was overtaken, and by what', () => {
  it.each([
    [
      'the cache that keeps what is out of date',
      staleValue((source) => new Cache(source)),
      [cache, 'await this.#source.load'],
      [cache, 'await this.#source.save'],
    ],
    [
      'the cache that stampedes',
      stampede((source) => new Cache(source)),
      [cache, 'await this.#source.load'],
      [cache, 'async get('],
    ],
    [
      'the text field',
      typing((search, show) => new Autocomplete(search, show)),
      [autocomplete, 'await this.#search'],
      [autocomplete, 'await this.#search'],
    ],
    ['the job queue', mails(work), [queue, 'await jobs.claim'], [queue, 'job = await jobs.next()']],
  ] as const)('%s', async (_, scenario, overtaken, by) => {
    const report = await reportOf(scenario);
    const [one, other] = [placeOf(overtaken), placeOf(by)];
    expect(overtakenIn(report)).toMatch(new RegExp(`the await at ${one} .+, by .+ ${other} `));
  });

  it('and names none where each call waits for the one that it has made', async () => {
    const alone = realm('one after the other', async (world) => {
      const store = world.service('store', { read: async () => 1 });
      const twice = async (): Promise<number> => (await store.read()) + (await store.read());
      const all = async (): Promise<number> => (await twice()) + (await twice());
      const sum = all();
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(await sum).toBe(5);
    });
    expect(overtakenIn(await reportOf(alone))).toBe('');
  });

  it('and what only the first run does, as the line that a variable of a module decides', async () => {
    const failed = check(remembered, { folder: false, runs: 5 });
    const { name, message } = await failed.then(
      () => new Error('passes'),
      (error: Error) => error,
    );
    await expectGolden('realm-module-variable', `${name}: ${message}\n`);
  });

  it.each([
    ['realm-counter', counter],
    ['realm-shown', shown],
    ['realm-patience', patience],
    ['realm-lock', lock],
  ] as const)('%s', async (name, scenario) => {
    await expectGolden(name, await reportOf(scenario));
  });
});
