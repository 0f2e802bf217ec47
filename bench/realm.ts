import '../src/realm.ts';
import http from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { seat } from '../examples/seats/scenario.ts';
import { thing } from '../examples/shop/scenario.ts';
import { hostsScenario } from '../src/node/hosts.ts';
import { parseHosts } from '../src/node/hosts-text.ts';
import { type Realm, realm } from '../src/sim/schedule/realm.ts';
import { inMacrotask, runSync } from '../src/sim/schedule/runtime/execute.ts';
import type { Scenario } from '../src/sim/schedule/scenario.ts';
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

const ROOT = join(import.meta.dirname, '..');
/** Until V8 has compiled what it needs. */
const WARM_SLICES = 12;
const SLICES = 12;
const SLICE = 150;
const PROGRAM_RUNS = 12;

/** It has no types. */
const express = createRequire(import.meta.url)('express');

/** The exchanges of examples/shop, its server made in the body. */
const shop = realm('shop', async () => {
  let stock = 1;
  let last: Promise<unknown> = Promise.resolve();
  const sell = async (): Promise<boolean> => {
    await sleep(1);
    if (stock === 0) return false;
    await sleep(1);
    stock--;
    return true;
  };
  http
    .createServer(async (_request, response) => {
      const sold = last.then(sell);
      last = sold;
      response.end((await sold) ? 'sold' : 'sold out');
    })
    .listen(8080);
  const buy = (): Promise<string> =>
    new Promise((resolve, reject) => {
      http.get({ port: 8080 }, (response) => resolve(textOf(response))).on('error', reject);
    });
  const answers = await Promise.all([buy(), buy()]);
  if (answers.sort().join() !== 'sold,sold out') throw new Error(answers.join());
});

/** The exchanges of examples/seats, its app made in the body. */
const seats = realm('seats', async () => {
  const holders = new Map<string, string>();
  const app = express().use(express.json());
  app.post('/seats/:seat', async (request: never, response: never) => {
    const { params, body } = request as { params: { seat: string }; body: { name: string } };
    await sleep(1);
    const free = !holders.has(params.seat);
    if (free) holders.set(params.seat, body.name);
    (response as { status(code: number): { json(value: unknown): void } })
      .status(free ? 200 : 409)
      .json({ free });
  });
  app.listen(8080);
  const take = async (name: string): Promise<number> => {
    const response = await fetch('http://localhost:8080/seats/7', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    return response.status;
  };
  const answers = await Promise.all([take('ann'), take('bob')]);
  if (answers.sort().join() !== '200,409') throw new Error(answers.join());
});

const program = hostsScenario({
  hosts: parseHosts(
    `server=${ROOT}/examples/shop/server-fixed.mjs,client=${ROOT}/examples/shop/client.mjs`,
  ),
});

/** Processor time of a run in nanoseconds, of all threads: in the quietest slice. */
async function cpuNs(
  scenario: Scenario,
  slices: number,
  warm: number,
  runs: number,
): Promise<number> {
  const strategy = new RandomWalk(1);
  let best = Number.POSITIVE_INFINITY;
  for (let slice = -warm; slice < slices; slice++) {
    const before = process.cpuUsage();
    await inMacrotask(() => {
      for (let i = 0; i < runs; i++) {
        strategy.begin();
        const { failure } = runSync(scenario, { strategy });
        if (failure !== undefined) throw new Error(failure.message);
      }
    });
    const { user, system } = process.cpuUsage(before);
    if (slice >= 0) best = Math.min(best, ((user + system) * 1000) / runs);
  }
  return best;
}

/** Runs a second and core on Node's own network, and how much sooner than in threads. */
async function networked(): Promise<Line[]> {
  const rows: readonly (readonly [string, Scenario, number])[] = [
    ['runs a second and core, http', shop, 500],
    ['runs a second and core, express and fetch', seats, 200],
    ['the same, modules evaluated again: http', thing('server-fixed'), 250],
    ['the same, modules evaluated again: express and fetch', seat('server-fixed'), 100],
  ];
  const lines: Line[] = [];
  let http = Number.NaN;
  for (const [what, scenario, least] of rows) {
    const ns = await cpuNs(scenario, SLICES, WARM_SLICES, SLICE);
    if (scenario === shop) http = ns;
    lines.push({ what, ratio: 1e9 / ns, unit: '/s', goal: { least }, note: `${text(ns)} a run` });
  }
  const threads = await cpuNs(program, 2, 1, PROGRAM_RUNS);
  lines.push({
    what: 'processor time of a run in threads (nodeProgram), http',
    ratio: threads / 1e6,
    unit: 'ms',
    goal: { most: 25 },
    note: `${text(threads)} a run`,
  });
  // Each has a bound of its own: a ratio falls where threads become faster.
  lines.push({
    what: 'the same / a run in the realm',
    ratio: threads / http,
    note: `${text(threads)} / ${text(http)}`,
  });
  return lines;
}

const benchmark: Benchmark = {
  about:
    "Runs a second of async functions: one that makes six calls of three services, against the same under fast-check's fc.scheduler(); and two with Node's own network, against programs in threads.",
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
    return [...lines, ...(await networked())];
  },
};
export default benchmark;
