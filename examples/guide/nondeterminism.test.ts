// The code of docs/guides/nondeterminism.md: `npm run docs` copies what stands between the marks.
import { check, NondeterminismError, type Scenario, scenario } from 'heddle';
import { fuzz } from 'heddle/vitest';
import { expect, test } from 'vitest';

// #region before
let tries = 0; // kept from run to run

/** Waits longer each time. */
const kept: Scenario = scenario('it waits and tries again', (world) => {
  world.process('p').spawn('p', function* (sys) {
    tries++;
    yield* sys.nanosleep({ ms: 10 * tries });
  });
});
// #endregion

// #region after
const made: Scenario = scenario('it waits and tries again, in each run', (world) => {
  let own = 0; // made in the scenario, so each run has its own
  world.process('p').spawn('p', function* (sys) {
    own++;
    yield* sys.nanosleep({ ms: 10 * own });
  });
  world.finally('it has waited once', () => world.nowMs === 10);
});
// #endregion

test('state that outlives a run is named with the step at which it shows', async () => {
  const error: unknown = await check(kept, { folder: false }).catch((e) => e);
  expect(error).toBeInstanceOf(NondeterminismError);
  expect((error as Error).message).toMatch(
    /first at step 1[\s\S]*once .*nanosleep 30 ms[\s\S]*again .*nanosleep 40 ms/,
  );
});

fuzz(made, { runs: 100 });
