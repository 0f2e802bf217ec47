import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conform } from '../../src/conform/conform.ts';
import { nativeProgram } from '../../src/conform/native/compile.ts';
import type { Program } from '../../src/conform/program.ts';
import { onLinux, whyNoLinux } from '../real-linux/linux.ts';

/** More, on a machine with time: HEDDLE_CONFORM_RUNS=20000. */
const RUNS = Number(process.env['HEDDLE_CONFORM_RUNS'] ?? 300);
/** Of several tasks fewer: after each step it is waited until all of them sleep. */
const ASLEEP_RUNS = Math.ceil(RUNS / 10);
/** The same programs each time; others with HEDDLE_SEED. */
const SEED = Number(process.env['HEDDLE_SEED'] ?? 1);
/** Only against hanging, as everywhere; a machine that is busy wakes sleepers late. */
const TIMEOUT_MS = 300_000 + RUNS * 50;

const folder = join(import.meta.dirname, 'cases');
const all = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Program)
  .map((program) => [program.about as string, program] as const);
const cases = all.filter(([, { asleep }]) => asleep === undefined);
const asleep = all.filter(([, program]) => program.asleep !== undefined);

/** Why tasks cannot really sleep here. */
function whyNoTasks(): string | undefined {
  try {
    nativeProgram();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
const without = whyNoTasks();

describe.skipIf(whyNoLinux !== undefined)(onLinux('the simulated kernel and Linux'), () => {
  it('agree on generated programs', { timeout: TIMEOUT_MS }, async () => {
    const { difference, runs, seed } = await conform({ runs: RUNS, seed: SEED });
    if (difference !== undefined) {
      const json = JSON.stringify(difference.program);
      expect.fail(`seed ${seed}, run ${runs}\n${difference.text}\n\n${json}`);
    }
    expect(runs).toBe(RUNS);
  });

  it.each(cases)('agree: %s', async (_, program) => {
    const { difference } = await conform({ program });
    if (difference !== undefined) expect.fail(difference.text);
  });
});

describe.skipIf(without !== undefined)(
  `several tasks, and Linux${without === undefined ? '' : ` [${without}]`}`,
  () => {
    it('agree on generated programs', { timeout: TIMEOUT_MS }, async () => {
      const { difference, runs, seed } = await conform({ runs: ASLEEP_RUNS, seed: SEED, tasks: 4 });
      if (difference !== undefined) {
        const json = JSON.stringify(difference.program);
        expect.fail(`seed ${seed}, run ${runs}\n${difference.text}\n\n${json}`);
      }
      expect(runs).toBe(ASLEEP_RUNS);
    });

    it.each(asleep)('agree: %s', async (_, program) => {
      const { difference } = await conform({ program });
      if (difference !== undefined) expect.fail(difference.text);
    });
  },
);
