/**
 * What no scheduler in JavaScript can do without: one of eight generators is chosen, resumed, and
 * yields.
 */

const TASKS = 8;

/** What the last resume gave. */
export let last: IteratorResult<number, void> | undefined;

function* counter(): Generator<number, void, number> {
  let sum = 0;
  for (;;) sum += yield sum & 1;
}

/** A slice of `count` resumes. */
export function resumes(count: number): () => number {
  const generators = Array.from({ length: TASKS }, counter);
  for (const generator of generators) generator.next(0);
  let state = 12345;
  return () => {
    for (let i = 0; i < count; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      const which = ((state >>> 16) * TASKS) >>> 16;
      // The result is kept where others could see it: every driver looks at what was yielded.
      last = (generators[which] as Generator<number, void, number>).next(1);
    }
    return count;
  };
}
