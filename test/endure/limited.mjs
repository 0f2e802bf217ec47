// `limited.mjs RUNS SERVER CLIENT SEED`: searches runs of two Node programs in this one process,
// by the built package: what runs TypeScript as it is takes address space of its own.
import { check, hostsScenario } from '../../dist/index.js';

const [runs, server, client, seed] = process.argv.slice(2);
const hosts = [
  { host: 'server', program: server, args: [] },
  { host: 'client', program: client, args: [] },
];
const scenario = hostsScenario({ hosts, splits: false, faults: [], stepsMax: 50_000 });
try {
  const ended = await check(scenario, { runs: Number(runs), seed: Number(seed), folder: false });
  console.log(JSON.stringify({ ended: ended.runs }));
} catch (error) {
  console.log(JSON.stringify({ ended: 0, told: `${error.name}: ${error.message}` }));
}
process.exit(0);
