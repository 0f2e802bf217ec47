/** Random programs that synchronise. */
import fc from 'fast-check';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import {
  Barrier,
  Channel,
  Condition,
  Mutex,
  RwLock,
  Semaphore,
  WaitGroup,
} from '../../src/sync.ts';
import { type Program, type Sys, type Syscall, SysError } from '../../src/sys/index.ts';

/** What the tasks of one run share. */
class Things {
  readonly mutex = new Mutex('mutex');
  readonly changed = new Condition('changed');
  readonly writers = new RwLock('writers first');
  readonly readers = new RwLock('readers first', { prefers: 'readers' });
  readonly permits = new Semaphore('permits', 1);
  readonly barrier = new Barrier('barrier', 2);
  readonly group = new WaitGroup('group', 1);
  readonly meets = new Channel<number>('meets');
  readonly holds = new Channel<number>('holds', 1);
}

type Ask = (sys: Sys, its: Things, by: number) => Syscall<unknown>;

const CALLS: Readonly<Record<string, Ask>> = {
  lock: (sys, { mutex }) => sys.lock(mutex),
  'lock in time': (sys, { mutex }) => sys.lock(mutex, 1),
  'lock now': (sys, { mutex }) => sys.lock(mutex, 0),
  tryLock: (sys, { mutex }) => sys.tryLock(mutex),
  unlock: (sys, { mutex }) => sys.unlock(mutex),
  wait: (sys, { changed, mutex }) => sys.condWait(changed, mutex),
  'wait in time': (sys, { changed, mutex }) => sys.condWait(changed, mutex, 1),
  signal: (sys, { changed }) => sys.condSignal(changed),
  broadcast: (sys, { changed }) => sys.condBroadcast(changed),
  'read, writers first': (sys, { writers }) => sys.rdLock(writers),
  'write, writers first': (sys, { writers }) => sys.wrLock(writers),
  'write in time, writers first': (sys, { writers }) => sys.wrLock(writers, 1),
  'let go, writers first': (sys, { writers }) => sys.rwUnlock(writers),
  'read, readers first': (sys, { readers }) => sys.rdLock(readers, 1),
  'write, readers first': (sys, { readers }) => sys.wrLock(readers),
  'let go, readers first': (sys, { readers }) => sys.rwUnlock(readers),
  permit: (sys, { permits }) => sys.semWait(permits),
  'permit in time': (sys, { permits }) => sys.semWait(permits, 1),
  post: (sys, { permits }) => sys.semPost(permits),
  meet: (sys, { barrier }) => sys.barrierWait(barrier),
  work: (sys, { group }) => sys.groupAdd(group, 1),
  done: (sys, { group }) => sys.groupAdd(group, -1),
  'all done': (sys, { group }) => sys.groupWait(group),
  'all done in time': (sys, { group }) => sys.groupWait(group, 1),
  send: (sys, { meets }, by) => sys.chanSend(meets, by),
  'send in time': (sys, { meets }, by) => sys.chanSend(meets, by, 1),
  receive: (sys, { meets }) => sys.chanReceive(meets),
  put: (sys, { holds }, by) => sys.chanSend(holds, by),
  take: (sys, { holds }) => sys.chanReceive(holds),
  'take now': (sys, { holds }) => sys.chanReceive(holds, 0),
  close: (sys, { holds }) => sys.chanClose(holds),
  'receive either': (sys, { meets, holds }) =>
    sys.chanSelect([{ receive: meets }, { receive: holds }]),
  'send either': (sys, { meets, holds }, by) =>
    sys.chanSelect([
      { send: meets, value: by },
      { send: holds, value: by },
    ]),
  'send or receive': (sys, { meets, holds }, by) =>
    sys.chanSelect([{ send: meets, value: by }, { receive: holds }], { otherwise: by === 1 }),
};

function* work(sys: Sys, calls: readonly string[], by: number, its: Things): Program {
  for (const call of calls) {
    try {
      yield* (CALLS[call] as Ask)(sys, its, by);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
    }
  }
}

/** Each task in a process of its own, so that they share nothing but what they synchronise with. */
export const asScenario = (program: readonly (readonly string[])[]): Scenario =>
  scenario(
    'programs that synchronise',
    (world) => {
      const its = new Things();
      program.forEach((calls, i) => {
        world.process(`process ${i}`).spawn(`task ${i}`, (sys) => work(sys, calls, i, its));
      });
    },
    { faults: [] },
  );

const LOCKS = ['lock', 'lock in time', 'lock now', 'tryLock', 'unlock', 'wait', 'wait in time'];
const CONDITIONS = ['lock', 'unlock', 'wait', 'wait in time', 'signal', 'broadcast'];
const KINDS: readonly (readonly string[])[] = [
  LOCKS,
  CONDITIONS,
  Object.keys(CALLS).filter((name) => name.endsWith('first')),
  ['permit', 'permit in time', 'post'],
  ['meet', 'work', 'done', 'all done', 'all done in time'],
  ['send', 'send in time', 'receive', 'put', 'take', 'take now', 'close'],
  ['receive either', 'send either', 'send or receive', 'send', 'receive', 'put', 'take', 'close'],
  Object.keys(CALLS),
];

/** Programs that mostly are about one kind of thing, so that its calls meet. */
export const programs: fc.Arbitrary<string[][]> = fc.constantFrom(...KINDS).chain((kind) =>
  fc.array(fc.array(fc.constantFrom(...kind), { minLength: 1, maxLength: 3 }), {
    minLength: 2,
    maxLength: 3,
  }),
);
