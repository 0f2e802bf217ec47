import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { programNotes } from '../../src/node/notes.ts';
import { runOnce } from '../node/run.ts';
import { pathOf, programs, scenarioOf } from './scenario.ts';

/** How often one schedule is run. HEDDLE_ECOSYSTEM_RUNS asks for fewer. */
const RUNS = Number(process.env['HEDDLE_ECOSYSTEM_RUNS'] ?? 100);
/** Any but the calm one. */
const SCHEDULE = 1;
/** Schedules under which the exchange has to succeed. */
const SCHEDULES = 5;

describe.each(programs)('%s', (name) => {
  const path = pathOf(name);
  const made = scenarioOf(name);
  const real = spawnSync(process.execPath, [path], { encoding: 'utf8', timeout: 60_000 });
  const remarks = new Set(real.stderr.split('\n'));
  /** What it printed, without what goes to stderr on real sockets too. */
  const printed = (output: string): string =>
    output
      .split('\n')
      .filter((line) => line === '' || !remarks.has(line))
      .join('\n');

  it('does the same on the simulated network as over real loopback', () => {
    expect(real.status, real.stderr).toBe(0);
    expect(real.stdout).not.toBe('');
    for (let run = 0; run < SCHEDULES; run++) {
      const { result, world } = runOnce(made, run);
      expect(result.failure).toBeUndefined();
      expect(printed(world.output('program')).trimEnd()).toBe(real.stdout.trimEnd());
      expect([...(programNotes(world, 'program')?.uncontrolled ?? [])]).toEqual([]);
    }
  });

  it(`gives one trace for one schedule, ${RUNS} times of ${RUNS}`, () => {
    const digests = new Map<string, number>();
    for (let run = 0; run < RUNS; run++) {
      const { digest } = runOnce(made, SCHEDULE).result;
      digests.set(digest, (digests.get(digest) ?? 0) + 1);
    }
    expect([...digests.values()]).toEqual([RUNS]);
  });
});
