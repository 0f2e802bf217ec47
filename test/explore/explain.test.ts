import { describe, expect, it } from 'vitest';
import { replay } from '../../src/sim/explore/attempt.ts';
import { explain } from '../../src/sim/explore/explain.ts';
import { type Found, fuzz } from '../../src/sim/explore/fuzz.ts';
import { recordRun } from '../../src/sim/explore/record.ts';
import { shrink } from '../../src/sim/explore/shrink.ts';
import type { Failure } from '../../src/sim/schedule/failure.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { formatReport } from '../../src/sim/trace/report.ts';
import { tellStory } from '../../src/sim/trace/story.ts';
import { Cell } from '../../src/sys/index.ts';
import { SPECIMENS } from '../zoo/programs.ts';
import { callsIn } from './calls-in.ts';

/** Two tasks add to a cell without a lock, and a bystander does something that concerns nobody. */
const lostUpdate = scenario('lost update', (world) => {
  const v = new Cell('v', 0);
  const home = world.process('home');
  for (const name of ['a', 'b']) {
    home.spawn(name, function* adds(sys) {
      yield* sys.store(v, (yield* sys.load(v)) + 1);
    });
  }
  home.spawn('bystander', function* stands(sys) {
    yield* sys.gettid();
    yield* sys.gettid();
  });
  world.finally('every update counts', () => v.value === 2 || `it is ${v.value}`);
});

function firstOf(given: Scenario, strategySeed = 1): Found {
  const { found } = fuzz(given, { runs: 5_000, seed: strategySeed });
  if (found === undefined) throw new Error(`${given.name} did not fail`);
  return found;
}

function shrunkOf(given: Scenario): { decisions: number[]; failure: Failure } {
  const { decisions, result } = shrink(given, firstOf(given));
  return { decisions, failure: result.failure as Failure };
}

describe('an explanation', () => {
  it('marks the decision that the failure needs, and finds where the nearest passing run parts from it', () => {
    const failing = shrunkOf(lostUpdate);
    const { decisions, neighbours, gone, nearest } = explain(lostUpdate, failing);
    expect(decisions.map(({ matters }) => matters)).toContain(true);
    expect(neighbours).toBeGreaterThan(0);
    expect(gone).toBeGreaterThan(0);
    expect(nearest?.changed).toHaveLength(1);
    expect(replay(lostUpdate, nearest?.decisions ?? []).failure).toBeUndefined();
    // Whoever wrote second had read too early in one of them.
    expect(nearest?.parting?.effect?.here).toMatchObject({ did: 'load v', result: '0' });
    expect(nearest?.parting?.effect?.there).toMatchObject({ did: 'load v', result: '1' });
  });

  it('of a calm run that fails lets a start be that says nothing of it', () => {
    const start = 40;
    const replaysMax = 60;
    const starts = scenario('two start, and then take turns', (world) => {
      const log: string[] = [];
      const home = world.process('home');
      const there = new Int32Array(2);
      for (const [own, name] of ['a', 'b'].entries()) {
        home.spawn(name, function* takes(sys) {
          for (let i = 0; i < start; i++) yield* sys.gettid();
          there[own] = 1;
          yield* sys.futexWake(there, own);
          try {
            yield* sys.futexWait(there, 1 - own, 0);
          } catch {
            // The other is there already.
          }
          for (let turn = 0; turn < 3; turn++) {
            yield* sys.gettid();
            log.push(name);
          }
        });
      }
      world.finally('they take turns', () => /^b+a+b+a/.test(log.join('')) || log.join(''));
    });
    const { failure } = replay(starts, []);
    expect(failure?.message).toContain('bbbaaa');
    const failing = { decisions: [], failure: failure as Failure };
    const { nearest } = explain(starts, failing, { replaysMax });
    const steps = nearest?.changed.map(({ step }) => step) ?? [];
    expect(steps).toHaveLength(2);
    expect(Math.min(...steps)).toBeGreaterThan(2 * start);
  });

  it('tells decisions that matter from those that do not', () => {
    // Found by a walk and not reduced: the bystander moves here and there, and that matters to
    // nobody.
    const found = firstOf(lostUpdate);
    const { decisions } = explain(lostUpdate, found);
    for (const { place, matters } of decisions) {
      const changed = found.decisions.with(place, 0);
      const { failure } = replay(lostUpdate, changed, 'clamp');
      expect(matters).toBe(failure?.signature !== found.failure.signature);
    }
    expect(new Set(decisions.map(({ matters }) => matters))).toEqual(new Set([true, false]));
  });

  it('is the same each time, and stays within its budget', () => {
    const failing = firstOf(lostUpdate);
    expect(explain(lostUpdate, failing)).toEqual(explain(lostUpdate, failing));
    for (const replaysMax of [0, 1, 3]) {
      expect(explain(lostUpdate, failing, { replaysMax }).replays).toBeLessThanOrEqual(replaysMax);
    }
  });

  it('goes through no pairs once its budget is spent', async () => {
    const turns = 400;
    const long = scenario('a long run that fails', (world) => {
      for (const name of ['a', 'b']) {
        world.process(name).spawn(name, function* body(sys) {
          for (let i = 0; i < turns; i++) yield* sys.gettid();
        });
      }
      world.finally('never', () => false);
    });
    const decisions = new Array<number>(turns).fill(1);
    const failing = { decisions, failure: replay(long, decisions).failure as Failure };
    const calls = await callsIn('explain.ts', () => explain(long, failing, { replaysMax: 0 }));
    expect(calls).toBeGreaterThan(turns);
    // All pairs would be 200 times as many as there are decisions.
    expect(calls).toBeLessThan(20 * turns);
  });

  it('looks further where no single change fixes it', () => {
    const always = scenario('it fails whatever happens', (world) => {
      world.process('p').spawn('a', function* a(sys) {
        yield* sys.gettid();
      });
      world.finally('never', () => false);
    });
    const failing = { decisions: [], failure: replay(always, []).failure as Failure };
    expect(explain(always, failing)).toMatchObject({ decisions: [], nearest: undefined });
  });

  it.each(
    SPECIMENS.filter(({ name }) =>
      /^(deadlock01|twostage|reorder_3|bluetooth_driver|account-manager|stringbuffer-jdk1.4)$/.test(
        name,
      ),
    ),
  )('finds a passing run next to every shrunk failure: $name', ({ scenario: given }) => {
    const failing = shrunkOf(given);
    const { nearest } = explain(given, failing);
    expect(nearest?.changed).toHaveLength(1);
    expect(nearest?.parting).toBeDefined();
  });
});

it('stands in the report', () => {
  const failing = shrunkOf(lostUpdate);
  const { run, recorder } = recordRun(lostUpdate, failing.decisions);
  const story = tellStory(failing.failure, run.world, recorder, explain(lostUpdate, failing));
  expect(formatReport(story, { scenario: lostUpdate.name, next: [] })).toMatchInlineSnapshot(`
    "ScheduleFailure: it is 1

      scenario   lost update
      law        every update counts

          step  time  task      did          result
             1  0 ms  a         load v       0                          …/explore/explain.test.ts:21
       ◆     2  0 ms  b         load v       0 (a could move)           …/explore/explain.test.ts:21
             3  0 ms  b         store v = 1  ok                         …/explore/explain.test.ts:21
             4  0 ms  a         store v = 1  ok                         …/explore/explain.test.ts:21
             6  0 ms  bystander gettid       3 (2 times in a row)       …/explore/explain.test.ts:26
       ✗   end  0 ms  the law: it is 1
               + 1 other step

      matters    ◆2: the failure is gone in both schedules with another choice there
      nearest    it passes if a moves at step 2 instead of b
      here       step 2: b load v → 0
      there      step 2: a store v = 1 → ok

      tasks      a ended · b ended · bystander ended"
  `);
});
