// The code of docs/guides/node-laws.md: `npm run docs` copies what stands between the marks.
import { join } from 'node:path';
import { answeredLaw, hostsScenario, nodeProgram, type Scenario, scenario } from 'heddle';
import { fuzz } from 'heddle/vitest';

const shop = (file: string): string => join(import.meta.dirname, '../shop', file);

// #region hosts
/** What `heddle run --hosts server=…,client=…` runs, as a scenario of a test. */
const hosts: Scenario = hostsScenario({
  hosts: [
    { host: 'server', program: shop('server-fixed.mjs') },
    { host: 'client', program: shop('client.mjs'), after: ['server:8080'] },
  ],
});
// #endregion

// #region program
const withLaws: Scenario = scenario(
  'every request of the shop is answered',
  (world) => {
    const server = nodeProgram(shop('server-fixed.mjs'));
    world.host('server').process('server').spawn('server', server);
    const client = nodeProgram(shop('client.mjs'));
    const after = { afterListen: ['server:8080'] };
    world.host('client').process('client').spawn('client', client, after);
    answeredLaw(world);
  },
  // A replay of two Node programs takes a second or so, not a fraction of a millisecond.
  { replaysMax: 100 },
);
// #endregion

fuzz(hosts, { runs: 3 });
fuzz(withLaws, { runs: 3 });
