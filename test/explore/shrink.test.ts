import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replay } from '../../src/sim/explore/attempt.ts';
import type { Found } from '../../src/sim/explore/fuzz.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { REPLAYS_MAX, shrink } from '../../src/sim/explore/shrink.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { callsIn } from './calls-in.ts';

/**
 * Fails when the message is long enough and one of several tasks comes between two steps of
 * another.
 */
const lostUpdate = scenario('lost update among bystanders', (world) => {
  let value = 0;
  const size = world.draw('size', 40);
  const home = world.process('home');
  for (let i = 0; i < 3; i++) {
    home.spawn('bystander', function* (sys) {
      for (let n = 0; n < 5; n++) yield* sys.schedYield();
    });
  }
  for (const name of ['a', 'b']) {
    home.spawn(name, function* (sys) {
      yield* sys.getpid();
      const seen = value;
      yield* sys.getpid();
      value = seen + 1;
    });
  }
  world.finally('every update counts', () => size < 7 || value === 2);
});

/** Two tasks of many turns; it fails where they take them in turn, and in no other order. */
function taking(turns: number): Scenario {
  return scenario('many turns', (world) => {
    let order = '';
    for (const name of ['a', 'b']) {
      world.process(name).spawn(name, function* (sys) {
        for (let n = 0; n < turns; n++) {
          yield* sys.getpid();
          order += name;
        }
      });
    }
    world.finally('they do not alternate', () => order !== 'ba'.repeat(turns));
  });
}

describe('shrinking', () => {
  it('goes through no segments once its replays are spent', async () => {
    const turns = 400;
    const its = taking(turns);
    const decisions = new Array<number>(2 * turns).fill(1);
    const failure = replay(its, decisions).failure as Found['failure'];
    const calls = await callsIn('shrink.ts', () =>
      shrink(its, { decisions, failure }, { replaysMax: 20 }),
    );
    expect(calls).toBeLessThan(50 * turns);
  });

  const failures: Found[] = [];
  fuzz(lostUpdate, { runs: 300, seed: 3, onFailure: (found) => failures.push(found) < 20 });

  it('keeps the failure, and never makes it larger', () => {
    expect(failures).toHaveLength(20);
    for (const found of failures) {
      const shrunk = shrink(lostUpdate, found);
      expect(shrunk.result.failure?.signature).toBe(found.failure.signature);
      expect(shrunk.decisions.length).toBeLessThanOrEqual(found.decisions.length);
      expect(replay(lostUpdate, shrunk.decisions).failure?.signature).toBe(found.failure.signature);
    }
  });

  it('reaches the smallest input and few switches', () => {
    for (const found of failures) {
      const { decisions } = shrink(lostUpdate, found);
      expect(decisions[0]).toBe(7);
      expect(decisions.filter((decision) => decision !== 0).length).toBeLessThanOrEqual(4);
    }
  });

  it('spends by default what is written of it', () => {
    for (const file of ['sim/explore/shrink.ts', 'sim/schedule/scenario.ts']) {
      const source = readFileSync(join(import.meta.dirname, '../../src', file), 'utf8');
      const [, comment = ''] =
        /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s+readonly replaysMax/.exec(source) ?? [];
      const [, number = ''] = /Default:[\s*]+([\d,]+)/.exec(comment) ?? [];
      expect(Number(number.replaceAll(',', ''))).toBe(REPLAYS_MAX);
    }
  });

  it('is deterministic and stays within its budget', () => {
    const [found] = failures as [Found];
    expect(shrink(lostUpdate, found)).toEqual(shrink(lostUpdate, found));
    for (const replaysMax of [1, 5, 30]) {
      expect(shrink(lostUpdate, found, { replaysMax }).replays).toBeLessThanOrEqual(replaysMax);
    }
  });
});
