import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hostsScenario } from '../../src/node/hosts.ts';
import { parseHosts } from '../../src/node/hosts-text.ts';
import { attempt, replay } from '../../src/sim/explore/attempt.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import { line, type Part, Tally } from './part.ts';

const SHOP = join(import.meta.dirname, '../../examples/shop');
const openHere = (): number | undefined => {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
};

/** Two unmodified Node programs over http, each run twice; descriptors do not grow in number. */
export const nodePrograms: Part = {
  name: 'runs of Node programs, twice',
  share: 20,
  goal: 2_000,
  pieces: 4,
  async run({ random, isOver, trying }) {
    const hosts = parseHosts(`server=${SHOP}/server.mjs,client=${SHOP}/client.mjs`);
    const scenario = hostsScenario({ hosts, splits: true });
    const tally = new Tally();
    let before: number | undefined;
    do {
      const seed = random.below(2 ** 31);
      trying(`seed ${seed}`);
      await inMacrotask(() => {
        tally.tried++;
        try {
          const first = attempt(scenario, new RandomWalk(seed, 1), { digest: true });
          if (first === undefined) return;
          tally.add(first.failure === undefined ? 'passed' : 'failed');
          const again = replay(scenario, first.schedule, 'clamp');
          if (again.digest !== first.digest) tally.bad('mismatch', `seed ${seed}`);
        } catch (error) {
          tally.bad('error of heddle', `seed ${seed}: ${line(error)}`);
        }
      });
      // The first runs start the threads that are kept.
      if (tally.tried === 5) before = openHere();
    } while (!isOver(tally.tried));
    const grown = before === undefined ? 0 : (openHere() ?? before) - before;
    if (grown > 16) tally.bad('leaked descriptor', `${grown} more than after five runs`);
    return tally.figures;
  },
};
