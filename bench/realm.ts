import fc from 'fast-check';
import { type Realm, realm } from '../src/sim/schedule/realm.ts';
import { inMacrotask, runSync } from '../src/sim/schedule/runtime/execute.ts';
import { RandomWalk } from '../src/sim/schedule/strategies/random-walk.ts';
import { type Benchmark, type Line, text } from './measure.ts';

const ROUNDS = 15;
const RUNS = 200;

/** Makes choice points of the calls of an object's methods. */
type Wrap = <T extends object>(name: string, target: T) => T;

/** Two orders at once, of a shop of three services: six calls. */
async function sell(wrap: Wrap): Promise<void> {
  let left = 2;
  const paid: string[] = [];
  const sent: string[] = [];
  const stock = wrap('stock', { take: async () => left-- > 0 });
  const bank = wrap('bank', { pay: async (who: string) => paid.push(who) });
  const post = wrap('post', { send: async (who: string) => sent.push(who) });
  const order = async (who: string): Promise<void> => {
    if (!(await stock.take())) throw new Error('sold out');
    await bank.pay(who);
    await post.send(who);
  };
  await Promise.all([order('ann'), order('bob')]);
  if (sent.length !== 2) throw new Error('not sent');
}

async function withFastCheck(): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const wrap: Wrap = (_name, target) => {
        const entries = Object.entries(target) as [string, (...args: unknown[]) => unknown][];
        return Object.fromEntries(
          entries.map(([name, method]) => [
            name,
            scheduler.scheduleFunction(method as (...args: unknown[]) => Promise<unknown>),
          ]),
        ) as typeof target;
      };
      const sold = sell(wrap);
      await scheduler.waitFor(sold);
    }),
    { numRuns: RUNS },
  );
}

const benchmark: Benchmark = {
  about:
    "Runs a second of an async function that makes six calls of three services, against the same function under fast-check's fc.scheduler().",
  run: async () => {
    const strategy = new RandomWalk(1);
    const body = (world: Realm): Promise<void> =>
      sell((name, target) => world.service(name, target));
    const each = realm('two orders', body);
    const arms = [
      withFastCheck,
      () =>
        inMacrotask(() => {
          for (let i = 0; i < RUNS; i++) {
            strategy.begin();
            const { failure } = runSync(each, { strategy });
            if (failure !== undefined) throw new Error(failure.message);
          }
        }),
    ];
    const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = -5; round < ROUNDS; round++) {
      for (const [i, go] of arms.entries()) {
        const began = process.hrtime.bigint();
        await go();
        const ns = Number(process.hrtime.bigint() - began) / RUNS;
        if (round >= 0) best[i] = Math.min(best[i] as number, ns);
      }
    }
    const [check, own] = best as [number, number];
    const lines: Line[] = [
      {
        what: 'runs a second, three services / fast-check',
        ratio: check / own,
        goal: { least: 1 },
        note: `${text(own)} a run / ${text(check)}`,
      },
    ];
    return lines;
  },
};
export default benchmark;
