import { describe, expect, it } from 'vitest';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { recordRun } from '../../src/sim/explore/record.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { tellStory } from '../../src/sim/trace/story.ts';
import { RACES } from './races/list.ts';

/** Runs in which the version with the race has to show it, and the fixed one must not. */
const RUNS = 30;

describe.each(RACES)('%s', (_, make, message) => {
  it('is found without a hint in the version that has it, at a moment that the report names', async () => {
    const made = make('affected');
    const { found } = await inMacrotask(() => fuzz(made, { runs: RUNS, seed: 1 }));
    expect(found?.failure.message).toMatch(message);
    const { run, recorder } = await inMacrotask(() => recordRun(made, found?.decisions ?? []));
    expect(run.failure?.signature).toBe(found?.failure.signature);
    const story = tellStory(run.failure as never, run.world, recorder);
    expect(story.rows.length).toBeGreaterThan(3);
  });

  it('is not found in the version that is fixed', async () => {
    const { found } = await inMacrotask(() => fuzz(make('repaired'), { runs: RUNS, seed: 1 }));
    expect(found?.failure.message).toBeUndefined();
  });
});
