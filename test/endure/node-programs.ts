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
  async run({ random, isOver }) {
    const hosts = parseHosts(`server=${SHOP}/server.mjs,client=${SHOP}/client.mjs`);
    const scenario = hostsScenario({ hosts, splits: true });
    const tally = new Tally();
    const wrong: string[] = [];
    let tried = 0;
    let before: number | undefined;
    do {
      const seed = random.below(2 ** 31);
      await inMacrotask(() => {
        tried++;
        try {
          const first = attempt(scenario, new RandomWalk(seed, 1), { digest: true });
          if (first === undefined) return;
          tally.add(first.failure === undefined ? 'passed' : 'failed');
          const again = replay(scenario, first.schedule, 'clamp');
          if (again.digest !== first.digest) wrong.push(`seed ${seed}: another digest`);
        } catch (error) {
          wrong.push(`seed ${seed}: ${line(error)}`);
        }
      });
      // The first runs start the threads that are kept.
      if (tried === 5) before = openHere();
    } while (!isOver());
    const grown = before === undefined ? 0 : (openHere() ?? before) - before;
    if (grown > 16) wrong.push(`${grown} descriptors more than after five runs`);
    return { what: this.name, tried, came: `${tally}`, wrong };
  },
};
