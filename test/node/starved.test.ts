import { readFileSync } from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import type * as Starved from '../../src/node/starved.ts';
import type { World } from '../../src/sim/schedule/world.ts';

const machine = { wallMs: 0, cpuMs: 0, starvedMs: new Map<number, number>() };
vi.spyOn(performance, 'now').mockImplementation(() => machine.wallMs);
vi.spyOn(process, 'cpuUsage').mockImplementation(() => ({
  user: machine.cpuMs * 1_000,
  system: 0,
}));
vi.mock('../../src/node/starved.ts', () => ({
  ownThreadNumber: () => 1,
  starvedMs: (thread: number) => machine.starvedMs.get(thread) ?? 0,
}));
// It takes hold of the clock when it is loaded.
const { RunTime } = await import('../../src/node/host/run-time.ts');

const LIMIT_MS = 5_000;

/** The program's thread has the number 2. */
function begin(): ReturnType<typeof RunTime.of> {
  const time = RunTime.of({ patience: 1, stepCount: 0 } as World);
  time.follow(2);
  return time;
}

afterEach(() => {
  machine.wallMs = 0;
  machine.cpuMs = 0;
  machine.starvedMs.clear();
});

it('is over where a program has worked for so long', () => {
  const time = begin();
  machine.wallMs = machine.cpuMs = LIMIT_MS - 1;
  expect(time.exceeds(LIMIT_MS)).toBe(false);
  machine.wallMs = machine.cpuMs = LIMIT_MS;
  expect(time.exceeds(LIMIT_MS)).toBe(true);
});

it('is over where a program has slept on the real machine for four times as long', () => {
  const time = begin();
  machine.wallMs = 4 * LIMIT_MS - 1;
  expect(time.exceeds(LIMIT_MS)).toBe(false);
  machine.wallMs = 4 * LIMIT_MS;
  expect(time.exceeds(LIMIT_MS)).toBe(true);
});

it.each([1, 2])('does not count while thread %d waits for a core', (thread) => {
  machine.starvedMs.set(thread, 700_000);
  const time = begin();
  machine.wallMs = 4 * LIMIT_MS;
  machine.cpuMs = LIMIT_MS;
  machine.starvedMs.set(thread, 700_000 + 3 * LIMIT_MS + 1);
  expect(time.exceeds(LIMIT_MS)).toBe(false);
  machine.wallMs++;
  expect(time.exceeds(LIMIT_MS)).toBe(true);
});

it.runIf(process.platform === 'linux')('reads what Linux says of a thread', async () => {
  const actual = await vi.importActual<typeof Starved>('../../src/node/starved.ts');
  const thread = actual.ownThreadNumber();
  const [, delay] = readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ');
  expect(actual.starvedMs(thread)).toBeGreaterThanOrEqual(Number(delay) / 1e6);
  expect(actual.starvedMs(undefined)).toBe(0);
  // Linux gives no thread this number.
  expect(actual.starvedMs(0)).toBe(0);
});
