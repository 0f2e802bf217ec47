import { spawnSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { nodeProgram } from '../../src/node/program.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { program, type Row, rowsOf, runOnce } from './run.ts';

/** How often the real machine is asked what it does, which is busy with other things too. */
const REAL_RUNS_MAX = 3;
/** Dozens of programs in one, on whatever machine. */
const RUN_TIME_MS = 600_000;

const PROGRAMS = [
  ['children.mjs', 'Node programs start others on their host as on a real machine', 40],
  [
    'cluster.mjs',
    'Node programs pass handles to others, and are clusters, as on a real machine',
    6,
  ],
] as const;

describe.each(PROGRAMS)('%s: %s', (name, _, rowsMin) => {
  const path = program(name);
  const realRuns: Row[][] = [];
  const realRun = (run: number): readonly Row[] => {
    realRuns[run] ??= rowsOf(
      spawnSync(process.execPath, [path], { argv0: 'node', encoding: 'utf8' }).stdout,
    );
    return realRuns[run];
  };
  const made = scenario(
    name,
    (world) => {
      const body = nodeProgram(path, { runTimeMs: RUN_TIME_MS });
      world.process('program').spawn('program', body, { daemon: false });
    },
    { network: { splits: false }, stepsMax: 1_000_000 },
  );
  const { result, world } = runOnce(made);
  const simulated = new Map(
    rowsOf(world.output('program')).map((row) => [row.name, row.saw] as const),
  );

  it('comes to its end', () => {
    expect(result.failure).toBeUndefined();
    expect(simulated.size).toBe(realRun(0).length);
    expect(simulated.size).toBeGreaterThanOrEqual(rowsMin);
  });

  it.each(realRun(0))('$name', ({ name: row, saw }) => {
    expect(String(saw)).not.toMatch(/^threw/);
    const seen = simulated.get(row);
    for (let run = 0; run < REAL_RUNS_MAX; run++) {
      const again = realRun(run).find((one) => one.name === row);
      if (isDeepStrictEqual(again?.saw, seen)) return;
    }
    expect(seen).toEqual(saw);
  });

  it('in the same way for the same schedule', () => {
    const digests = [1, 1, 2].map((run) => runOnce(made, run).result);
    expect(digests.map(({ failure }) => failure)).toEqual([undefined, undefined, undefined]);
    expect(digests[0]?.digest).toBe(digests[1]?.digest);
    expect(digests[0]?.digest).not.toBe(digests[2]?.digest);
  });
});
