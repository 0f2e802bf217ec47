import { spawn } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onLinux, whyNoLinux } from '../real-linux/linux.ts';
import { type Act, type Outcome, simulatedOutcomes } from './descriptor-programs.ts';

/**
 * On the Linux arm of `heddle conform` numbers are the simulation's own, so that arm cannot tell
 * whether they are right. Here a child process makes the calls with numbers of its own.
 */
class RealTable {
  readonly #child = spawn(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, 'descriptor-child.ts')],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  #text = '';
  readonly #waiting: ((line: string | undefined) => void)[] = [];

  constructor() {
    this.#child.stdout.setEncoding('utf8').on('data', (data: string) => {
      const lines = (this.#text + data).split('\n');
      this.#text = lines.pop() as string;
      for (const line of lines) this.#waiting.shift()?.(line);
    });
    this.#child.on('exit', () => {
      for (const waiting of this.#waiting.splice(0)) waiting(undefined);
    });
  }

  outcomes(acts: readonly Act[]): Promise<Outcome[]> {
    const answer = new Promise<string | undefined>((resolve) => this.#waiting.push(resolve));
    this.#child.stdin.write(`${JSON.stringify(acts)}\n`);
    return answer.then((line) => {
      if (line === undefined) throw new Error('the process with numbers of its own has ended');
      return JSON.parse(line) as Outcome[];
    });
  }

  end(): void {
    this.#child.stdin.end();
  }
}

const number = fc.integer({ min: -1, max: 9 });
const flag = fc.integer({ min: 0, max: 1 });
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant('open' as const), flag, flag) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('dup' as const), number) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('dup2' as const), number, number) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('dup3' as const), number, number, flag) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('dupFrom' as const), number, number, flag) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('close' as const), number) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('getFd' as const), number) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('setFd' as const), number, flag) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('getFl' as const), number) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('setFl' as const), number, flag) },
  { weight: 1, arbitrary: fc.constant(['exec'] as const) },
);

describe.skipIf(whyNoLinux !== undefined)(onLinux('a table of descriptors'), () => {
  let real: RealTable;
  beforeAll(() => {
    real = new RealTable();
  });
  afterAll(() => real.end());

  it('gives the numbers, flags and errors that Linux gives', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 40 }), async (acts) => {
        expect(simulatedOutcomes(acts)).toEqual(await real.outcomes(acts));
      }),
      { numRuns: Number(process.env['HEDDLE_DESCRIPTOR_RUNS'] ?? 500), seed: 1 },
    );
  });
});
