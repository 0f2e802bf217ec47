/** What a bug of a published collection is made of, and the little that all of them need. */
import assert from 'node:assert/strict';
import type { World } from '../../../src/sim/schedule/world.ts';
import { type Body, type Cell, Mutex, type Program, type Sys } from '../../../src/sys/index.ts';
import type { Means } from '../means.ts';

/**
 * A bug that somebody has published, re-created from what is written there, in words of its own.
 */
export interface Known {
  readonly name: string;
  /** The collection, and the report or the file in it. */
  readonly source: string;
  /** In a sentence. */
  readonly mistake: string;
  /** The program; `repaired` is its twin, which differs in the mistake alone. */
  readonly build: (world: World, repaired: boolean, play: Play) => void;
  /**
   * Of the artifact of the SURW paper, if it has the program: 20 trials of 10,000 schedules, whose
   * scheduling points are others.
   */
  readonly published?: Means;
  /** One task starts all the others, so that nothing can be put before theirs. */
  readonly startsAll?: true;
}

/** Lets these tasks run in one process, in this order on the calm schedule. */
export type Play = (tasks: Readonly<Record<string, Body>>) => void;

/** The tasks and nothing else. */
export function alone(world: World): Play {
  return (tasks) => {
    const process = world.process('p');
    for (const [name, body] of Object.entries(tasks)) process.spawn(name, body);
  };
}

/** A critical section: `work` may make steps of its own. */
export function* holding<T>(sys: Sys, mutex: Mutex, work: () => Program<T>): Program<T> {
  yield* sys.lock(mutex);
  const value = yield* work();
  yield* sys.unlock(mutex);
  return value;
}

/** A critical section in which nothing is a step. */
export function* within<T>(sys: Sys, mutex: Mutex, work: () => T): Program<T> {
  yield* sys.lock(mutex);
  const value = work();
  yield* sys.unlock(mutex);
  return value;
}

/** Under the lock in the repaired twin, without it in the program as it was. */
export function* guarded<T>(
  sys: Sys,
  mutex: Mutex,
  repaired: boolean,
  work: () => Program<T>,
): Program<T> {
  return repaired ? yield* holding(sys, mutex, work) : yield* work();
}

/** A read and a write with a step between them: somebody else's may come there. */
export function* change(sys: Sys, cell: Cell<number>, by: number): Program<number> {
  const now = (yield* sys.load(cell)) + by;
  yield* sys.store(cell, now);
  return now;
}

/**
 * A container that must not be read while it is written, as Go's maps are and Java's collections:
 * they notice it often enough, by a mark that a writer sets.
 */
export function* writing(sys: Sys, mark: Cell<boolean>): Program {
  assert.ok(!(yield* sys.load(mark)), 'two write at once');
  yield* sys.store(mark, true);
  yield* sys.store(mark, false);
}

/** The other half of {@link writing}. */
export function* reading(sys: Sys, mark: Cell<boolean>): Program {
  assert.ok(!(yield* sys.load(mark)), 'read while it is written');
}

/** What the second task does first in {@link inCompany}; the third twice as much, and so on. */
const ROUNDS = 4;

/**
 * The tasks as in the program that they were cut out of: they have other things to do before, under
 * a lock that they share, and each of them more than the one before it. So the moments that the
 * mistake is about seldom fall together.
 */
export function inCompany(world: World): Play {
  return (tasks) => {
    const process = world.process('p');
    const lock = new Mutex('traffic');
    let handled = 0;
    let expected = 0;
    for (const [place, [name, body]] of Object.entries(tasks).entries()) {
      expected += place * ROUNDS;
      process.spawn(name, function* busy(sys): Program {
        for (let round = 0; round < place * ROUNDS; round++) {
          yield* within(sys, lock, () => {
            handled++;
          });
        }
        yield* body(sys) as Program;
      });
    }
    world.finally('the traffic was handled', () => handled === expected);
  };
}
