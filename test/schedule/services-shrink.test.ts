// Failures of code over services are shrunk to the fewest decisions with which there are any.
import { expect, it } from 'vitest';
import { attempt } from '../../src/sim/explore/attempt.ts';
import { tryFewest } from '../../src/sim/explore/fewest.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { shrink } from '../../src/sim/explore/shrink.ts';
import { type Realm, realm } from '../../src/sim/schedule/realm.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';

/** Two orders of a shop of three services: six calls. */
async function sell(world: Realm): Promise<{ readonly paid: string[]; readonly sent: string[] }> {
  const [paid, sent]: string[][] = [[], []];
  let left = 2;
  const stock = world.service('stock', { take: async () => left-- > 0 });
  const bank = world.service('bank', { pay: async (who: string) => paid?.push(who) });
  const post = world.service('post', { send: async (who: string) => sent?.push(who) });
  const order = async (who: string): Promise<void> => {
    if (!(await stock.take())) throw new Error('sold out');
    await bank.pay(who);
    await post.send(who);
  };
  await Promise.all([order('ann'), order('bob')]);
  return { paid: paid as string[], sent: sent as string[] };
}

it.each([
  ['bob pays first', 1, ({ paid }) => paid[0] === 'bob'],
  [
    'bob pays first, and ann is sent first',
    2,
    ({ paid, sent }) => paid[0] === 'bob' && sent[0] === 'ann',
  ],
] as const satisfies [string, number, (sold: Awaited<ReturnType<typeof sell>>) => boolean][])(
  'three services and six calls: %s, by %d decisions',
  async (_, fewest, fails) => {
    const each = realm('a shop', async (world) => {
      if (fails(await sell(world))) throw new Error('not in their order');
    });
    await inMacrotask(() => {
      for (let seed = 1; seed <= 10; seed++) {
        const { found } = fuzz(each, { runs: 1000, seed });
        if (found === undefined) expect.fail(`seed ${seed} finds nothing`);
        const { decisions } = shrink(each, found);
        expect(decisions.filter((choice) => choice > 0)).toHaveLength(fewest);
      }
      const fewer = tryFewest(fewest - 1, (candidate) => {
        return attempt(each, candidate)?.failure !== undefined;
      });
      expect(fewer).toBe(false);
    });
  },
);
