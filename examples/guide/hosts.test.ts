// The code of docs/guides/hosts.md: `npm run docs` copies what stands between the marks.
import 'heddle/realm';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, realm, type Scenario, type ScheduleFailure } from 'heddle';
import { fuzz } from 'heddle/vitest';
import { expect, test } from 'vitest';

// #region programs
/** A store of one number, on a host of its own. What it has in memory goes with it. */
function store(): http.Server {
  let value = 0;
  return http
    .createServer((request, response) => {
      if (request.method === 'POST') value++;
      response.end(String(value));
    })
    .listen(8080);
}

/** Adds one, and tries again where it gets no answer. */
async function add(triesMax: number): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await fetch('http://store:8080/', { method: 'POST', signal: AbortSignal.timeout(1_000) });
      return;
    } catch (error) {
      if (tries === triesMax) throw error;
      await sleep(500);
    }
  }
}
// #endregion

// #region partition
const parted = (triesMax: number): Scenario =>
  realm(
    `one is added once, in ${triesMax} tries`,
    async (world) => {
      world.host('store').run(store);
      world.delay('localhost', 'store', 1, 5);
      // A while without any network, or none: it is drawn for each run, the simplest first.
      const ms = world.drawFrom('parted for', [0, 200, 1_500]);
      if (ms > 0) world.partition('localhost', 'store', ms);
      await add(triesMax);
      const value = await (await fetch('http://store:8080/')).text();
      if (value !== '1') throw new Error(`it was added ${value} times`);
    },
    { replaysMax: 200 },
  );
// #endregion

// #region crash
const crashed: Scenario = realm('a store that crashes has forgotten', async (world) => {
  world.host('store').run(store);
  await add(1);
  world.host('store').crash();
  world.host('store').run(store);
  const value = await (await fetch('http://store:8080/')).text();
  if (value !== '0') throw new Error(`it still knows ${value}`);
});
// #endregion

test('what was tried again was added twice', async () => {
  const error: ScheduleFailure = await check(parted(3), { runs: 200, folder: false }).catch(
    (e) => e,
  );
  expect(error.failure.message).toContain('it was added 2 times');
});

fuzz(crashed, { runs: 50 });
