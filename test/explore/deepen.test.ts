// What the environment asks of tests besides what they say themselves.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { check, type Scenario, scenario } from '../../src/index.ts';
import { deepened } from '../../src/sim/explore/deepen.ts';
import { ScheduleFailure } from '../../src/sim/explore/reporting.ts';

const quiet = { folder: false, strategy: 'random' } as const;

afterEach(() => vi.unstubAllEnvs());

/** One number of so many breaks it. */
const unlucky = (n: number): Scenario =>
  scenario('luck', (world) => {
    const luck = world.draw('luck', n);
    world.process('p').spawn('a', function* (sys) {
      yield* sys.getpid();
    });
    world.finally('it is not the one', () => luck !== n - 1);
  });

describe('the environment', () => {
  it.each([
    [{ runs: 2_000, seed: 3 }, {}, { runs: 2_000, seed: 3 }],
    [{}, { HEDDLE_RUNS: '50,000' }, { runs: 50_000 }],
    // It deepens: who asks for more than it has it.
    [{ runs: 2_000 }, { HEDDLE_RUNS: '50' }, { runs: 2_000 }],
    [{ timeMs: 5_000 }, { HEDDLE_TIME: '2s' }, { timeMs: 5_000 }],
    // A bound of another kind would end what is asked for.
    [{ runs: 2_000 }, { HEDDLE_TIME: '60s' }, { timeMs: 60_000 }],
    [{ timeMs: 5_000 }, { HEDDLE_RUNS: '9' }, { runs: 9 }],
    [{ runs: 7 }, { HEDDLE_RUNS: '9', HEDDLE_TIME: '1m' }, { runs: 9, timeMs: 60_000 }],
    [{ seed: 3 }, { HEDDLE_SEED: '20261130' }, { seed: 20_261_130 }],
    [{}, { HEDDLE_SHARD: '3/10' }, { shard: { index: 3, of: 10 } }],
    [{ seed: 3 }, { HEDDLE_RUNS: '', HEDDLE_SHARD: '', HEDDLE_SEED: '' }, { seed: 3 }],
  ])('of a test that says %j, %j makes %j', (given, environment, expected) => {
    expect(deepened(given, environment)).toEqual(expected);
  });

  it.each([
    ['HEDDLE_RUNS', '0'],
    ['HEDDLE_TIME', 'a while'],
    ['HEDDLE_SEED', '-1'],
    ['HEDDLE_SHARD', '4/3'],
    ['HEDDLE_SHARD', '\u001b[31m'],
  ])('is refused where %s=%j says nothing', async (name, value) => {
    vi.stubEnv(name, value);
    const error = await check(unlucky(2), quiet).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(/^HEDDLE_\w+=.+ says nothing: it must be .+ or unset it$/),
    });
    expect(String(error)).not.toContain('\u001b');
  });

  it('reaches check: more runs, by another seed, of a part', async () => {
    const held = await check(unlucky(1_000_000), { ...quiet, runs: 10 });
    expect(held.runs).toBe(10);
    vi.stubEnv('HEDDLE_RUNS', '250');
    expect((await check(unlucky(1_000_000), { ...quiet, runs: 10 })).runs).toBe(250);
    const notes: string[] = [];
    let made = 0;
    for (const shard of ['1/4', '2/4', '3/4', '4/4']) {
      vi.stubEnv('HEDDLE_SHARD', shard);
      const note = (text: string) => void notes.push(text);
      made += (await check(unlucky(1_000_000), { ...quiet, note })).runs;
    }
    expect(made).toBe(250);
    expect(notes).toEqual([expect.stringMatching(/^none of the runs of luck is of shard \d\/4$/)]);
  });

  it('is told with what was found', async () => {
    vi.stubEnv('HEDDLE_SEED', '20261130');
    vi.stubEnv('HEDDLE_RUNS', '5000');
    const error = await check(unlucky(200), { ...quiet, seed: 1, runs: 1 }).catch((e) => e);
    expect(error).toBeInstanceOf(ScheduleFailure);
    expect((error as ScheduleFailure).found).toMatch(/of 5,000 by random, seed 20261130$/);
  });
});
