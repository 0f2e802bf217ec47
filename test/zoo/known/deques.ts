/**
 * The four deques of CHESS's tests (Musuvathi, Qadeer, PLDI 2007), as SCTBench has them
 * (github.com/mc-imperial/sctbench, benchmarks/chess): an owner pushes and pops at one end, and
 * thieves steal at the other, by the protocol of Cilk-5 (Frigo, Leiserson, Randall, PLDI 1998).
 * They differ in the lock (a mutex, or a word that is exchanged), in the order of pushes and pops,
 * and in how many steal. Their authors have marked three places at which a mistake can be planted.
 * Two of the deques have that in push; in the two with a state for CHESS's stateful search none is
 * switched on, so here one has that in pop and the other that in steal.
 */
import assert from 'node:assert/strict';
import { Cell, Mutex, type Program, type Sys } from '../../../src/sys/index.ts';
import { type Means, means } from '../means.ts';
import type { Known } from './known.ts';

type Mistake = 'push' | 'pop' | 'steal';

const SIZE = 2;
const ITEMS = 4;
const STEALS = 2;

/** A mutex, or a word that is exchanged until it was free. */
class Lock {
  readonly #mutex = new Mutex('deque');
  readonly #word = new Cell('lock', 0);
  readonly #spins: boolean;

  constructor(spins: boolean) {
    this.#spins = spins;
  }

  *acquire(sys: Sys): Program {
    if (!this.#spins) {
      yield* sys.lock(this.#mutex);
      return;
    }
    while ((yield* sys.update(this.#word, () => 1)) !== 0) yield* sys.schedYield();
  }

  *release(sys: Sys): Program {
    if (this.#spins) yield* sys.store(this.#word, 0);
    else yield* sys.unlock(this.#mutex);
  }
}

class Deque {
  readonly #lock: Lock;
  readonly #mistake: Mistake | undefined;
  readonly #head = new Cell('head', 0);
  readonly #tail = new Cell('tail', 0);
  #items: number[] = Array.from({ length: SIZE }, () => 0);

  constructor(lock: Lock, mistake: Mistake | undefined) {
    this.#lock = lock;
    this.#mistake = mistake;
  }

  #at(place: number): number {
    return place & (this.#items.length - 1);
  }

  *push(sys: Sys, item: number): Program {
    const tail = yield* sys.load(this.#tail);
    // A place stays free between tail and head, at which a thief may be about to look.
    const spare = this.#mistake === 'push' ? 0 : 1;
    if (tail < (yield* sys.load(this.#head)) + this.#items.length - spare) {
      this.#items[this.#at(tail)] = item;
      yield* sys.store(this.#tail, tail + 1);
      return;
    }
    yield* this.#lock.acquire(sys);
    const head = yield* sys.load(this.#head);
    const count = (yield* sys.load(this.#tail)) - head;
    const longer = Array.from({ length: this.#items.length * 2 }, () => 0);
    for (let i = 0; i < count; i++) longer[i] = this.#items[this.#at(head + i)] as number;
    this.#items = longer;
    yield* sys.store(this.#head, 0);
    this.#items[this.#at(count)] = item;
    yield* sys.store(this.#tail, count + 1);
    yield* this.#lock.release(sys);
  }

  *pop(sys: Sys): Program<number | undefined> {
    const tail = (yield* sys.load(this.#tail)) - 1;
    // Taken before head is looked at, so that a thief looks at what is left.
    if (this.#mistake !== 'pop') yield* sys.store(this.#tail, tail);
    if ((yield* sys.load(this.#head)) <= tail) {
      if (this.#mistake === 'pop') yield* sys.store(this.#tail, tail);
      return this.#items[this.#at(tail)];
    }
    yield* sys.store(this.#tail, tail + 1);
    return yield* this.#popAlone(sys);
  }

  *#popAlone(sys: Sys): Program<number | undefined> {
    let item: number | undefined;
    yield* this.#lock.acquire(sys);
    const tail = (yield* sys.load(this.#tail)) - 1;
    yield* sys.store(this.#tail, tail);
    if ((yield* sys.load(this.#head)) <= tail) item = this.#items[this.#at(tail)];
    else yield* sys.store(this.#tail, tail + 1);
    if ((yield* sys.load(this.#head)) > tail) {
      yield* sys.store(this.#head, 0);
      yield* sys.store(this.#tail, 0);
      item = undefined;
    }
    yield* this.#lock.release(sys);
    return item;
  }

  *steal(sys: Sys): Program<number | undefined> {
    let item: number | undefined;
    yield* this.#lock.acquire(sys);
    const head = yield* sys.load(this.#head);
    if (this.#mistake !== 'steal') yield* sys.store(this.#head, head + 1);
    if (head < (yield* sys.load(this.#tail))) {
      if (this.#mistake === 'steal') yield* sys.store(this.#head, head + 1);
      item = this.#items[this.#at(head)];
    } else yield* sys.store(this.#head, head);
    yield* this.#lock.release(sys);
    return item;
  }
}

interface Form {
  readonly spins: boolean;
  readonly thieves: number;
  /** All items are pushed, then all popped; else one is popped after every two. */
  readonly allFirst: boolean;
  readonly mistake: Mistake;
  readonly published: Means;
}

const MISTAKES: Readonly<Record<Mistake, string>> = {
  push: 'a push may overwrite the item that a thief is about to take',
  pop: 'the owner looks whether a thief was faster before it says that it takes',
  steal: 'a thief looks whether the owner was faster before it says that it takes',
};

const deque = (name: string, { spins, thieves, allFirst, mistake, published }: Form): Known => ({
  name,
  published,
  source: `CHESS, ${name}.cpp (SCTBench)`,
  mistake: MISTAKES[mistake],
  build(world, repaired, play) {
    const queue = new Deque(new Lock(spins), repaired ? undefined : mistake);
    const done = Array.from({ length: ITEMS }, () => 0);
    const work = (item: number | undefined): void => {
      if (item !== undefined) done[item] = (done[item] as number) + 1;
    };
    const tasks: Record<string, (sys: Sys) => Program> = {
      *owner(sys) {
        for (let item = 0; item < ITEMS; item++) {
          yield* queue.push(sys, item);
          if (!allFirst && item % 2 === 1) work(yield* queue.pop(sys));
        }
        for (let i = 0; i < (allFirst ? ITEMS : ITEMS / 2); i++) work(yield* queue.pop(sys));
      },
    };
    for (let i = 1; i <= thieves; i++) {
      tasks[`thief ${i}`] = function* thief(sys) {
        for (let j = 0; j < STEALS; j++) work(yield* queue.steal(sys));
      };
    }
    play(tasks);
    world.finally('each item is done once', () => {
      assert.deepEqual(done, [1, 1, 1, 1]);
    });
  },
});

const ONE_THIEF = { thieves: 1, allFirst: false } as const;

export const DEQUES: readonly Known[] = [
  deque('WorkStealQueue', {
    ...ONE_THIEF,
    spins: false,
    mistake: 'push',
    published: means('–', '48', '12', '13', '6'),
  }),
  deque('InterlockedWorkStealQueue', {
    ...ONE_THIEF,
    spins: true,
    mistake: 'push',
    published: means('0', '48', '14', '428', '6'),
  }),
  deque('StateWorkStealQueue', {
    thieves: 2,
    allFirst: true,
    spins: true,
    mistake: 'pop',
    published: means('–', '842', '6', '5 (3)', '7'),
  }),
  deque('InterlockedWorkStealQueueWithState', {
    ...ONE_THIEF,
    spins: true,
    mistake: 'steal',
    published: means('26', '907', '5', '1367 (4)', '6'),
  }),
];
