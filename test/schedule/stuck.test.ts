// Tasks of a server that wait for each other, which no client has to notice.

import { describe, expect, it } from 'vitest';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Channel, Condition, Mutex, RwLock, Semaphore } from '../../src/sync.ts';
import type { Body, Program, Sys } from '../../src/sys/index.ts';

const PORT = 7000;

/** A server that listens, with `threads` beside it, and a client that waits for nothing. */
function server(threads: () => Readonly<Record<string, Body>>, atStart?: Body): Scenario {
  return scenario(
    'a server that listens',
    (world) => {
      const bodies = threads();
      world.process('server').spawn('server', function* listens(sys) {
        const listener = yield* sys.socket('inet', 'stream');
        yield* sys.bind(listener, { host: '0.0.0.0', port: PORT });
        yield* sys.listen(listener);
        for (const [name, body] of Object.entries(bodies)) yield* sys.spawn(body, { name });
        if (atStart !== undefined) yield* atStart(sys) as Program;
        for (;;) yield* sys.close((yield* sys.accept(listener)).fd);
      });
      world.process('client').spawn(
        'client',
        function* client(sys) {
          const fd = yield* sys.socket('inet', 'stream');
          yield* sys.connect(fd, { host: '127.0.0.1', port: PORT });
          yield* sys.close(fd);
        },
        { afterListen: PORT },
      );
    },
    { faults: [] },
  );
}

const found = (subject: Scenario): string | undefined => {
  const { found: first } = fuzz(subject, { runs: 300, seed: 1 });
  return first === undefined ? undefined : `${first.failure.kind}: ${first.failure.message}`;
};

/** Takes one, then the other, and lets both go. */
const both = (first: Mutex, second: Mutex): Body =>
  function* (sys) {
    yield* sys.lock(first);
    yield* sys.lock(second);
    yield* sys.unlock(second);
    yield* sys.unlock(first);
  };

function* post(sys: Sys, semaphore: Semaphore): Program {
  yield* sys.semWait(semaphore);
  yield* sys.semPost(semaphore);
}

describe('a deadlock inside a server', () => {
  it('is found among mutexes', () => {
    const subject = server(() => {
      const [a, b] = [new Mutex('a'), new Mutex('b')];
      return { one: both(a, b), two: both(b, a) };
    });
    expect(found(subject)).toMatch(
      /^deadlock: one#1 waits lock b, two#1 waits lock a; they wait for each other, whatever comes from outside$/,
    );
  });

  it('is found where a mutex was taken away by whoever has ended', () => {
    const subject = server(() => {
      const mutex = new Mutex('m');
      return {
        *ends(sys) {
          yield* sys.lock(mutex);
        },
        *waits(sys) {
          yield* sys.lock(mutex);
          yield* sys.unlock(mutex);
        },
      };
    });
    expect(found(subject)).toMatch(/^deadlock: waits#1 waits lock m; nobody can let it go on/);
  });

  it('is found between a mutex and a channel, a condition, a semaphore, a read-write lock', () => {
    const withChannel = server(() => {
      const mutex = new Mutex('m');
      const jobs = new Channel<number>('jobs');
      return {
        *sends(sys) {
          yield* sys.chanSend(jobs, 1);
          yield* sys.lock(mutex);
          yield* sys.chanSend(jobs, 2);
          yield* sys.unlock(mutex);
        },
        *takes(sys) {
          yield* sys.chanReceive(jobs);
          yield* sys.lock(mutex);
          yield* sys.unlock(mutex);
          yield* sys.chanReceive(jobs);
        },
      };
    });
    expect(found(withChannel)).toMatch(/chanSend jobs 2.*lock m/);
    const withCondition = server(() => {
      const [mutex, outer] = [new Mutex('m'), new Mutex('outer')];
      const changed = new Condition('changed');
      return {
        *waits(sys) {
          yield* sys.lock(outer);
          yield* sys.lock(mutex);
          yield* sys.condWait(changed, mutex);
          yield* sys.unlock(mutex);
          yield* sys.unlock(outer);
        },
        *signals(sys) {
          yield* sys.condSignal(changed);
          yield* sys.lock(outer);
          yield* sys.condSignal(changed);
          yield* sys.unlock(outer);
        },
      };
    });
    expect(found(withCondition)).toMatch(/condWait changed.*lock outer/);
    const withLocks = server(() => {
      const rwlock = new RwLock('rw');
      const permit = new Semaphore('permit', 1);
      return {
        *reads(sys) {
          yield* post(sys, permit);
          yield* sys.rdLock(rwlock);
          yield* sys.semWait(permit);
          yield* sys.semPost(permit);
          yield* sys.rwUnlock(rwlock);
        },
        *writes(sys) {
          yield* sys.semWait(permit);
          yield* sys.wrLock(rwlock);
          yield* sys.rwUnlock(rwlock);
          yield* sys.semPost(permit);
        },
      };
    });
    expect(found(withLocks)).toMatch(/semWait permit.*wrLock rw/);
  });
});

describe('what is no deadlock inside a server', () => {
  it('is a worker that waits for work', () => {
    const subject = server(() => {
      const mutex = new Mutex('m');
      const changed = new Condition('changed');
      const jobs = new Channel<number>('jobs');
      const free = new Semaphore('free', 0);
      return {
        *worker(sys) {
          yield* sys.lock(mutex);
          for (;;) yield* sys.condWait(changed, mutex);
        },
        // It has signalled, and others like it may come.
        *handler(sys) {
          yield* sys.lock(mutex);
          yield* sys.condSignal(changed);
          yield* sys.unlock(mutex);
        },
        *takes(sys) {
          for (;;) yield* sys.chanReceive(jobs);
        },
        *sends(sys) {
          yield* sys.chanSend(jobs, 1);
          yield* sys.semWait(free);
        },
      };
    });
    expect(found(subject)).toBeUndefined();
  });

  it('is who waits for a mutex whose holder waits for a client', () => {
    const mutex = { its: new Mutex('m') };
    const subject = server(
      () => {
        mutex.its = new Mutex('m');
        return {
          *waits(sys) {
            yield* sys.lock(mutex.its);
            yield* sys.unlock(mutex.its);
          },
        };
      },
      function* holds(sys) {
        yield* sys.lock(mutex.its);
      },
    );
    expect(found(subject)).toBeUndefined();
  });
});
