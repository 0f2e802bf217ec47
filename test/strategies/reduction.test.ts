/**
 * The reduced search against the plain one, on random programs in which whatever a task is about to
 * do may be taken from it: processes end, become other programs, are killed, and are told by
 * signals.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { DepthFirst } from '../../src/sim/schedule/strategies/depth-first.ts';
import type { World } from '../../src/sim/schedule/world.ts';
import {
  Cell,
  Mutex,
  POLLIN,
  type Program,
  SIGCHLD,
  SIGTERM,
  SIGUSR1,
  type Sys,
} from '../../src/sys/index.ts';
import { search, searchReduced } from './exact.ts';

const CALLS = [
  'exit',
  'exec',
  'terminate',
  'signal',
  'handle',
  'notice children',
  'wait',
  'wait for one',
  'store',
  'load',
  'lock',
  'unlock',
  'write',
  'read',
  'poll in time',
  'sleep',
  'sleep longer',
  'ask the ring',
  'look at the ring',
  'close',
  'dup',
] as const;
type Call = (typeof CALLS)[number];

/** A task of the first process, or a process of its own. */
interface Worker {
  readonly forked: boolean;
  readonly calls: readonly Call[];
}

const calls = fc.array(fc.constantFrom(...CALLS), { minLength: 1, maxLength: 3 });
const programs = fc.array(fc.record({ forked: fc.boolean(), calls }), {
  minLength: 2,
  maxLength: 3,
});

interface Things {
  readonly cell: Cell<number>;
  readonly mutex: Mutex;
  readonly pipe: readonly [number, number];
  readonly ring: number;
  /** The process that came last, or will. */
  readonly victim: number;
}

function asScenario(
  workers: readonly Worker[],
  last: (value: number) => void = () => {},
): Scenario {
  const name = workers.map(
    (one) => `${one.forked ? 'process' : 'thread'}: ${one.calls.join(', ')}`,
  );
  const build = (world: World): void => {
    const cell = new Cell('x', 0);
    const mutex = new Mutex('m');
    world.finally('what is stored in the end', () => {
      last(cell.value);
    });
    world.process('p').spawn('main', function* main(sys) {
      const pipe = yield* sys.pipe();
      const ring = workers.some((one) => one.calls.some((call) => call.includes('ring')))
        ? yield* sys.ringSetup(4)
        : -1;
      const victim = 1 + workers.slice(0, -1).filter(({ forked }) => forked).length;
      const things: Things = { cell, mutex, pipe, ring, victim };
      // The last is the first task itself, so that there is one task less.
      for (const [i, { forked, calls: asked }] of workers.entries()) {
        const body = (own: Sys): Program => work(own, asked, i, things);
        if (i === workers.length - 1) yield* body(sys);
        else if (forked) yield* sys.fork(body);
        else yield* sys.spawn(body, { name: `t${i}` });
      }
    });
  };
  // Systematic search by races leaves out that time may be short.
  return scenario(name.join('; '), build, { faults: [] });
}

function* work(sys: Sys, asked: readonly Call[], i: number, things: Things): Program {
  for (const call of asked) {
    try {
      yield* carryOut(sys, call, i, things);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
    }
  }
}

function* carryOut(sys: Sys, call: Call, i: number, things: Things): Program {
  const { cell, mutex, pipe, ring, victim } = things;
  switch (call) {
    case 'exit':
      return void (yield* sys.exit(i));
    case 'exec':
      return void (yield* sys.exec(function* other(own) {
        yield* own.load(cell);
      }));
    case 'terminate':
      return void (yield* sys.kill(victim, SIGTERM));
    case 'signal':
      return void (yield* sys.kill(victim, SIGUSR1));
    case 'handle':
      return void (yield* sys.sigaction(SIGUSR1, {
        handler: function* (_, own): Program {
          yield* own.update(cell, (n) => n * 2);
        },
      }));
    case 'notice children':
      return void (yield* sys.sigaction(SIGCHLD, {
        handler: (_, own): Program => work(own, ['wait for one'], i, things),
      }));
    case 'wait':
      return void (yield* sys.waitpid());
    case 'wait for one':
      return void (yield* sys.waitpid(victim, { nohang: true }));
    case 'store':
      return void (yield* sys.store(cell, i + 1));
    case 'load':
      return void (yield* sys.load(cell));
    case 'lock':
      return void (yield* sys.lock(mutex));
    case 'unlock':
      return void (yield* sys.unlock(mutex));
    case 'write':
      return void (yield* sys.write(pipe[1], new Uint8Array([i])));
    case 'read':
      return void (yield* sys.read(pipe[0], 1));
    case 'poll in time':
      return void (yield* sys.poll([{ fd: pipe[0], events: POLLIN }], 1));
    case 'sleep':
      return void (yield* sys.nanosleep({ ms: 1 }));
    case 'sleep longer':
      return void (yield* sys.nanosleep({ ms: 2 }));
    case 'ask the ring':
      return void (yield* sys.ringSubmit(ring, [
        { op: 'read', fd: pipe[0], bytesMax: 1, data: i },
      ]));
    case 'look at the ring':
      return void (yield* sys.ringWait(ring, 1, 1));
    case 'close':
      return void (yield* sys.close(pipe[1]));
    case 'dup':
      return void (yield* sys.dup(pipe[0]));
  }
}

/** More interleavings than this, and a program is passed over. */
const RUNS_MAX = 400;
const PROGRAMS = 2_050;

it('finds the outcomes of the plain search, and makes no class twice', () => {
  let compared = 0;
  let severalOutcomes = 0;
  fc.assert(
    fc.property(programs, (program) => {
      const values = { plain: new Set<number>(), reduced: new Set<number>() };
      const plain = search(
        asScenario(program, (value) => values.plain.add(value)),
        new DepthFirst(),
        RUNS_MAX,
      );
      if (plain === undefined) return;
      compared++;
      if (plain.outcomes.size > 1) severalOutcomes++;
      const reduced = searchReduced(
        asScenario(program, (value) => values.reduced.add(value)),
        {},
        RUNS_MAX,
      );
      expect([...values.reduced].sort()).toEqual([...values.plain].sort());
      expect([...(reduced?.outcomes ?? [])].sort()).toEqual([...plain.outcomes].sort());
      expect([...(reduced?.failures ?? [])].sort()).toEqual([...plain.failures].sort());
      if (plain.failures.size === 0) expect(reduced?.runs).toBe(reduced?.classes.size);
    }),
    { numRuns: PROGRAMS, seed: 2026 },
  );
  expect(compared).toBeGreaterThan(2_000);
  // In many of them it does not matter who goes first.
  expect(severalOutcomes).toBeGreaterThan(700);
});

it('takes a step before the end of its process, and after it never', () => {
  const values = new Set<number>();
  const world = asScenario(
    [
      { forked: false, calls: ['store'] },
      { forked: false, calls: ['exit'] },
    ],
    (value) => values.add(value),
  );
  expect(searchReduced(world)?.runs).toBe(2);
  expect([...values].sort()).toEqual([0, 1]);
});

it('takes whoever sleeps in a process before its end too, where he need not have slept', () => {
  const reduced = searchReduced(
    asScenario([
      { forked: false, calls: ['lock'] },
      { forked: false, calls: ['lock', 'exit'] },
    ]),
  );
  expect([...(reduced?.failures ?? [])]).toEqual(['deadlock/main lock']);
});
