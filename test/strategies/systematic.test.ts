import { describe, expect, it } from 'vitest';
import { attempt } from '../../src/sim/explore/attempt.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { ContextBound } from '../../src/sim/schedule/strategies/context-bound.ts';
import { DelayBound } from '../../src/sim/schedule/strategies/delay-bound.ts';
import { DepthFirst } from '../../src/sim/schedule/strategies/depth-first.ts';
import type { Strategy } from '../../src/sim/schedule/strategy.ts';
import { SPECIMENS } from '../zoo/programs.ts';
import { independent, yielding } from './worlds.ts';

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

/** In how many orders tasks of so many steps each can be interleaved. */
function multinomial(steps: readonly number[]): number {
  const total = steps.reduce((sum, n) => sum + n, 0);
  return steps.reduce((left, n) => left / factorial(n), factorial(total));
}

/** The schedules of all runs until the strategy has nothing left. */
function schedulesOf(scenario: Scenario, strategy: Strategy): string[] {
  const schedules: string[] = [];
  for (;;) {
    const result = attempt(scenario, strategy);
    if (result === undefined) return schedules;
    schedules.push(result.schedule.join());
  }
}

describe('depth-first search', () => {
  it.each([[[1, 1]], [[3, 3]], [[5, 2]], [[2, 2, 2]], [[3, 2, 1]], [[2, 2, 2, 1]]])(
    'makes every interleaving of %j steps once',
    (steps) => {
      const orders: string[] = [];
      const scenario = independent(steps, (order) => orders.push(order));
      schedulesOf(scenario, new DepthFirst());
      expect(orders).toHaveLength(multinomial(steps));
      expect(new Set(orders).size).toBe(orders.length);
    },
  );

  it('lets a task run on that has given up its turn, once', () => {
    const orders: string[] = [];
    const scenario = yielding(3, (order) => orders.push(order));
    schedulesOf(scenario, new DepthFirst());
    // Of the orders of three steps of `a` and one of `b` those in which `a` gives up its turn twice
    // and still runs on are left out.
    expect(orders.sort()).toEqual(['aaba', 'abaa', 'baaa']);
  });

  it('tries the inputs of a scenario like everything else', () => {
    const seen: number[] = [];
    const scenario = {
      ...independent([1]),
      build: (world: Parameters<Scenario['build']>[0]) => {
        seen.push(world.draw('input', 3) * 10 + world.draw('another', 2));
      },
    };
    schedulesOf(scenario, new DepthFirst());
    expect(seen.sort((a, b) => a - b)).toEqual([0, 1, 10, 11, 20, 21]);
  });
});

describe.each([
  ['iterative context bounding', () => new ContextBound()],
  ['delay bounding', () => new DelayBound()],
] as const)('%s', (_name, make) => {
  it.each(['deadlock01', 'twostage', 'bluetooth_driver', 'account-manager'])(
    'comes to make every schedule once: %s',
    (name) => {
      const scenario = SPECIMENS.find((specimen) => specimen.name === name)?.scenario as Scenario;
      const all = schedulesOf(scenario, new DepthFirst());
      const bounded = schedulesOf(scenario, make());
      expect(new Set(bounded)).toEqual(new Set(all));
      expect(bounded).toHaveLength(all.length);
    },
  );
});

describe('iterative context bounding', () => {
  const small = SPECIMENS.filter(
    ({ preemptions, large, name }) =>
      preemptions !== undefined &&
      large !== true &&
      !/reorder_5|wronglock$|philosophers [57]|lost update/.test(name),
  );

  it.each(small)('first fails with the fewest preemptions: $name', ({ scenario, preemptions }) => {
    const strategy = new ContextBound();
    for (;;) {
      const result = attempt(scenario, strategy);
      expect(result).toBeDefined();
      if (result?.failure !== undefined) break;
    }
    expect(strategy.cost).toBe(preemptions);
  });

  it('stops at its bound', () => {
    const orders: string[] = [];
    schedulesOf(
      independent([2, 2], (order) => orders.push(order)),
      new ContextBound(0),
    );
    expect(orders.sort()).toEqual(['aabb', 'bbaa']);
  });
});

describe('delay bounding', () => {
  it('passes over as many as it may', () => {
    const orders: string[] = [];
    schedulesOf(
      independent([1, 1, 1], (order) => orders.push(order)),
      new DelayBound(1),
    );
    expect(orders.sort()).toEqual(['abc', 'acb', 'bac']);
  });
});
