import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFailure } from '../../src/sim/explore/failures.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { replaySaved } from '../../src/sim/explore/replay-file.ts';
import type { Random } from '../../src/sim/schedule/random.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { parseSchedule } from '../../src/sim/schedule/text.ts';
import { InternalError, UsageError } from '../../src/sys/errors.ts';
import { mutated } from './mutated.ts';
import { line, type Part, Tally } from './part.ts';
import { sequential, wholeFailure } from './whole-failure.ts';

/** Text with a few characters changed, dropped or doubled. */
function smudged(text: string, random: Random): string {
  const chars = [...text];
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(chars.length);
    chars.splice(at, random.below(2), String.fromCharCode(32 + random.below(96)));
  }
  return chars.join('');
}

const isClear = (error: unknown): boolean =>
  (error instanceof UsageError || (error as Error).name === 'Departure') &&
  !(error instanceof InternalError);

/** A failure file with something wrong in it, read and replayed: an answer, or a clear error. */
export const files: Part = {
  name: 'mutated failure files',
  share: 12,
  goal: 100_000,
  pieces: 2,
  async run({ random, isOver, folder, trying }) {
    const text = await wholeFailure(join(folder, 'saved'));
    const path = join(folder, 'mutated.json');
    const tally = new Tally();
    do {
      const asJson = random.below(4) > 0;
      const given = asJson
        ? JSON.stringify(mutated(JSON.parse(text), random))
        : smudged(text, random);
      trying(given);
      writeFileSync(path, given);
      await inMacrotask(() => {
        tally.tried++;
        try {
          const file = readFailure(path);
          const { failure } = replaySaved(sequential, { path, file }).recorded.run;
          tally.add(failure === undefined ? 'replayed and passed' : 'replayed and failed');
        } catch (error) {
          if (isClear(error)) tally.add('refused');
          else tally.bad('error of heddle', `${line(error)} of ${given.slice(0, 300)}`);
        }
      });
      const polluted = Object.keys(Object.prototype);
      if (polluted.length > 0)
        tally.bad('escape', `Object.prototype has grown: ${polluted.join(', ')}`);
    } while (!isOver(tally.tried));
    return tally.figures;
  },
};

/** Schedules as text with something wrong in them. */
export const schedules: Part = {
  name: 'mutated schedules',
  share: 5,
  goal: 100_000,
  pieces: 1,
  async run({ random, isOver, trying }) {
    const [first] = await inMacrotask(() => {
      const { found } = fuzz(sequential, { runs: 2_000, seed: 2 });
      return [found?.decisions ?? []];
    });
    const { formatSchedule } = await import('../../src/sim/schedule/text.ts');
    const text = formatSchedule(sequential.name, first);
    const tally = new Tally();
    do {
      for (let i = 0; i < 100; i++) {
        const given = smudged(text, random);
        trying(given);
        tally.tried++;
        try {
          tally.add(parseSchedule(given).decisions.length > 0 ? 'read' : 'empty');
        } catch (error) {
          if (isClear(error)) tally.add('refused');
          else tally.bad('error of heddle', `${line(error)} of ${given}`);
        }
      }
      await new Promise((resolve) => setImmediate(resolve));
    } while (!isOver(tally.tried));
    return tally.figures;
  },
};
