import { spawnSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { nodeProgram } from '../../src/node/program.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { program, type Row, rowsOf, runOnce } from './run.ts';

const PROGRAM = program('behaviours.mjs');
/** As from a shell, where its title is what was typed. */
const runReal = (): Row[] =>
  rowsOf(spawnSync(process.execPath, [PROGRAM], { argv0: 'node', encoding: 'utf8' }).stdout);

/** Runs of Node itself, the first of which says which rows there are. */
const realRuns = [runReal()];
const [real = []] = realRuns;
/**
 * On a machine that does other things besides, a timer of Node's may be late, or by its clock
 * early: what one of so many runs has seen is what Node does.
 */
const REAL_RUNS_MAX = 4;

function sawReally(name: string, saw: unknown): boolean {
  for (let run = 0; run < REAL_RUNS_MAX; run++) {
    realRuns[run] ??= runReal();
    const row = realRuns[run]?.find((one) => one.name === name);
    if (isDeepStrictEqual(row?.saw, saw)) return true;
  }
  return false;
}

/** Hundreds of programs in one, on whatever machine. */
const RUN_TIME_MS = 600_000;

const { result, world } = runOnce(
  scenario(
    'what Node promises',
    (made) => {
      const body = nodeProgram(PROGRAM, { runTimeMs: RUN_TIME_MS });
      made.process('program').spawn('program', body, { daemon: false });
    },
    { network: { splits: false }, stepsMax: 1_000_000 },
  ),
);
const simulated = new Map(rowsOf(world.output('program')).map(({ name, saw }) => [name, saw]));

/**
 * The behaviours of net, tls, http, https, http2, dgram, dns, timers, processes, callbacks of
 * files, compression and crypto, and async contexts, each tried once on this machine and once on
 * the simulated network.
 */
describe('Node behaves on the simulated network as on real sockets', () => {
  it('comes to its end', () => {
    expect(result.failure).toBeUndefined();
    expect(real.length).toBeGreaterThan(500);
    expect(simulated.size).toBe(real.length);
  });

  it.each(real)('$name', ({ name, saw }) => {
    expect(String(saw)).not.toMatch(/^(threw|nothing within)/);
    const seen = simulated.get(name);
    if (!sawReally(name, seen)) expect(seen).toEqual(saw);
  });
});
