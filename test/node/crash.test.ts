import { describe, expect, it } from 'vitest';
import {
  type HostsFault,
  type HostsPlan,
  hostsPlanOf,
  hostsScenario,
} from '../../src/node/hosts.ts';
import { parseHosts } from '../../src/node/hosts-text.ts';
import { programNotes } from '../../src/node/notes.ts';
import { crashProgram, nodeProgram } from '../../src/node/program.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { program, runOnce } from './run.ts';

const RUNS = 25;

const counters = (how: string, faults: string): Scenario =>
  hostsScenario({
    hosts: parseHosts(
      `server=${program('counter-server.mjs')},client=${program('counter-client.mjs')} ${how}`,
    ),
    faults: faults === '' ? [] : (faults.split(',') as HostsFault[]),
  });

const found = async (how: string, faults: string): Promise<string | undefined> => {
  const made = counters(how, faults);
  return (await inMacrotask(() => fuzz(made, { runs: RUNS, seed: 1 }))).found?.failure.message;
};

describe('a crash of the server, when faults are asked for', () => {
  it('finds a client that does not connect again', async () => {
    expect(await found('once', '')).toBeUndefined();
    expect(await found('once', 'crash')).toMatch(/gone away|ECONNREFUSED|ECONNRESET/);
  });

  it('finds a client that relies on what the server had in memory', async () => {
    expect(await found('add', '')).toBeUndefined();
    expect(await found('add', 'crash')).toContain('five were counted, and the server says');
  });

  it('finds nothing in a client that survives it', async () => {
    expect(await found('set', 'crash')).toBeUndefined();
  });

  it('as a partition finds nothing in it either', async () => {
    expect(await found('set', 'partition,stall')).toBeUndefined();
  });

  it('is part of the recipe of what was run, so that a saved failure can be run again', () => {
    const made = counters('once', 'crash,reset');
    const again = hostsScenario(hostsPlanOf(JSON.parse(JSON.stringify(made.recipe))) as HostsPlan);
    expect(again.name).toBe(made.name);
    expect(again.options).toEqual(made.options);
  });
});

/** Server and client, and something that happens to them. */
const disturbed = (disturb: (world: Parameters<Scenario['build']>[0]) => void): Scenario =>
  scenario(
    'disturbed',
    (world) => {
      const server = nodeProgram(program('counter-server.mjs'), { restartAfterMs: 500 });
      world.host('server').process('server').spawn('server', server, { daemon: true });
      const client = nodeProgram(program('counter-client.mjs'), { args: ['set'] });
      world.host('client').process('client').spawn('client', client, { afterListen: 7000 });
      world.process('weather').spawn('weather', function* (sys) {
        yield* sys.nanosleep({ ms: 2 });
        disturb(world);
      });
    },
    { network: { splits: false, latencyMsMin: 1, latencyMsMax: 1 } },
  );

describe('from a scenario', () => {
  it('a program is taken away and started again', () => {
    const { result, world } = runOnce(disturbed((made) => crashProgram(made, 'server')));
    expect(result.failure).toBeUndefined();
    expect(programNotes(world, 'server')?.crashes).toBe(1);
    expect(programNotes(world, 'client')?.exitCode).toBe(0);
    expect(world.nowMs).toBeGreaterThanOrEqual(500);
  });

  it('two hosts are parted, and what was sent meanwhile arrives afterwards', () => {
    const calm = runOnce(disturbed(() => {})).world;
    const { result, world } = runOnce(
      disturbed((made) => made.partition('server', 'client', 10_000)),
    );
    expect(result.failure).toBeUndefined();
    expect(calm.nowMs).toBeLessThan(1_000);
    expect(world.nowMs).toBeGreaterThanOrEqual(10_000);
    expect(programNotes(world, 'client')?.exitCode).toBe(0);
  });

  it('a host or program that is not there is refused by name', () => {
    const { result } = runOnce(disturbed((made) => made.partition('server', 'nobody', 1)));
    expect(result.failure?.message).toContain('there is no host "nobody"');
    const other = runOnce(disturbed((made) => crashProgram(made, 'nobody')));
    expect(other.result.failure?.message).toContain('no Node program in a process "nobody"');
  });
});
