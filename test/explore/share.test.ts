// A systematic search that is cut for several machines is, put together, the whole search.
import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/catalogue.ts';
import type { Model } from '../../src/models/model.ts';
import { exploredScenario } from '../../src/scenarios/explored.ts';
import { Exploration, type ExplorePlan, exploreSlice } from '../../src/sim/explore/exploration.ts';
import { openShare } from '../../src/sim/explore/explore-share.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Cell } from '../../src/sys/index.ts';

const SHARDS = [1, 2, 3, 4].map((index) => ({ index, of: 4 }));

function explored(id: string, messages = 1): Scenario {
  const model = MODELS.find((one) => one.id === id) as Model;
  return exploredScenario(model, 'corrected', { clients: 2, messages, network: 'loopback' });
}

function searched(scenario: Scenario, search: Exploration): Exploration {
  for (let taken = search.take(400); taken !== undefined; taken = search.take(400)) {
    search.settle(taken, exploreSlice(scenario, taken.order, search.beginnings));
    if (search.failed !== undefined) break;
  }
  return search;
}

const BITS = 9;

/**
 * Each bit is read before it is set or after. Only where all are read before, which a search comes
 * to late, something is asked for at the first decision of all.
 */
const asksAbove = (): Scenario =>
  scenario('asks above', (world) => {
    const first = new Cell('first', 0);
    const bits = Array.from({ length: BITS }, (_, i) => new Cell(`bit ${i}`, 0));
    const process = world.process('p');
    process.spawn('first', function* (sys) {
      yield* sys.store(first, 1);
    });
    for (const bit of bits) {
      process.spawn(bit.name, function* (sys) {
        yield* sys.store(bit, 1);
      });
    }
    process.spawn('reader', function* (sys) {
      let set = 0;
      for (const bit of bits) set += yield* sys.load(bit);
      if (set === 0) yield* sys.store(first, 2);
    });
  });

const classesOf = (search: Exploration): readonly string[] => search.save().classes;

describe('the shards of a systematic search', () => {
  const plan: ExplorePlan = {
    ...{ faultsMax: 0, preemptionsMax: null, processMemory: false, outcomes: true },
  };

  it.each([
    ['threaded', plan],
    ['select-queues', plan],
    ['epoll-level', plan],
    ['sequential', { ...plan, faultsMax: 1 }],
  ] as const)('of %s make together one run of each class, and are each complete', (id, its) => {
    const scenario = explored(id);
    const whole = searched(scenario, new Exploration(its));
    const shards = SHARDS.map((shard) => searched(scenario, openShare(scenario, its, shard, 0)));
    const all = shards.flatMap(classesOf);
    expect(shards.every(({ isExhausted }) => isExhausted)).toBe(true);
    expect(shards.filter(({ classes }) => classes > 0).length).toBeGreaterThan(1);
    expect([...new Set(all)].sort()).toEqual([...classesOf(whole)].sort());
    // Runs in which other faults fire may be of one class.
    if (its.faultsMax === 0) expect(all).toHaveLength(whole.classes);
    const outcomes = new Set(shards.flatMap((one) => [...one.outcomes]));
    expect([...outcomes].sort()).toEqual([...whole.outcomes].sort());
  });

  it('lose no run that is asked for above where they are cut', () => {
    const whole = searched(asksAbove(), new Exploration(plan));
    const halves = [1, 2].map((index) =>
      searched(asksAbove(), openShare(asksAbove(), plan, { index, of: 2 }, 0)),
    );
    // Where all bits are read before, either of two may be the first.
    expect(whole.classes).toBe(2 ** BITS + 1);
    expect(halves.every(({ classes }) => classes > 0)).toBe(true);
    expect(halves.flatMap(classesOf).sort()).toEqual([...classesOf(whole)].sort());
  });

  it('goes on where a shard was stopped', () => {
    const scenario = explored('select-queues');
    const whole = searched(scenario, openShare(scenario, plan, { index: 2, of: 4 }, 0));
    const begun = openShare(scenario, plan, { index: 2, of: 4 }, 0);
    const taken = begun.take(20);
    if (taken !== undefined) {
      begun.settle(taken, exploreSlice(scenario, taken.order, begun.beginnings));
    }
    const saved = JSON.parse(JSON.stringify(begun.save())) as ReturnType<Exploration['save']>;
    const again = searched(scenario, new Exploration(plan, saved));
    expect(again.isExhausted).toBe(true);
    expect(again.plan.share).toEqual(whole.plan.share);
    expect(classesOf(again).length).toBe(whole.classes);
    expect([...classesOf(again)].sort()).toEqual([...classesOf(whole)].sort());
  });

  it('leave what cannot be cut to one of them', () => {
    const scenario = explored('threaded');
    const bounded = { ...plan, preemptionsMax: 0 };
    for (const place of [0, 1]) {
      const pieces = SHARDS.map((shard) => openShare(scenario, bounded, shard, place).pieces);
      expect(pieces.map((count) => count > 0)).toEqual(SHARDS.map((_, at) => at === place));
    }
  });
});
