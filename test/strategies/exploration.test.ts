// A systematic search in pieces: however it is divided, and stopped and gone on with, it finds what
// one that is not does.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/catalogue.ts';
import type { Model } from '../../src/models/model.ts';
import { exploredScenario } from '../../src/scenarios/explored.ts';
import {
  Exploration,
  type ExplorePlan,
  exploreSlice,
  savedExploration,
  type TakenPiece,
} from '../../src/sim/explore/exploration.ts';
import { Random } from '../../src/sim/schedule/random.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { wholeSearch } from '../../src/sim/schedule/strategies/dpor-path.ts';
import { asScenario, programs } from './sync-programs.ts';

const PLAN: ExplorePlan = {
  faultsMax: 0,
  preemptionsMax: null,
  processMemory: false,
  outcomes: true,
};

/** What another process, or a file, would be given. */
const asText = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

interface Found {
  readonly classes: number;
  readonly complete: number;
  readonly outcomes: readonly string[];
  readonly pieces: number;
  readonly stops: number;
}

/**
 * All of a search, by `width` workers who take as long as chance would have it, and stopped and
 * taken up again now and then.
 */
function searchBy(
  scenario: Scenario,
  width: number,
  seed: number,
  { plan = PLAN, stopRate = 0, runsMax = 3 } = {},
): Found {
  const random = new Random(seed);
  let exploration = new Exploration(plan);
  let busy: TakenPiece[] = [];
  let pieces = 0;
  let stops = 0;
  let stopping = false;
  for (;;) {
    while (busy.length < width && !stopping) {
      const taken = exploration.take(1 + random.below(runsMax));
      if (taken === undefined) break;
      busy.push(taken);
    }
    pieces = Math.max(pieces, busy.length);
    if (busy.length === 0) break;
    const next = busy[random.below(busy.length)] as TakenPiece;
    busy = busy.filter((one) => one !== next);
    const slice = exploreSlice(scenario, asText(next.order), exploration.beginnings);
    expect(slice.failed).toBeUndefined();
    exploration.settle(next, asText(slice), width);
    stopping ||= random.fraction() < stopRate;
    if (busy.length === 0 && stopping) {
      stops++;
      stopping = false;
      exploration = new Exploration(plan, savedExploration().parse(asText(exploration.save())));
    }
  }
  expect(exploration.isExhausted).toBe(true);
  expect(exploration.progress).toBe(1);
  const { classes, complete, outcomes } = exploration;
  return { classes, complete, outcomes: [...outcomes].sort(), pieces, stops };
}

const server = exploredScenario(MODELS.find(({ id }) => id === 'threaded') as Model, 'corrected', {
  clients: 2,
  messages: 1,
  network: 'loopback',
});

describe('a search in pieces', () => {
  const whole = searchBy(server, 1, 1, { runsMax: 1000 });

  it.each([2, 3, 7])('by %d workers finds the classes of one, each once', (width) => {
    const found = searchBy(server, width, width);
    expect(found.pieces).toBe(width);
    expect(found).toMatchObject({ classes: whole.classes, complete: whole.complete });
    expect(found.outcomes).toEqual(whole.outcomes);
    expect(found.complete).toBe(found.classes);
  });

  it.each([1, 3])('by %d workers that is stopped and taken up finds the same', (width) => {
    const found = searchBy(server, width, width, { stopRate: 0.5 });
    expect(found.stops).toBeGreaterThan(3);
    expect(found).toMatchObject({ classes: whole.classes, complete: whole.classes });
    expect(found.outcomes).toEqual(whole.outcomes);
  });

  it('keeps to a bound on preemptions, with what is known of beginnings', () => {
    const plan = { ...PLAN, preemptionsMax: 1 };
    const calls = ['lock', 'unlock', 'lock', 'unlock'];
    const scenario = asScenario([calls, calls, calls]);
    const bounded = searchBy(scenario, 1, 1, { plan, runsMax: 1000 });
    const stopped = searchBy(scenario, 1, 2, { plan, stopRate: 0.6 });
    expect(stopped.stops).toBeGreaterThan(3);
    expect(stopped).toMatchObject({ classes: bounded.classes, complete: bounded.complete });
  });

  it('finds the same in random programs', () => {
    let several = 0;
    fc.assert(
      fc.property(programs, fc.integer(), (program, seed) => {
        const scenario = asScenario(program);
        // A deadlock is how some of them end, and would end the search.
        fc.pre(!fails(scenario));
        const one = searchBy(scenario, 1, 1, { runsMax: 1000 });
        fc.pre(one.complete <= 200);
        if (one.classes > 10) several++;
        const other = searchBy(scenario, 3, seed, { stopRate: 0.2, runsMax: 2 });
        expect(other).toMatchObject({ classes: one.classes, complete: one.complete });
        expect(other.outcomes).toEqual(one.outcomes);
      }),
      { numRuns: 60, seed: 2026 },
    );
    expect(several).toBeGreaterThan(5);
  });
});

function fails(scenario: Scenario): boolean {
  const exploration = new Exploration(PLAN);
  const taken = exploration.take(200) as TakenPiece;
  const slice = exploreSlice(scenario, taken.order);
  exploration.settle(taken, slice);
  return slice.failed !== undefined || !exploration.isExhausted;
}

describe('a search of a scenario whose runs are not alike', () => {
  it('says so where it comes to another choice than before', () => {
    let runs = 0;
    const drifting = scenario('one more each time', (world) => {
      const isOdd = runs++ % 2 === 1;
      if (isOdd) world.draw('now and then', 2);
      const cell = world.cell('v', 0);
      for (const n of [1, 2]) {
        world.process('p').spawn(`writes ${n}`, function* (sys) {
          yield* sys.store(cell, n);
        });
      }
    });
    const order = { plan: PLAN, part: wholeSearch(), pinned: 0, sharedQueues: false, runs: 100 };
    expect(() => exploreSlice(drifting, order)).toThrow(
      /the same decisions have led to two different choices[\s\S]*draw with world\.draw/,
    );
  });
});
