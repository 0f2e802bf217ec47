import { fuzz, inMacrotask, type Scenario } from 'heddle';
import { describe, expect, test } from 'vitest';
import { news, newsFixed } from './polling/scenario.ts';
import { seat } from './seats/scenario.ts';
import { thing } from './shop/scenario.ts';
import { chat } from './ws-chat/scenario.ts';

const RUNS = 50;
/** `REALM_RUNS=20000 npx vitest run examples/realm.test.ts` looks longer at what is fixed. */
const RUNS_FIXED = Number(process.env['REALM_RUNS'] ?? 100);

/** The servers of `heddle run`, in the realm of a test: with their race, and fixed. */
const EXAMPLES: readonly (readonly [Scenario, Scenario, RegExp])[] = [
  [seat('server'), seat('server-fixed'), /200, 409/],
  [thing('server'), thing('server-fixed'), /sold out/],
  [chat('server'), chat('server-fixed'), /hello/],
  [news, newsFixed, /ECONNRESET|socket hang up/],
];

describe.each(EXAMPLES)('$name', (affected, fixed, message) => {
  test('the race is found in the first runs', async () => {
    const { found } = await inMacrotask(() => fuzz(affected, { runs: RUNS, seed: 1 }));
    expect(found?.failure.message).toMatch(message);
  });

  test('and not where it is fixed', async () => {
    const { found } = await inMacrotask(() => fuzz(fixed, { runs: RUNS_FIXED, seed: 1 }));
    expect(found?.failure.message).toBeUndefined();
  });
});
