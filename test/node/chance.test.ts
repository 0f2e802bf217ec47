import { describe, expect, it } from 'vitest';
import { hostsScenario } from '../../src/node/hosts.ts';
import { parseHosts } from '../../src/node/hosts-text.ts';
import { attempt } from '../../src/sim/explore/attempt.ts';
import { check } from '../../src/sim/explore/check.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { ScheduleFailure } from '../../src/sim/explore/reporting.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { Dpor } from '../../src/sim/schedule/strategies/dpor.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import { program } from './run.ts';

describe('the random numbers of programs', () => {
  it('differ from run to run: messages that are saved for a while overtake each other', () => {
    const hosts = `server=${program('chat-server.mjs')},client=${program('chat-client.mjs')}`;
    const chat = hostsScenario({ hosts: parseHosts(hosts) });
    for (const seed of [1, 2]) expect(fuzz(chat, { runs: 20, seed }).found).toBeDefined();
  }, 300_000);

  const draws = (told: (number: number) => void) =>
    scenario('draws', (world) => {
      world.process('p').spawn('main', async (sys) => {
        await sys.gettid();
        told(Math.random());
      });
    });

  it('are those of the run and its seed, and of no other', async () => {
    const seen = async (seed: number): Promise<number[]> => {
      const numbers: number[] = [];
      const world = draws((number) => numbers.push(number));
      // The portfolio's systematic members would all make the calm run.
      await inMacrotask(() => fuzz(world, { runs: 20, seed, strategy: new RandomWalk(seed, 1) }));
      return numbers;
    };
    const one = await seen(1);
    expect(new Set(one).size).toBe(20);
    expect(await seen(1)).toEqual(one);
    expect(await seen(2)).not.toEqual(one);
  });

  it('are the usual ones in systematic search, and in what shrinks to them', async () => {
    const numbers: number[] = [];
    const dpor = new Dpor();
    const world = draws((number) => numbers.push(number));
    await inMacrotask(() => {
      while (attempt(world, dpor) !== undefined);
    });
    const [usual] = numbers;
    expect(numbers).toHaveLength(1);
    const [first, drawn] = await Promise.all(
      [(): boolean => true, (number: number): boolean => number !== usual].map((fails) =>
        check(
          draws((number) => {
            if (fails(number)) throw new Error('unlucky');
          }),
          { folder: false },
        ).catch((error) => error),
      ),
    );
    expect(first).toBeInstanceOf(ScheduleFailure);
    expect(first.message).not.toContain('random numbers');
    expect(drawn.message).toMatch(/given +random numbers of all async tasks = stream \d+/);
  });
});
