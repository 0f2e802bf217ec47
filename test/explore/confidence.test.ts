import { describe, expect, it } from 'vitest';
import { attempt } from '../../src/sim/explore/attempt.ts';
import { type Confidence, confidenceText, Survey } from '../../src/sim/explore/confidence.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { searchBatches } from '../../src/sim/explore/search-batches.ts';
import { FAULT_NAMES } from '../../src/sim/kernel/choices.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { DepthFirst } from '../../src/sim/schedule/strategies/depth-first.ts';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import { InterleavingClass } from '../../src/sim/schedule/strategies/interleaving-class.ts';
import { Cell, type Program, type Sys } from '../../src/sys/index.ts';
import { independent } from '../strategies/worlds.ts';

/**
 * `accesses[i]` accesses by task i to one cell, each its own process, so that nothing but the cell
 * is shared.
 */
function sharing(
  accesses: readonly number[],
  access: (sys: Sys, cell: Cell<number>) => Program,
): Scenario {
  return scenario('sharing', (world) => {
    const cell = new Cell('cell', 0);
    accesses.forEach((count, i) => {
      world.process(`p${i}`).spawn(`t${i}`, function* works(sys) {
        for (let n = 0; n < count; n++) yield* access(sys, cell);
      });
    });
  });
}

function* writes(sys: Sys, cell: Cell<number>): Program {
  yield* sys.store(cell, 1);
}
function* reads(sys: Sys, cell: Cell<number>): Program {
  yield* sys.load(cell);
}

/** All interleavings, and their classes. */
function classesOf(given: Scenario): { runs: number; classes: number } {
  const strategy = new InterleavingClass(new DepthFirst());
  const classes = new Set<number>();
  let runs = 0;
  for (; attempt(given, strategy) !== undefined; runs++) classes.add(strategy.fingerprint);
  return { runs, classes: classes.size };
}

describe('classes of interleavings', () => {
  it.each([[[2, 2]], [[3, 1, 1]], [[2, 2, 2]]])(
    'are one where no two steps conflict: %j steps',
    (steps) => {
      expect(classesOf(independent(steps)).classes).toBe(1);
    },
  );

  it.each([
    [[2, 2], 6],
    [[3, 1, 1], 20],
    [[2, 2, 2], 90],
  ])('are as many as interleavings where all steps conflict: %j writes', (steps, count) => {
    expect(classesOf(sharing(steps, writes))).toEqual({ runs: count, classes: count });
  });

  it('do not tell the order of reads', () => {
    expect(classesOf(sharing([3, 2], reads))).toEqual({ runs: 10, classes: 1 });
  });

  it('tell apart between which writes a read comes', () => {
    const given = scenario('two writes, two readers', (world) => {
      const cell = new Cell('cell', 0);
      world.process('w').spawn('w', function* twice(sys) {
        yield* writes(sys, cell);
        yield* writes(sys, cell);
      });
      for (const name of ['r', 's']) world.process(name).spawn(name, (sys) => reads(sys, cell));
    });
    // Each reader before, between or after the two writes.
    expect(classesOf(given)).toEqual({ runs: 12, classes: 9 });
  });
});

function confidenceOf(given: Scenario, strategy: string, runs: number): Confidence {
  const { confidence } = fuzz(given, {
    runs,
    seed: 1,
    strategy: makeStrategy(strategy, { seed: 1, firstRun: 1 }),
  });
  if (confidence === undefined) throw new Error('a run failed');
  return confidence;
}

describe('what passing runs mean', () => {
  const small = sharing([2, 2], writes);

  it('is the rule of three, and how many classes were seen and were new at the end', () => {
    const confidence = confidenceOf(small, 'random', 600);
    expect(confidence).toMatchObject({ runs: 600, failureRateMax: 0.005 });
    expect(confidence.classes).toEqual({
      looked: 600,
      distinct: 6,
      lastTenth: 60,
      newInLastTenth: 0,
    });
    expect(confidenceText(confidence)).toEqual([
      '600 runs by random passed: a further one fails with a probability below 0.5 % (95 % confidence)',
      '6 classes of interleavings in 600 runs; 0 of the last 60 showed a new one',
    ]);
  });

  it('names what was varied in the runs, and what was not', () => {
    const text = (options: Scenario['options']): string => {
      const survey = new Survey({ name: 'random', drawsAlike: true }, { ...small, options });
      survey.passed(10);
      return confidenceText(survey.confidence as Confidence)[1] ?? '';
    };
    expect(text({ faults: FAULT_NAMES, network: { latencyMsMax: 3 } })).toBe(
      `it holds for the schedules that this search draws, in which vary: who moves; random numbers and inputs; when and in what pieces bytes arrive; latencies; faults: ${FAULT_NAMES.join(', ')}`,
    );
    const [varied, fixed] = text({ network: { mode: 'loopback' } }).split('; the same in all');
    expect(varied).toMatch(/vary: who moves; random numbers and inputs; faults: slow$/);
    expect(fixed).toMatch(
      /: when and in what pieces bytes arrive; latencies; no fault of: .*reset/,
    );
  });

  it("is PCT's bound with the movers and steps it has met", () => {
    // The first three of the four steps of two tasks have an alternative; the last may not.
    const { pct } = confidenceOf(small, 'pct:2', 500);
    expect(pct).toMatchObject({ depth: 2, movers: 2, steps: 3 });
    expect(pct?.probabilityMin).toBeCloseTo(1 / 6);
    expect(pct?.missedMax).toBeCloseTo((5 / 6) ** 500);
  });

  it('is no probability where each run depends on those before it', () => {
    for (const strategy of ['urw', 'surw', 'feedback', 'portfolio']) {
      const confidence = confidenceOf(small, strategy, 100);
      expect(confidence.failureRateMax).toBeUndefined();
      expect(confidenceText(confidence)[0]).toMatch(/nothing follows for the next one/);
    }
  });

  it('is a probability for those runs of several strategies that one of them draws alike', () => {
    const { alike } = confidenceOf(small, 'portfolio', 900);
    const sum = alike.reduce((total, { runs }) => total + runs, 0);
    // By far the most are drawn by what was learned.
    expect(sum).toBeGreaterThan(40);
    expect(sum).toBeLessThan(450);
    for (const { strategy, runs, failureRateMax } of alike) {
      expect(makeStrategy(strategy, { seed: 1 }).drawsAlike).toBe(true);
      expect(failureRateMax).toBe(Math.min(1, 3 / runs));
    }
    // Runs of feedback that follow none are random walks: about a fifth, and the first of all.
    const [walks, ...others] = confidenceOf(small, 'feedback', 1_000).alike;
    expect(others).toEqual([]);
    expect(walks).toMatchObject({ strategy: 'random' });
    expect(walks?.runs).toBeGreaterThan(120);
    expect(walks?.runs).toBeLessThan(300);
  });

  it('says of whom it holds, and claims nothing where that is nobody', () => {
    const survey = new Survey({ name: 'portfolio', drawsAlike: false }, small);
    survey.passed(1_000);
    expect(confidenceText(survey.confidence as Confidence)).toEqual([
      '1,000 runs by portfolio passed; they are not drawn alike, so nothing follows for the next one',
      expect.stringMatching(
        /^what varied in them: who moves; .*; the same in all of them: .*no fault/,
      ),
    ]);
    survey.passedAlike({ random: 40, pos: 3 });
    survey.passedAlike({ random: 20 });
    expect(confidenceText(survey.confidence as Confidence)).toEqual([
      '1,000 runs by portfolio passed; nothing follows for the next one, but 60 of them were drawn alike, by random: a further one of those fails with a probability below 5 % (95 % confidence)',
      expect.stringMatching(
        /^it holds for the schedules that this search draws, in which vary: who/,
      ),
    ]);
  });

  it('is told of the same runs in batches as in one piece', async () => {
    const plan = { strategy: 'portfolio', seed: 1 };
    const bounds = { runsMax: 300, timeMs: Number.POSITIVE_INFINITY };
    let told: Confidence | undefined;
    for await (const { confidence } of searchBatches(small, plan, bounds)) told = confidence;
    expect(told?.alike).toEqual(confidenceOf(small, 'portfolio', 300).alike);
  });

  it('is nothing at all once a run has failed, in this slice or an earlier one', () => {
    const survey = new Survey({ name: 'random', drawsAlike: true });
    let failing = true;
    const given = scenario('fails at first', (world) => {
      world.finally('it is over', () => !failing);
    });
    const slice = () => fuzz(given, { runs: 5, seed: 1, survey }).confidence;
    expect(slice()).toBeUndefined();
    failing = false;
    expect(slice()).toBeUndefined();
  });

  it('holds: of mistakes that are rarer than the bound says, few are missed', () => {
    // A mistake with a probability of exactly 3/N is missed in about e^-3 of all cases.
    const RUNS = 60;
    let missed = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const given = scenario('one of twenty', (world) => {
        const unlucky = world.draw('number', 20) === 19;
        world.finally('it is lucky', () => !unlucky);
      });
      const strategy = makeStrategy('random', { seed, firstRun: 1 });
      if (fuzz(given, { runs: RUNS, seed, strategy }).found === undefined) missed++;
    }
    expect(missed / 400).toBeLessThan(0.09);
    expect(missed).toBeGreaterThan(0);
  });
});
