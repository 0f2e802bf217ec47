import { spawnSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { nodeProgram } from '../../src/node/program.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { program, type Row, rowsOf, runOnce } from './run.ts';

const PROGRAM = program('children.mjs');
/** How often the real machine is asked what it does, which is busy with other things too. */
const REAL_RUNS_MAX = 3;
/** Dozens of programs in one, on whatever machine. */
const RUN_TIME_MS = 600_000;

const realRuns: Row[][] = [];
const realRun = (run: number): readonly Row[] => {
  realRuns[run] ??= rowsOf(
    spawnSync(process.execPath, [PROGRAM], { argv0: 'node', encoding: 'utf8' }).stdout,
  );
  return realRuns[run];
};

const children = scenario(
  'child processes',
  (world) => {
    const body = nodeProgram(PROGRAM, { runTimeMs: RUN_TIME_MS });
    world.process('program').spawn('program', body, { daemon: false });
  },
  { network: { splits: false }, stepsMax: 1_000_000 },
);

const { result, world } = runOnce(children);
const simulated = new Map(rowsOf(world.output('program')).map(({ name, saw }) => [name, saw]));

describe('Node programs start others on their host as on a real machine', () => {
  it('comes to its end', () => {
    expect(result.failure).toBeUndefined();
    expect(simulated.size).toBe(realRun(0).length);
    expect(simulated.size).toBeGreaterThan(40);
  });

  it.each(realRun(0))('$name', ({ name, saw }) => {
    expect(String(saw)).not.toMatch(/^threw/);
    const seen = simulated.get(name);
    for (let run = 0; run < REAL_RUNS_MAX; run++) {
      const row = realRun(run).find((one) => one.name === name);
      if (isDeepStrictEqual(row?.saw, seen)) return;
    }
    expect(seen).toEqual(saw);
  });

  it('in the same way for the same schedule', () => {
    const digests = [1, 1, 2].map((run) => runOnce(children, run).result);
    expect(digests.map(({ failure }) => failure)).toEqual([undefined, undefined, undefined]);
    expect(digests[0]?.digest).toBe(digests[1]?.digest);
    expect(digests[0]?.digest).not.toBe(digests[2]?.digest);
  });
});
