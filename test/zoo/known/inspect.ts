/**
 * Two programs of Inspect (Yang, Chen, Gopalakrishnan, Kirby, "Distributed Dynamic Partial Order
 * Reduction Based Verification of Threaded Software", SPIN 2007), as SCTBench has them
 * (github.com/mc-imperial/sctbench): fewer threads and items here, and the elements of what is
 * sorted are left out, because the mistakes are in who is told what.
 */
import { Cell, Condition, Mutex, type Program, type Sys } from '../../../src/sys/index.ts';
import { means } from '../means.ts';
import type { Known } from './known.ts';

/**
 * What makes the original fail is not written down with it: its counters and signals are right as
 * they stand. Here both sides wait on one condition, which is the mistake that such buffers are
 * known for.
 */
const boundedBuffer: Known = {
  name: 'boundedBuffer',
  source: 'Inspect, boundedBuffer.c (SCTBench)',
  mistake: 'producers and consumers wait on one condition, and a signal wakes one of either',
  published: means('7', '20', '5', '7', '9'),
  build(_world, repaired, play) {
    const mutex = new Mutex('buffer');
    const notFull = new Condition('not full');
    const notEmpty = repaired ? new Condition('not empty') : notFull;
    const room = 1;
    let items = 0;
    let producersWaiting = 0;
    let consumersWaiting = 0;
    const put = function* put(sys: Sys): Program {
      yield* sys.lock(mutex);
      producersWaiting++;
      while (items === room) yield* sys.condWait(notFull, mutex);
      producersWaiting--;
      items++;
      if (consumersWaiting > 0) yield* sys.condSignal(notEmpty);
      yield* sys.unlock(mutex);
    };
    const get = function* get(sys: Sys): Program {
      yield* sys.lock(mutex);
      consumersWaiting++;
      while (items === 0) yield* sys.condWait(notEmpty, mutex);
      consumersWaiting--;
      items--;
      if (producersWaiting > 0) yield* sys.condSignal(notFull);
      yield* sys.unlock(mutex);
    };
    const twice = (work: (sys: Sys) => Program) =>
      function* does(sys: Sys): Program {
        for (let i = 0; i < 2; i++) yield* work(sys);
      };
    play({
      'producer 1': twice(put),
      'producer 2': twice(put),
      'consumer 1': twice(get),
      'consumer 2': twice(get),
    });
  },
};

type State = 'idle' | 'work' | 'end';

interface Sorter {
  readonly state: Cell<State>;
  readonly mutex: Mutex;
  readonly changed: Condition;
  elements: number;
}

/** A sorter that has more elements than this gives half of them to another, if one is idle. */
const FORK_ELEMENTS = 1;

/**
 * The pool of a parallel quicksort. The state of a sorter is set to `work` under the lock of the
 * pool alone, before its elements are known: a sorter that happens to look at it does not sleep,
 * and sorts what it had before.
 */
const qsortMt: Known = {
  name: 'qsort_mt',
  source: 'Inspect, qsort_mt.c (SCTBench)',
  mistake: 'a sorter is told to work before it is told what, and may be told to end while it works',
  published: means('3442 (19)', '4714 (14)', '3004 (18)', '297', '3048 (19)'),
  build(world, repaired, play) {
    const all = new Mutex('pool');
    const sorters: Sorter[] = [0, 1, 2].map((i) => ({
      state: new Cell<State>(`state ${i}`, 'idle'),
      mutex: new Mutex(`sorter ${i}`),
      changed: new Condition(`sorter ${i}`),
      elements: 0,
    }));
    let idle = sorters.length;
    let sorted = 0;
    /** An idle sorter, locked; undefined where all work. */
    const allocate = function* allocate(sys: Sys): Program<Sorter | undefined> {
      yield* sys.lock(all);
      for (const sorter of sorters) {
        if (repaired) yield* sys.lock(sorter.mutex);
        if ((yield* sys.load(sorter.state)) === 'idle') {
          idle--;
          yield* sys.store(sorter.state, 'work');
          if (!repaired) yield* sys.lock(sorter.mutex);
          yield* sys.unlock(all);
          return sorter;
        }
        if (repaired) yield* sys.unlock(sorter.mutex);
      }
      yield* sys.unlock(all);
      return undefined;
    };
    const sort = function* sort(sys: Sys, own: Sorter): Program {
      let left = own.elements;
      own.elements = 0;
      while (left > FORK_ELEMENTS) {
        const other = yield* allocate(sys);
        if (other === undefined) break;
        const half = left >> 1;
        other.elements = half;
        left -= half;
        yield* sys.condSignal(other.changed);
        yield* sys.unlock(other.mutex);
      }
      sorted += left;
    };
    const endAll = function* endAll(sys: Sys, own: Sorter): Program {
      for (const other of sorters) {
        if (other === own) continue;
        yield* sys.lock(other.mutex);
        yield* sys.store(other.state, 'end');
        yield* sys.condSignal(other.changed);
        yield* sys.unlock(other.mutex);
      }
    };
    const sorterOf = (own: Sorter) =>
      function* sorts(sys: Sys): Program {
        for (;;) {
          yield* sys.lock(own.mutex);
          while ((yield* sys.load(own.state)) === 'idle') {
            yield* sys.condWait(own.changed, own.mutex);
          }
          const isEnd = (yield* sys.load(own.state)) === 'end';
          yield* sys.unlock(own.mutex);
          if (isEnd) return;
          yield* sort(sys, own);
          yield* sys.lock(all);
          yield* sys.store(own.state, 'idle');
          const isLast = ++idle === sorters.length;
          if (isLast) yield* endAll(sys, own);
          yield* sys.unlock(all);
          if (isLast) return;
        }
      };
    play({
      'sorter 0': sorterOf(sorters[0] as Sorter),
      'sorter 1': sorterOf(sorters[1] as Sorter),
      'sorter 2': sorterOf(sorters[2] as Sorter),
      *main(sys) {
        const [first] = sorters as [Sorter];
        yield* sys.lock(first.mutex);
        first.elements = 4;
        idle--;
        yield* sys.store(first.state, 'work');
        yield* sys.condSignal(first.changed);
        yield* sys.unlock(first.mutex);
      },
    });
    world.finally('all elements are sorted', () => sorted === 4);
  },
};

export const INSPECT: readonly Known[] = [boundedBuffer, qsortMt];
