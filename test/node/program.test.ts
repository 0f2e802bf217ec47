import { describe, expect, it } from 'vitest';
import { nodeProgram } from '../../src/node/program.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { program, runOnce } from './run.ts';

const keepAlive = (): Scenario =>
  scenario('keep-alive', (world) => {
    world
      .host('web')
      .process('server')
      .spawn('server', nodeProgram(program('server.mjs')), { daemon: true });
    world
      .host('desk')
      .process('client')
      .spawn('client', nodeProgram(program('client.mjs'), { args: ['web'] }), {
        afterListen: 8080,
      });
  });

describe('nodeProgram', () => {
  it('runs an unmodified server and its client, each on a host of its own, in virtual time', () => {
    const began = performance.now();
    const { result, world } = runOnce(keepAlive());
    expect(result.failure).toBeUndefined();
    expect(world.output('server')).toBe('listening\n');
    const lines = world.output('client').trimEnd().split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'hello /a Mon, 01 Jan 2024 00:00:00 GMT',
      'hello /b Mon, 01 Jan 2024 00:00:00 GMT',
      'hello /c Mon, 01 Jan 2024 00:00:00 GMT',
    ]);
    expect(lines[3]).toMatch(/^2024-01-01T00:01:00\.000Z 0\.\d+ 60000000000n$/);
    expect(result.timeMs).toBe(60_000);
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  it('gives the same trace for the same schedule, and others for others', () => {
    const digests = (run: number): Set<string> =>
      new Set([1, 2, 3].map(() => runOnce(keepAlive(), run).result.digest));
    const [one, other] = [digests(1), digests(2)];
    expect(one.size).toBe(1);
    expect(other.size).toBe(1);
    expect([...one]).not.toEqual([...other]);
  });
});
