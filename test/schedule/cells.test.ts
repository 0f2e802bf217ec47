// A cell may hold anything.

import { describe, expect, it } from 'vitest';
import { replay } from '../../src/sim/explore/attempt.ts';
import { Exploration, exploreSlice, type TakenPiece } from '../../src/sim/explore/exploration.ts';
import { recordRun } from '../../src/sim/explore/record.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Cell, Mutex } from '../../src/sys/index.ts';

const circle: { self?: unknown } = {};
circle.self = circle;
const { proxy, revoke } = Proxy.revocable({}, {});
revoke();

/** Values, and how a report names them. */
const VALUES: readonly (readonly [name: string, value: unknown, text: string])[] = [
  ['a mutex that has been used', undefined, '{…}'],
  ['a circle', circle, '{…}'],
  ['a BigInt', 7n, '7'],
  ['an object with a BigInt', { n: 7n }, '{…}'],
  ['a function', () => 7, 'function'],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  ['what cannot be touched', proxy, '{…}'],
  ['what throws when it is told', { toJSON: () => JSON.parse('{') }, '{…}'],
  ['nothing', undefined, 'undefined'],
  ['an error', new Error('e'), '{}'],
];

const holding = (name: string, value: unknown): Scenario =>
  scenario(`a cell of ${name}`, (world) => {
    const mutex = new Mutex('m');
    const its = name.startsWith('a mutex') ? { mutex } : value;
    const cell = new Cell<unknown>('cell', its);
    world.process('p').spawn('main', function* main(sys) {
      yield* sys.lock(mutex);
      if ((yield* sys.load(cell)) !== its) throw new Error('another value');
      yield* sys.store(cell, its);
      yield* sys.update(cell, (now) => now);
      yield* sys.unlock(mutex);
    });
  });

describe('a cell of', () => {
  it.each(VALUES)('%s is run, told, compared and searched', (name, value, text) => {
    const subject = holding(name, value);
    const result = replay(subject, []);
    expect(result.failure).toBeUndefined();
    expect(replay(subject, []).digest).toBe(result.digest);
    const { steps } = recordRun(subject, []).recorder;
    expect(steps.map((step) => step.result)).toContain(text);
    const plan = { faultsMax: 0, preemptionsMax: null, processMemory: false, outcomes: true };
    const taken = new Exploration(plan).take(10) as TakenPiece;
    expect(exploreSlice(subject, taken.order).outcomes).toHaveLength(1);
  });
});
