/**
 * Bugs of NSPR in RADBench (Jalbert, Pereira, Pokam, Sen, "RADBench: A Concurrency Bug Benchmark
 * Suite", HotPar 2011), after their reports at bugzilla.mozilla.org.
 */
import assert from 'node:assert/strict';
import { Cell, Condition, Mutex, type Program, type Sys } from '../../../src/sys/index.ts';
import { means } from '../means.ts';
import { RwMutex } from './go.ts';
import { holding, type Known } from './known.ts';

const bug4: Known = {
  name: 'RADBench bug4',
  source: 'RADBench bug 4, Mozilla bug 354593 (MT_safe_localtime)',
  mistake: 'the lock itself is made when it is first needed: two threads make one each',
  published: means('1688 (19)', '1973 (19)', '240', '438', '23'),
  build(_world, repaired, play) {
    const ready = new Mutex('monitor 0');
    const monitor = new Cell<Mutex | null>('monitor', repaired ? ready : null);
    const inside = new Cell('inside', 0);
    const localtime = (i: number) =>
      function* localtime(sys: Sys): Program {
        if ((yield* sys.load(monitor)) === null) {
          yield* sys.store(monitor, new Mutex(`monitor ${i}`));
        }
        const lock = (yield* sys.load(monitor)) as Mutex;
        yield* holding(sys, lock, function* calls() {
          assert.equal(yield* sys.update(inside, (n) => n + 1), 0, 'two call localtime at once');
          yield* sys.update(inside, (n) => n - 1);
        });
      };
    play({ 'thread 1': localtime(1), 'thread 2': localtime(2), 'thread 3': localtime(3) });
  },
};

const bug5: Known = {
  name: 'RADBench bug5',
  source: 'RADBench bug 5, Mozilla bug 165586 (PR_WaitCondVar against PR_Interrupt)',
  mistake: 'an interruption that comes between the look for it and the sleep wakes nobody',
  published: means('0', '0', '0', '0', '0'),
  build(_world, repaired, play) {
    const lock = new Mutex('lock');
    const changed = new Condition('changed');
    const waitsOn = new Cell('waits on', false);
    const interrupted = new Cell('interrupted', false);
    play({
      *waiter(sys) {
        yield* sys.lock(lock);
        yield* sys.store(waitsOn, true);
        if (!(yield* sys.load(interrupted))) yield* sys.condWait(changed, lock);
        yield* sys.store(waitsOn, false);
        yield* sys.unlock(lock);
      },
      *interrupts(sys) {
        if (repaired) yield* sys.lock(lock);
        yield* sys.store(interrupted, true);
        if (yield* sys.load(waitsOn)) yield* sys.condBroadcast(changed);
        if (repaired) yield* sys.unlock(lock);
      },
      *other(sys) {
        for (let i = 0; i < 2; i++) yield* holding(sys, lock, function* nothing() {});
      },
    });
  },
};

const bug6: Known = {
  name: 'RADBench bug6',
  source: 'RADBench bug 6, Mozilla bug 526805 (PR_RWLock)',
  mistake: 'a reader that takes its lock again waits behind a writer, which waits for it',
  published: means('48', '42', '18', '5', '4'),
  build(_world, repaired, play) {
    const lock = new RwMutex('lock');
    play({
      *reader(sys) {
        yield* lock.rLock(sys);
        if (!repaired) yield* lock.rLock(sys);
        if (!repaired) yield* lock.rUnlock(sys);
        yield* lock.rUnlock(sys);
      },
      *writer(sys) {
        yield* lock.lock(sys);
        yield* lock.unlock(sys);
      },
    });
  },
};

export const NSPR: readonly Known[] = [bug4, bug5, bug6];
