// What is left of a failure on real sockets: a recording, and a run of the simulator like it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkOnReal, RealFailure } from '../../src/real/check.ts';
import { replayRecording } from '../../src/real/recording.ts';
import { readRecording } from '../../src/real/recording-file.ts';
import { check } from '../../src/sim/explore/check.ts';
import { savedFailures } from '../../src/sim/explore/failures.ts';
import { whyNoLinux } from '../real-linux/linux.ts';
import { counters } from './counters.scenario.ts';

const ROOT = join(import.meta.dirname, '../..');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-kept-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The failure of the first run that fails, of many. */
async function failing(sockets: 'node' | 'linux'): Promise<RealFailure> {
  const options = { sockets, runs: 200, strategy: 'random', folder, note: () => {} };
  const error = await checkOnReal(counters, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RealFailure);
  return error as RealFailure;
}

describe.each([
  ['node', undefined],
  ['linux', whyNoLinux],
] as const)('runs on %s sockets', (sockets, whyNot) => {
  it.skipIf(whyNot !== undefined)(
    'are made until one fails, under a strategy, and it is said which one it was',
    async () => {
      const { message, failure } = await failing(sockets);
      expect(failure.law).toBe('every visit is counted');
      expect(message).toMatch(/in real time, run \d+ of 200 by random, seed 1/);
    },
  );

  it.skipIf(whyNot !== undefined)('leave a failure of the simulator that is like it', async () => {
    const { simulated, failure, message } = await failing(sockets);
    expect(message).toContain(`replay ${simulated}`);
    const [saved] = savedFailures(folder);
    expect(saved?.path).toBe(simulated);
    expect(saved?.file.failure.law).toBe(failure.law);
    const again = await check(counters, { folder, runs: 1, note: () => {} }).catch((e) => e);
    expect(again.path).toBe(simulated);
  });

  it.skipIf(whyNot !== undefined)('leave a recording: the same failure, each time', async () => {
    const { recording, failure, message } = await failing(sockets);
    expect(message).toContain(`replay ${recording}`);
    const kept = readRecording(recording as string);
    for (let i = 0; i < 3; i++) {
      const again = await replayRecording(counters, kept);
      expect(again.failure?.message).toBe(failure.message);
      expect(again.digest).toBe(kept.digest);
    }
  });

  it.skipIf(whyNot !== undefined)('leave one that heddle replay reads', async () => {
    const { recording, failure } = await failing(sockets);
    const replayed = (...args: string[]) =>
      spawnSync(
        process.execPath,
        ['--import', 'tsx', 'src/cli/main.ts', 'replay', recording as string, ...args],
        { cwd: ROOT, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
      );
    const { stdout, status } = replayed('--times', '2');
    expect(stdout).toContain(failure.message);
    expect(stdout).toContain('in a recording of a run on real sockets');
    expect(status).toBe(1);
    const refused = replayed('--until', '3');
    expect(refused.stderr).toContain('--until is for runs of the simulator');
    expect(refused.status).toBe(2);
  });

  it.skipIf(whyNot !== undefined)('leave nothing where that is not wanted', async () => {
    const options = { sockets, runs: 200, strategy: 'random', folder: false } as const;
    const error = await checkOnReal(counters, options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ recording: undefined, simulated: undefined });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a recording of a failure', () => {
  it('is not taken for a failure file', async () => {
    await failing('node');
    const damaged: string[] = [];
    const saved = savedFailures(folder, (message) => damaged.push(message));
    expect(saved.map(({ path }) => path).filter((path) => /recording/.test(path))).toEqual([]);
    expect(damaged).toEqual([]);
  });

  it('is run first by heddle fuzz, until it passes or no longer fits', async () => {
    const own = mkdtempSync(join(tmpdir(), 'heddle-fuzzed-'));
    try {
      const { recording, failure } = await failing('node');
      const kept = join(own, '.heddle', basename(recording as string));
      mkdirSync(join(own, '.heddle'));
      const text = readFileSync(recording as string, 'utf8');
      writeFileSync(kept, text);
      const fuzzed = () =>
        spawnSync(
          process.execPath,
          [
            ...['--import', join(ROOT, 'node_modules/tsx/dist/loader.mjs')],
            ...[join(ROOT, 'src/cli/main.ts'), 'fuzz', '--runs', '1', '--strategy', 'random'],
            join(ROOT, 'test/real/counters.scenario.ts'),
          ],
          { cwd: own, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
        );
      const first = fuzzed();
      expect(first.stdout).toContain(`as .heddle/${basename(kept)} has it`);
      expect(first.stdout).toContain(failure.message);
      expect(first.status).toBe(1);
      const parsed = JSON.parse(text);
      writeFileSync(kept, JSON.stringify({ ...parsed, steps: parsed.steps.map(() => 0) }));
      expect(fuzzed().stderr).toContain('no longer fits the scenario');
    } finally {
      rmSync(own, { recursive: true, force: true });
    }
  });

  it.each([
    ['node', 'steps', 'nonsense'],
    ['node', 'upcalls', [{ step: 0, id: 1, what: 'explode' }]],
    ['node', 'upcalls', [{ step: -1, id: 1, what: 'fin' }]],
    ['node', 'scenario', 7],
    ['linux', 'told', [['poll', 1, 1]]],
    ['linux', 'settings', { stepsMax: 'many' }],
  ] as const)('on %s that says %s: %j is refused by its field', async (sockets, field, value) => {
    if (sockets === 'linux' && whyNoLinux !== undefined) return;
    const { recording } = await failing(sockets);
    const path = recording as string;
    const kept = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...kept, [field]: value }));
    expect(() => readRecording(path)).toThrow(`this recording is damaged: field "${field}`);
  });
});

it('a strategy that goes through all schedules is refused on real sockets', async () => {
  await expect(checkOnReal(counters, { sockets: 'node', strategy: 'dfs' })).rejects.toThrow(
    'the strategy dfs goes through all schedules, and on real sockets real time has a say',
  );
});
