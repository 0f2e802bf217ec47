import { checkDeterminism, fuzz, inMacrotask, replay, type Scenario } from 'heddle';
import { describe, expect, it } from 'vitest';

/** Of the replays and runs: HEDDLE_SERVICES_SHARE=0.1 for a tenth. */
const SHARE = Number(process.env['HEDDLE_SERVICES_SHARE'] ?? 1);
const WITHIN_RUNS = 500;
const REPLAYS = 100;
const RUNS = 2_000;
const times = (whole: number, share: number): number => Math.max(1, Math.round(whole * share));

async function decisionsOfFailure(scenario: Scenario, saying: RegExp): Promise<readonly number[]> {
  const { found, runs } = await inMacrotask(() => fuzz(scenario, { runs: WITHIN_RUNS, seed: 1 }));
  expect(found?.failure.message).toMatch(saying);
  console.log(`${scenario.name}: found in run ${runs}`);
  return found?.decisions ?? [];
}

/** It is found, and each replay is the run that was found, byte by byte. */
export function fails(scenario: Scenario, saying: RegExp, share: number = SHARE): void {
  describe(scenario.name, () => {
    it(`fails within ${WITHIN_RUNS} runs, and ${times(REPLAYS, share)} replays are that run, byte by byte`, async () => {
      const decisions = await decisionsOfFailure(scenario, saying);
      const digests = new Set<string>();
      for (let i = 0; i < times(REPLAYS, share); i++) {
        const { failure, digest } = await inMacrotask(() =>
          replay(scenario, decisions, 'strict', { digest: true }),
        );
        expect(failure?.message).toMatch(saying);
        digests.add(digest);
      }
      expect(digests.size).toBe(1);
    });
  });
}

/** It is mended: no order of events breaks it. */
export function holds(scenario: Scenario, share: number = SHARE): void {
  describe(scenario.name, () => {
    it(`holds in ${times(RUNS, share)} runs`, async () => {
      expect(await inMacrotask(() => checkDeterminism(scenario, []))).toBeUndefined();
      const { found } = await inMacrotask(() =>
        fuzz(scenario, { runs: times(RUNS, share), seed: 1 }),
      );
      expect(found?.failure.message).toBeUndefined();
    });
  });
}
