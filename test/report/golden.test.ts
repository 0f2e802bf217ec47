// Every form that a report has, of real failures, word for word. `npx vitest run test/report -u`
// writes them again; read what it wrote.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type CheckOptions,
  check,
  inMacrotask,
  type Scenario,
  type Sys,
  scenario,
  type World,
} from '../../src/index.ts';
import { identify, SCENARIOS } from '../../src/scenarios/index.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { investigate } from '../../src/sim/explore/investigate.ts';
import { recordRun, recordUnder } from '../../src/sim/explore/record.ts';
import { asError } from '../../src/sim/explore/reporting.ts';
import { bytesText } from '../../src/sim/kernel/calls/text.ts';
import { noStarvationLaw } from '../../src/sim/laws/liveness.ts';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import { ReplayByName } from '../../src/sim/schedule/strategies/replay-by-name.ts';
import { PROGRAMS } from './programs.ts';
import { PUBLISHED } from './published.ts';

const golden = (name: string): string => join(import.meta.dirname, 'golden', `${name}.txt`);

/** Who finds the failures: what is pinned are the reports, whatever the default search does. */
const FINDER = 'random';

/** What a test runner shows of a failing check. */
async function reportOf(its: Scenario, options: CheckOptions = {}): Promise<string> {
  const how = { folder: false, strategy: FINDER, ...options } as const;
  const error = await check(its, how).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  const { name, message } = error as Error;
  return `${name}: ${message}\n`;
}

/** Of a known fault of a model as it was written. */
function faultOf(model: string, number: number): string {
  const entry = SCENARIOS.find(
    ({ model: { id }, expects }) => id === model && expects.includes(number),
  );
  if (entry === undefined) throw new Error(`${model} has no fault ${number}`);
  const isIt = (found: { failure: Parameters<typeof identify>[1] }): boolean =>
    identify(entry.model, found.failure).includes(number);
  const { found } = fuzz(entry.scenario, {
    runs: 5000,
    seed: 1,
    strategy: makeStrategy(FINDER, { seed: 1, firstRun: 1 }),
    onFailure: (one) => !isIt(one),
  });
  if (found === undefined || !isIt(found)) throw new Error(`fault ${number} was not found`);
  return `${asError(investigate(entry.scenario, found), { next: [] }).message}\n`;
}

function twoLocks(world: World): void {
  const [left, right] = [world.mutex('left'), world.mutex('right')];
  const both = (first: typeof left, second: typeof left) =>
    function* (sys: Sys) {
      yield* sys.lock(first);
      yield* sys.lock(second);
      yield* sys.unlock(second);
      yield* sys.unlock(first);
    };
  const process = world.process('table');
  process.spawn('anna', both(left, right));
  process.spawn('ben', both(right, left));
}

/** The waiter looks before it takes the mutex, so the signal may come in between. */
function signalTooEarly(world: World): void {
  const [mutex, ready] = [world.mutex('m'), world.condition('ready')];
  const flag = world.cell('flag', false);
  const process = world.process('p');
  process.spawn('waiter', function* (sys) {
    if (yield* sys.load(flag)) return;
    yield* sys.lock(mutex);
    yield* sys.condWait(ready, mutex);
    yield* sys.unlock(mutex);
  });
  process.spawn('signaller', function* (sys) {
    yield* sys.store(flag, true);
    yield* sys.condSignal(ready);
  });
}

function unlockedCounter(world: World): void {
  const n = world.cell('n', 0);
  for (const name of ['a', 'b']) {
    world.process('p').spawn(name, function* (sys) {
      const before = yield* sys.load(n);
      yield* sys.store(n, before + 1);
    });
  }
}

/** Two who take turns; the law wants no turn of b's between a's. `edited`: b has one turn less. */
function turns(edited: boolean): Scenario {
  return scenario('a is not interrupted', (world) => {
    let said = '';
    world.process('p').spawn('a', function* (sys) {
      for (let i = 0; i < 3; i++) {
        yield* sys.getpid();
        said += 'a';
      }
    });
    world.process('p').spawn('b', function* (sys) {
      yield* sys.getpid();
      said += 'b';
      if (edited) return;
      yield* sys.gettid();
      said += 'b';
    });
    world.finally('not twice', () => !/ab+a.*b.*a/.test(said) || said);
  });
}

describe('reports', () => {
  it.each([
    ['died', () => faultOf('select-queues', 8)],
    ['died-of-reset', () => faultOf('sequential', 3)],
    ['starvation', () => faultOf('got-select', 15)],
    ['leak', () => faultOf('asyncio-queue', 20)],
    ['lost-edge', () => faultOf('epoll-edge', 25)],
    ['deadlock', () => reportOf(scenario('two who eat', twoLocks))],
    ['lost-wake-up', () => reportOf(scenario('a signal is heard', signalTooEarly))],
    ['data-race', () => reportOf(scenario('a counter', unlockedCounter), { races: true })],
    [
      'unfair',
      () => {
        const its = scenario('everybody has a turn', (world) => {
          noStarvationLaw(world, 20);
          for (const name of ['a', 'b']) {
            world.process('p').spawn(name, function* (sys) {
              for (let i = 0; i < 30; i++) yield* sys.getpid();
            });
          }
        });
        return reportOf(its, { strategy: 'sticky' });
      },
    ],
    [
      'law-threw',
      () =>
        reportOf(
          scenario('a law with a mistake', (world) => {
            world.always('is asked', () => (undefined as unknown as string).length > 0);
            world.process('p').spawn('a', (sys) => sys.getpid()[Symbol.iterator]());
          }),
        ),
    ],
    [
      'outside',
      () =>
        reportOf(
          scenario('waits for nobody', (world) => {
            world.process('p').spawn('a', async (sys) => {
              await sys.getpid();
              await new Promise(() => {});
            });
          }),
        ),
    ],
    [
      'nondeterminism',
      () => {
        let runs = 0;
        const its = scenario('counts its runs', (world) => {
          const ms = ++runs;
          world.process('p').spawn('a', (sys) => sys.nanosleep({ ms })[Symbol.iterator]());
        });
        return reportOf(its);
      },
    ],
    [
      'departure',
      () => {
        const { found } = fuzz(turns(false), { runs: 1000, seed: 1 });
        if (found === undefined) throw new Error('nobody interrupts a');
        const named = recordRun(turns(false), found.decisions).recorder.named();
        try {
          recordUnder(turns(true), new ReplayByName(named));
          return 'no departure';
        } catch (error) {
          return `${(error as Error).name}: ${(error as Error).message}\n`;
        }
      },
    ],
    ...Object.entries({ ...PROGRAMS, ...PUBLISHED }).map(
      ([name, its]) => [name, (): Promise<string> => reportOf(its)] as const,
    ),
  ] as const)(
    '%s',
    async (name, make) => {
      const text = await inMacrotask(() => make());
      for (const line of text.split('\n')) {
        if (!line.startsWith('  pin ')) expect(line.length, line).toBeLessThanOrEqual(96);
      }
      expect(text.split('\n').length).toBeLessThanOrEqual(60);
      const rows = text.split('\n').filter((line) => /^ {3}[ ◆◇✗] {1,5}\d+ {2}/.test(line));
      expect(rows.length).toBeLessThanOrEqual(12);
      // Where in the models' sources it was is theirs to change, and how much work the shrinker
      // has is its own.
      const steady = text
        .replace(/(src\/\S+?|…\S+?\.ts):\d+(:\d+)?/g, '$1:LINE')
        .replace(/^( {2}reduced +).*$/m, '$1…');
      await expect(steady).toMatchFileSnapshot(golden(name));
    },
    120_000,
  );
});

describe('bytes in a report', () => {
  it.each([
    ['HTTP/1.1 200 OK\r\n', '"HTTP/1.1 200 OK\\r\\n"'],
    ['*1\r\n$4\r\nPING\r\n', '"*1\\r\\n$4\\r\\nPING\\r\\n"'],
    ['\u0000\u0001', '2 B 0001'],
  ])('%j reads %s', (text, told) => {
    expect(bytesText(new TextEncoder().encode(text))).toBe(told);
  });
});
