// Races between programs on hosts, published ones of packages and such as people write with them,
// and what is reported of each, word for word. `npm run ecosystem -- -u` writes the reports again;
// read what it wrote.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/sim/explore/check.ts';
import type { ScheduleFailure } from '../../src/sim/explore/reporting.ts';
import { made, RACES } from './hosts/list.ts';

const golden = (name: string): string => join(import.meta.dirname, 'golden', `${name}.txt`);

/** Runs in which a race is found, and in which the version without it has to hold. */
const RUNS = 60;
/** Fewer, where there is less time. */
const HOLD_RUNS = Math.min(RUNS, 4 * Number(process.env['HEDDLE_ECOSYSTEM_RUNS'] ?? RUNS));

describe.each(RACES)('$name', (race) => {
  it('is found by default, and told by what collided', async () => {
    const options = { runs: RUNS, folder: false } as const;
    const failure: ScheduleFailure = await check(made(race, 'affected'), options).catch((e) => e);
    expect(failure.failure?.message).toMatch(race.message);
    await expect(`${failure.message}\n`).toMatchFileSnapshot(golden(race.name));
  });

  it('is not found in the version without it', async () => {
    await check(made(race, 'repaired'), { runs: HOLD_RUNS, folder: false });
  });
});
