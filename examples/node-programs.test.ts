import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostsScenario } from '../src/node/hosts.ts';
import { fuzz } from '../src/sim/explore/fuzz.ts';
import { recordRun } from '../src/sim/explore/record.ts';
import { inMacrotask } from '../src/sim/schedule/runtime/execute.ts';
import { tellStory } from '../src/sim/trace/story.ts';
import { runOnReal } from '../test/node/real.ts';

const RUNS = 25;
/** Fewer, because all of them are made. */
const RUNS_FIXED = 10;
const HERE = relative(process.cwd(), import.meta.dirname);

/** Programs of two hosts: with their race, and fixed in one of the two files. */
const EXAMPLES = [
  {
    folder: 'seats',
    about: 'express: check-then-act across an await on a store',
    affected: ['server', 'client'],
    fixed: ['server-fixed', 'client'],
    message: /one seat, and the answers were: 200, 200/,
    faults: [],
  },
  {
    folder: 'ws-chat',
    about: 'ws: what is said while the history is read',
    affected: ['server', 'client'],
    fixed: ['server-fixed', 'client'],
    message: /"hello" was said once, and heard 0 times/,
    faults: [],
  },
  {
    folder: 'polling',
    about: 'a pool of connections: keep-alive against the idle time of the server',
    affected: ['server', 'client'],
    fixed: ['server', 'client-fixed'],
    message: /ECONNRESET|socket hang up/,
    faults: [],
  },
  {
    folder: 'file-queue',
    about: 'a queue on files: what was written and not synced, when the power goes',
    affected: ['server', 'client'],
    fixed: ['server-fixed', 'client'],
    message: /were? added, and the queue has/,
    faults: ['power'],
  },
] as const;

describe.each(EXAMPLES)('$folder, $about', ({ folder, affected, fixed, message, faults }) => {
  const pathOf = (name: string): string => join(HERE, folder, `${name}.mjs`);
  const scenarioOf = ([server, client]: readonly [string, string]) =>
    hostsScenario({
      hosts: [
        { host: 'server', program: pathOf(server), args: [] },
        { host: 'client', program: pathOf(client), args: [] },
      ],
      faults,
    });

  it('is found, and explained with its story', async () => {
    const made = scenarioOf(affected);
    const { found } = await inMacrotask(() => fuzz(made, { runs: RUNS, seed: 1 }));
    expect(found?.failure.message).toMatch(message);
    const { run, recorder } = await inMacrotask(() => recordRun(made, found?.decisions ?? []));
    expect(run.failure?.signature).toBe(found?.failure.signature);
    expect(tellStory(run.failure as never, run.world, recorder).rows.length).toBeGreaterThan(3);
  });

  it('is not found once it is fixed', async () => {
    const { found } = await inMacrotask(() =>
      fuzz(scenarioOf(fixed), { runs: RUNS_FIXED, seed: 1 }),
    );
    expect(found?.failure.message).toBeUndefined();
  });

  it('runs on real sockets, where the race shows or not, as it happens', async () => {
    const files = mkdtempSync(join(tmpdir(), 'heddle-example-'));
    const idle = { IDLE_MS: '150', QUEUE: join(files, 'queue') };
    const [server, client] = affected;
    expect([0, 1]).toContain(await runOnReal(pathOf(server), pathOf(client), idle));
    const [better, asking] = fixed;
    expect(await runOnReal(pathOf(better), pathOf(asking), idle)).toBe(0);
    rmSync(files, { recursive: true });
  });
});
