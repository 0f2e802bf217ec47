/** `limited.ts TIMES SERVER CLIENT`: runs two Node programs so often in one process, and says so. */
import { hostsScenario } from '../../src/node/hosts.ts';
import { parseHosts } from '../../src/node/hosts-text.ts';
import { attempt } from '../../src/sim/explore/attempt.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';

const [times = '1', server, client] = process.argv.slice(2);
const scenario = hostsScenario({ hosts: parseHosts(`server=${server},client=${client}`) });
let ended = 0;
try {
  for (let run = 1; run <= Number(times); run++) {
    await inMacrotask(() => {
      attempt(scenario, new RandomWalk(1, run));
    });
    ended = run;
  }
} catch (error) {
  console.log(JSON.stringify({ ended, told: (error as Error).message }));
  process.exit(0);
}
console.log(JSON.stringify({ ended }));
process.exit(0);
