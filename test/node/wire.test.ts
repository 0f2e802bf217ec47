import { expect, it } from 'vitest';
import { nodeProgram } from '../../src/node/program.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { program, runOnce } from './run.ts';

// A program's thread and the kernel share 256 KiB; what is longer goes in pieces, and comes whole.
it('texts and bytes of any length are whole on both sides', () => {
  const sizes = [0, 1, 2 ** 18 - 16, 2 ** 18, 2 ** 18 + 1, 700_001];
  const its = scenario('long messages', (world) => {
    world
      .process('p')
      .spawn('p', nodeProgram(program('long-messages.mjs'), { args: sizes.map(String) }));
  });
  const { result, world } = runOnce(its);
  expect(result.failure).toBeUndefined();
  const lines = world.output('p').trimEnd().split('\n');
  // Compared one by one: a diff of megabytes helps nobody.
  for (const [at, size] of sizes.entries()) {
    expect(lines[2 * at]).toBe(`${size} true`);
    expect(lines[2 * at + 1] === 'é€😀'.repeat(size), `the text of ${size}`).toBe(true);
  }
});
