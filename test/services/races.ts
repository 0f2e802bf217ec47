import { checkDeterminism, fuzz, inMacrotask, replay, type Scenario } from 'heddle';
import { describe, expect, it } from 'vitest';

/** A smaller share: HEDDLE_SERVICES_SHARE=0.1. */
const SHARE = Number(process.env['HEDDLE_SERVICES_SHARE'] ?? 1);
const times = (whole: number): number => Math.max(1, Math.round(whole * SHARE));

const WITHIN_RUNS = 500;

async function decisionsOfFailure(scenario: Scenario, saying: RegExp): Promise<readonly number[]> {
  const { found } = await inMacrotask(() => fuzz(scenario, { runs: WITHIN_RUNS, seed: 1 }));
  expect(found?.failure.message).toMatch(saying);
  return found?.decisions ?? [];
}

/** It is found, and each replay is the run that was found, byte by byte. */
export function fails(scenario: Scenario, saying: RegExp): void {
  describe(scenario.name, () => {
    it(`fails within ${WITHIN_RUNS} runs, and each replay is that run, byte by byte`, async () => {
      const decisions = await decisionsOfFailure(scenario, saying);
      const digests = new Set<string>();
      for (let i = 0; i < times(100); i++) {
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
export function holds(scenario: Scenario): void {
  describe(scenario.name, () => {
    it(`holds in ${times(2_000)} runs`, async () => {
      expect(await inMacrotask(() => checkDeterminism(scenario, []))).toBeUndefined();
      const { found } = await inMacrotask(() => fuzz(scenario, { runs: times(2_000), seed: 1 }));
      expect(found?.failure.message).toBeUndefined();
    });
  });
}
