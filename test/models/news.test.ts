/** Which failures of the models are told, and that none takes the place of another. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { identify, isNews, SCENARIOS } from '../../src/scenarios/index.ts';
import { type FailureToSave, readFailure, saveFailure } from '../../src/sim/explore/failures.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import type { Failure } from '../../src/sim/schedule/failure.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';

const entry = SCENARIOS.find(
  ({ model, isUsual, expects }) => model.id === 'threaded' && isUsual && expects.length > 0,
);
if (entry === undefined) throw new Error('there is no model "threaded"');

describe('a failure of a model', () => {
  const isKnown = false;

  it('is told as long as its fault is looked for, and only then', () => {
    expect(isNews([26], { expects: [5, 26], lost: [26], isKnown })).toBe(true);
    expect(isNews([26], { expects: [5, 26], lost: [26], isKnown: true })).toBe(true);
    expect(isNews([26], { expects: [5, 26], lost: [5], isKnown })).toBe(false);
  });

  it('that is no known fault is told once', () => {
    expect(isNews([], { expects: [5], lost: [5], isKnown })).toBe(true);
    expect(isNews([], { expects: [5], lost: [5], isKnown: true })).toBe(false);
  });

  it('is told where there should be none, even if it looks like a known fault', () => {
    expect(isNews([26], { expects: [], lost: [], isKnown })).toBe(true);
    expect(isNews([26], { expects: [], lost: [], isKnown: true })).toBe(false);
  });
});

it('two faults that break one law lie in two files', () => {
  const { scenario, model } = entry;
  /** The first failure of each fault that breaks one law. */
  const met = new Map<number, Failure>();
  fuzz(scenario, {
    runs: 3_000,
    seed: 1,
    strategy: new RandomWalk(1),
    onFailure: ({ failure }) => {
      const [fault] = identify(model, failure);
      if (fault !== undefined && failure.law.includes('nobody dies')) met.set(fault, failure);
      return met.size < 2;
    },
  });
  expect([...met.keys()].sort()).toEqual([26, 5]);
  expect(new Set([...met.values()].map(({ signature }) => signature)).size).toBe(1);
  const folder = mkdtempSync(join(tmpdir(), 'heddle-faults-'));
  try {
    const given: Omit<FailureToSave, 'failure'> = {
      scenario,
      at: undefined,
      decisions: [],
      named: { moves: [], choices: [] },
      digest: '0123456789abcdef',
      found: { run: 1, strategy: 'random', seed: 1, decisions: 1, shrinkReplays: 0 },
      sources: [],
    };
    const paths = [...met].map(([fault, failure]) =>
      saveFailure({ ...given, failure, knownAs: `fault ${fault}` }, folder),
    );
    expect(paths.map((path) => readFailure(path).failure.message)).toEqual(
      [...met.values()].map(({ message }) => message),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
