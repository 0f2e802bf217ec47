import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lock, Queue } from '../../src/models/userland/threads.ts';
import {
  describeWitness,
  findWitness,
  History,
  isLinearizable,
  linearizableLaw,
  type Operation,
  type Specification,
} from '../../src/sim/laws/linearizability.ts';
import {
  condition,
  type EventCall,
  event,
  fifoQueue,
  type LockCall,
  lock,
  type QueueCall,
  type QueueResult,
  semaphore,
} from '../../src/sim/laws/specifications.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import type { Program, Sys } from '../../src/sys/index.ts';

function operation<C, R>(
  by: string,
  call: C,
  begin: number,
  end: number = Number.POSITIVE_INFINITY,
  result?: R,
): Operation<C, R> {
  return { by, call, begin, end, result };
}

/** Every order there is, tried one after the other. */
function isLinearizableByForce<S, C, R>(
  operations: readonly Operation<C, R>[],
  specification: Specification<S, C, R>,
  state: S = specification.initial,
): boolean {
  if (operations.every(({ end }) => !Number.isFinite(end))) return true;
  const firstEnd = Math.min(...operations.map(({ end }) => end));
  return operations.some((candidate, index) => {
    if (candidate.begin > firstEnd) return false;
    const next = specification.apply(state, candidate, Number.isFinite(candidate.end));
    if (next === undefined) return false;
    return isLinearizableByForce(operations.toSpliced(index, 1), specification, next);
  });
}

/**
 * Any stamps: a shuffled row of places, two for each operation, the second of which may be missing.
 */
function histories<C, R>(
  call: fc.Arbitrary<readonly [call: C, result: R]>,
): fc.Arbitrary<Operation<C, R>[]> {
  return fc.array(fc.tuple(call, fc.boolean()), { minLength: 1, maxLength: 6 }).chain((calls) =>
    fc
      .shuffledSubarray(
        Array.from({ length: 2 * calls.length }, (_, i) => i),
        { minLength: 2 * calls.length },
      )
      .map((places) =>
        calls.map(([[made, result], returned], index) => {
          const [a, b] = [places[2 * index] as number, places[2 * index + 1] as number];
          const end = returned ? Math.max(a, b) : Number.POSITIVE_INFINITY;
          return operation(`task${index}`, made, Math.min(a, b), end, result);
        }),
      ),
  );
}

const queueCalls: fc.Arbitrary<readonly [QueueCall, QueueResult]> = fc.oneof(
  fc.constantFrom('a', 'b', 'c').map((item) => [{ op: 'put', item } as const, null] as const),
  fc.constantFrom('a', 'b', 'c', null).map((result) => [{ op: 'get' } as const, result] as const),
);
const lockCalls: fc.Arbitrary<readonly [LockCall, boolean]> = fc.tuple(
  fc.record({
    op: fc.constantFrom('acquire' as const, 'tryAcquire' as const, 'release' as const),
    name: fc.constantFrom('x', 'y'),
  }),
  fc.boolean(),
);

describe('the checker', () => {
  it('agrees with trying every order, on queues', () => {
    fc.assert(
      fc.property(histories(queueCalls), fc.constantFrom(1, 2, undefined), (history, maxsize) => {
        const specification = fifoQueue(maxsize);
        expect(isLinearizable(history, specification)).toBe(
          isLinearizableByForce(history, specification),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('agrees with trying every order, on several semaphores', () => {
    const specification = semaphore(1);
    fc.assert(
      fc.property(histories(lockCalls), (history) => {
        const apart = ['x', 'y'].every((name) =>
          isLinearizableByForce(
            history.filter(({ call }) => call.name === name),
            specification,
          ),
        );
        expect(findWitness(history, specification) === undefined).toBe(apart);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes no time for long histories without much overlap', () => {
    const history = new History<QueueCall, QueueResult>();
    for (let i = 0; i < 500; i++) {
      const puts = ['a', 'b', 'c'].map((by) => history.begin(by, { op: 'put', item: `${by}${i}` }));
      for (const put of puts.reverse()) put(null);
      for (const by of ['a', 'b', 'c']) history.begin('taker', { op: 'get' })(`${by}${i}`);
    }
    expect(findWitness(history.operations, fifoQueue())).toBeUndefined();
  });

  it('shows no more than is needed', () => {
    const history = new History<QueueCall, QueueResult>();
    for (let i = 0; i < 20; i++) history.begin('a', { op: 'put', item: `${i}` })(null);
    for (const i of [0, 1, 2, 3, 5, 4, 6, 7, 8]) history.begin('b', { op: 'get' })(`${i}`);
    const witness = findWitness(history.operations, fifoQueue());
    expect(witness && describeWitness(witness, fifoQueue())).toBe(
      'a [8–9] put 4; a [10–11] put 5; b [48–49] get → 5',
    );
  });
});

describe('what things do when they do one at a time', () => {
  it('a lock has one holder, and only the holder releases it', () => {
    const of = operation<LockCall, boolean>;
    const twice = [of('a', { op: 'acquire' }, 0, 1, true)];
    expect(isLinearizable(twice, lock)).toBe(true);
    expect(isLinearizable([...twice, of('b', { op: 'acquire' }, 2, 3, true)], lock)).toBe(false);
    expect(isLinearizable([...twice, of('b', { op: 'release' }, 2, 3, true)], lock)).toBe(false);
  });

  it('a wait for an event returns only while it is set', () => {
    const of = operation<EventCall, boolean>;
    const wait = of('a', { op: 'wait' }, 0, 3, true);
    expect(isLinearizable([wait], event)).toBe(false);
    expect(isLinearizable([wait, of('b', { op: 'set' }, 1, 2, true)], event)).toBe(true);
  });

  it('a notification that came before the wait is lost', () => {
    const notify = operation('b', { op: 'notify', count: 1 } as const, 0, 1, null);
    const wait = operation('a', { op: 'wait' } as const, 2, 3, null);
    const woken = operation('a', { op: 'woken' } as const, 4, 5, null);
    expect(isLinearizable([notify, wait], condition)).toBe(true);
    expect(isLinearizable([notify, wait, woken], condition)).toBe(false);
  });
});

/** Two that put, two that get, on a queue of threads. */
function queueScenario(make: () => Pick<Queue<string>, 'put' | 'get'>, maxsize?: number): Scenario {
  return scenario(
    'a queue of threads',
    (world) => {
      const queue = make();
      const history = new History<QueueCall, QueueResult>();
      const threads = world.process('threads');
      for (const by of ['p', 'q']) {
        threads.spawn(by, function* (sys: Sys): Program {
          for (let i = 0; i < 3; i++) {
            const ended = history.begin(by, { op: 'put', item: `${by}${i}` });
            yield* queue.put(sys, `${by}${i}`);
            ended(null);
          }
        });
      }
      for (const by of ['g', 'h']) {
        threads.spawn(by, function* (sys: Sys): Program {
          for (let i = 0; i < 3; i++) {
            const ended = history.begin(by, { op: 'get' });
            ended(yield* queue.get(sys));
          }
        });
      }
      linearizableLaw(world, history, fifoQueue(maxsize));
    },
    { faults: ['eintr'] },
  );
}

function firstFailure(subject: Scenario, runsMax: number): string | undefined {
  const strategy = new RandomWalk(1);
  for (let n = 0; n < runsMax; n++) {
    strategy.begin();
    const { failure } = new Run(subject, { strategy }).execute();
    if (failure !== undefined) return failure.message;
  }
  return undefined;
}

describe('queues of threads', () => {
  it.each([1, 2, undefined])('are queues, with a maximum of %s', (maxsize) => {
    expect(
      firstFailure(
        queueScenario(() => new Queue(maxsize), maxsize),
        1000,
      ),
    ).toBeUndefined();
  });

  it('are found out when they are not', () => {
    /** Takes what it has seen before it had the lock. */
    class Hasty {
      readonly #items: string[] = [];
      readonly #lock = new Lock();

      *put(sys: Sys, item: string): Program {
        const { length } = this.#items;
        yield* this.#lock.acquire(sys);
        this.#items.splice(length, 0, item);
        yield* this.#lock.release(sys);
      }

      *get(sys: Sys): Program<string> {
        while (this.#items.length === 0) yield* sys.nanosleep({ ms: 1 });
        return this.#items.shift() as string;
      }
    }
    expect(
      firstFailure(
        queueScenario(() => new Hasty()),
        5000,
      ),
    ).toMatch(/no order explains/);
  });
});
