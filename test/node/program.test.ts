import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeProgram } from '../../src/node/program.ts';
import { checkDeterminism, NondeterminismError } from '../../src/sim/explore/determinism.ts';
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
    const { result, world } = runOnce(keepAlive());
    expect(result.failure).toBeUndefined();
    expect(world.output('server')).toBe('listening\n');
    const lines = world.output('client').trimEnd().split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'hello /a Mon, 01 Jan 2024 00:00:00 GMT',
      'hello /b Mon, 01 Jan 2024 00:00:00 GMT',
      'hello /c Mon, 01 Jan 2024 00:00:00 GMT',
    ]);
    expect(lines[3]).toMatch(/^2024-01-01T00:01:00\.000Z 0\.\d+ 60000001000n$/);
    expect(result.timeMs).toBe(60_000);
  });

  it('gives the same trace for the same schedule, and others for others', () => {
    const digests = (run: number): Set<string> =>
      new Set([1, 2, 3].map(() => runOnce(keepAlive(), run).result.digest));
    const [one, other] = [digests(1), digests(2)];
    expect(one.size).toBe(1);
    expect(other.size).toBe(1);
    expect([...one]).not.toEqual([...other]);
  });

  it('is told from others where its runs are not the same: the message names what to look at', () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-'));
    try {
      const path = join(folder, 'looks-at-the-machine.mjs');
      writeFileSync(
        path,
        `import fs from 'node:fs';
         console.log(fs.readFileSync('/proc/self/schedstat', 'utf8'));
         WebAssembly.compileStreaming(new Response(''));`,
      );
      const made = scenario('looks at the machine', (world) => {
        world.process('program').spawn('program', nodeProgram(path), { daemon: false });
      });
      const differs = checkDeterminism(made, []);
      const { message } = new NondeterminismError(differs as NonNullable<typeof differs>);
      const text = message.replace(/\s+/g, ' ');
      expect(text).toMatch(/once program prints "\d/);
      expect(text).toContain('files of the real machine that change');
      expect(text).toMatch(/uncontrolled in program: 1 × WebAssembly\.compileStreaming at .*:3:/);
      expect(text).not.toContain('world.draw');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
