// The code of docs/laws.md: `npm run docs` copies what stands between the marks.
import {
  type Cell,
  check,
  type Mutex,
  type Program,
  type Scenario,
  type ScheduleFailure,
  type Sys,
  scenario,
} from 'heddle';
import {
  fifoQueue,
  History,
  linearizableLaw,
  noLockLeftLaw,
  noTaskLeftLaw,
  type QueueCall,
  type QueueResult,
} from 'heddle/laws';
import { fuzz } from 'heddle/vitest';
import { expect, test } from 'vitest';

const failureOf = (its: Scenario): Promise<ScheduleFailure> =>
  check(its, { runs: 500, folder: false }).then(
    () => Promise.reject(new Error(`${its.name} survived`)),
    (error: ScheduleFailure) => error,
  );

// #region own
interface Budget {
  readonly left: Cell<number>;
  readonly lock: Mutex;
}

/** Looks whether there is enough, and pays. */
function* pay(sys: Sys, { left }: Budget): Program {
  const before = yield* sys.load(left);
  if (before >= 6) yield* sys.store(left, (yield* sys.load(left)) - 6);
}

const payments = (name: string, body: typeof pay): Scenario =>
  scenario(name, (world) => {
    const budget = { left: world.cell('left', 10), lock: world.mutex('budget') };
    const shop = world.process('shop');
    for (const worker of ['ann', 'bob']) shop.spawn(worker, (sys) => body(sys, budget));
    world.always('nobody spends what is not there', () => {
      const { value } = budget.left;
      return value >= 0 || `${value} are left`;
    });
    world.finally('somebody has paid', () => budget.left.value < 10);
  });
// #endregion

test('two who look before they pay overdraw', async () => {
  const { failure } = await failureOf(payments('looks, then pays', pay));
  expect(failure.law).toBe('nobody spends what is not there');
  expect(failure.message).toBe('-2 are left');
});

fuzz(
  payments('pays under the lock', function* (sys, budget) {
    yield* sys.lock(budget.lock);
    yield* pay(sys, budget);
    yield* sys.unlock(budget.lock);
  }),
  { runs: 500 },
);

// #region history
/** Two put an item each into one list, and take one out; without the lock items are lost. */
const ownQueue = (name: string, isLocked: boolean): Scenario =>
  scenario(name, (world) => {
    const items = world.cell<readonly string[]>('items', []);
    const mutex = world.mutex('items');
    const history = new History<QueueCall, QueueResult>();
    function* change(sys: Sys, by: string, call: QueueCall): Program {
      const ended = history.begin(by, call);
      if (isLocked) yield* sys.lock(mutex);
      const [first = null, ...rest] = yield* sys.load(items);
      const all = first === null ? [] : [first, ...rest];
      yield* sys.store(items, call.op === 'put' ? [...all, call.item] : rest);
      if (isLocked) yield* sys.unlock(mutex);
      ended(call.op === 'put' ? null : first);
    }
    for (const item of ['a', 'b']) {
      world.process('p').spawn(item, function* (sys) {
        yield* change(sys, item, { op: 'put', item });
        yield* change(sys, item, { op: 'get' });
      });
    }
    linearizableLaw(world, history, fifoQueue());
    noLockLeftLaw(world);
    noTaskLeftLaw(world, 'p');
  });
// #endregion

test('a list without a lock is no queue', async () => {
  const { failure } = await failureOf(ownQueue('a list without a lock', false));
  expect(failure.message).toMatch(/^no order explains .*put [ab]/);
});

fuzz(ownQueue('a list under a lock', true), { runs: 500 });
