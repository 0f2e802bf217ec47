import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostsScenario } from '../src/node/hosts.ts';
import { parseHosts } from '../src/node/hosts-text.ts';
import { fuzz } from '../src/sim/explore/fuzz.ts';
import { inMacrotask } from '../src/sim/schedule/runtime/execute.ts';
import { bundlePreload } from '../tools/node-bundles.ts';
import { type Benchmark, type Cost, compare, type Line, text } from './measure.ts';

const ROOT = join(import.meta.dirname, '..');
const ROUNDS = 5;
/**
 * Exchanges of a process: so many until V8 has compiled what it needs, then so many slices of so
 * many.
 */
const WARM = 6_000;
const SLICES = 30;
const SLICE = 500;
const RUNS = 60;

const EMPTY = '';
/**
 * Requests one after the other on a kept-alive connection, both ends in one process. Prints what
 * each slice of them cost in processor time: that tells the same on a busy machine, and neither end
 * ever waits for anything but the other.
 */
const EXCHANGE = `
import http from 'node:http';
let done = 0;
let before;
const slices = [];
const ended = () => {
  done++;
  if (done >= ${WARM} && (done - ${WARM}) % ${SLICE} === 0) {
    const { user, system } = process.cpuUsage();
    if (done > ${WARM}) slices.push(((user + system - before) * 1000) / ${SLICE});
    before = user + system;
  }
  return done === ${WARM + SLICES * SLICE};
};
const server = http.createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1', () => {
  const agent = new http.Agent({ keepAlive: true });
  const { port } = server.address();
  const next = () => http.get({ host: '127.0.0.1', port, agent }, (response) => {
    response.resume().on('end', () => {
      if (!ended()) next();
      else process.stdout.write(JSON.stringify(slices), () => process.exit());
    });
  });
  next();
});`;
/** Pings on a kept-alive connection, one a minute for three days. */
const PINGS = `
import net from 'node:net';
const server = net.createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1', () => {
  const client = net.connect(server.address().port, '127.0.0.1');
  let left = 72 * 60;
  client.on('data', () => {
    if (--left === 0) process.exit();
    setTimeout(() => client.write('ping'), 60_000);
  });
  client.write('ping');
});`;

const costOf = (times: number[]): Cost => {
  times.sort((a, b) => a - b);
  return { min: times[0] as number, median: times[times.length >> 1] as number };
};

function output(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function processNs(args: readonly string[]): number {
  const began = process.hrtime.bigint();
  output(args);
  return Number(process.hrtime.bigint() - began);
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function processes(): Line[] {
  return inFolder((folder) => {
    const write = (name: string, source: string): string => {
      const path = join(folder, name);
      writeFileSync(path, source);
      return path;
    };
    const preload = bundlePreload(join(ROOT, 'src/node'), folder, 'preload.mjs');
    const arms = { real: [] as string[], simulated: ['--import', preload] };
    const [empty, exchange] = [write('empty.mjs', EMPTY), write('exchange.mjs', EXCHANGE)];
    const starts = { real: [] as number[], simulated: [] as number[] };
    const exchanges = { real: [] as number[], simulated: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const arm of ['real', 'simulated'] as const) {
        starts[arm].push(processNs([...arms[arm], empty]));
        exchanges[arm].push(...(JSON.parse(output([...arms[arm], exchange])) as number[]));
      }
    }
    const [bare, loaded] = [costOf(starts.real), costOf(starts.simulated)];
    const pings = processNs([...arms.simulated, write('pings.mjs', PINGS)]) - loaded.min;
    return [
      compare(
        'an HTTP exchange, simulated / over loopback',
        costOf(exchanges.simulated),
        costOf(exchanges.real),
        { most: 1 },
      ),
      {
        what: 'start-up that the preload adds',
        ratio: (loaded.min - bare.min) / 1e6,
        unit: 'ms',
        goal: { most: 30 },
        note: `${text(loaded.min)} / ${text(bare.min)}`,
      },
      {
        what: '72 h of a ping a minute',
        ratio: pings / 1e6,
        unit: 'ms',
        goal: { most: 1000 },
      },
    ];
  });
}

async function runs(): Promise<Line> {
  const hosts = parseHosts(
    `server=${ROOT}/examples/shop/server-fixed.mjs,client=${ROOT}/examples/shop/client.mjs`,
  );
  const scenario = hostsScenario({ hosts });
  const began = process.hrtime.bigint();
  const { found } = await inMacrotask(() => fuzz(scenario, { runs: RUNS, seed: 1 }));
  if (found !== undefined) throw new Error(found.failure.message);
  const ns = Number(process.hrtime.bigint() - began);
  const what = `${RUNS} runs of a small server and its client`;
  return { what, ratio: ns / 1e9, unit: 's', goal: { most: 10 } };
}

const benchmark: Benchmark = {
  about: 'unmodified Node programs on the simulated network, and the same on real loopback',
  run: async () => [...processes(), await runs()],
};

export default benchmark;
