// What tasks synchronise with keeps its word in every interleaving of small programs.

import { describe, expect, it } from 'vitest';
import { findDataRace } from '../../src/sim/explore/data-races.ts';
import { runAsync } from '../../src/sim/schedule/runtime/execute.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { DepthFirst } from '../../src/sim/schedule/strategies/depth-first.ts';
import type { World } from '../../src/sim/schedule/world.ts';
import {
  Barrier,
  Channel,
  Condition,
  Mutex,
  RwLock,
  Semaphore,
  WaitGroup,
} from '../../src/sync.ts';
import { type Body, Cell, type Program, SIGUSR1, type Sys } from '../../src/sys/index.ts';
import { outcome } from '../kernel/harness.ts';
import { walk } from '../schedule/styles.ts';
import { search } from '../strategies/exact.ts';

/** Every run of a small world: how it may fail, and what `told` says at the ends of the others. */
function everyRun(build: (world: World) => () => string): {
  readonly failures: readonly string[];
  readonly ends: readonly string[];
} {
  const ends = new Set<string>();
  const subject = scenario(
    'sync',
    (world) => {
      const told = build(world);
      world.finally('it is told', () => void ends.add(told()));
    },
    { faults: [] },
  );
  const searched = search(subject, new DepthFirst(), 20_000);
  if (searched === undefined) throw new Error('too many runs');
  return { failures: [...searched.failures].sort(), ends: [...ends].sort() };
}

/** Tasks of one process. */
function crew(world: World, bodies: Readonly<Record<string, Body>>): void {
  const process = world.process('crew');
  for (const [name, body] of Object.entries(bodies)) process.spawn(name, body);
}

/** How many are inside, and how many ever were at once. */
class Inside {
  now = 0;
  most = 0;

  *stay(sys: Sys): Program {
    this.most = Math.max(this.most, ++this.now);
    yield* sys.gettid();
    this.now--;
  }
}

describe('a mutex', () => {
  it('tells who tries whether it has it', () => {
    const { failures, ends } = everyRun((world) => {
      const mutex = new Mutex('m');
      const inside = new Inside();
      let refused = 0;
      function* tries(sys: Sys): Program {
        if (!(yield* sys.tryLock(mutex))) {
          refused++;
          return;
        }
        yield* inside.stay(sys);
        yield* sys.unlock(mutex);
      }
      crew(world, { a: tries, b: tries });
      return () => `${refused} refused, ${inside.most} inside`;
    });
    expect(failures).toEqual([]);
    expect(ends).toEqual(['0 refused, 1 inside', '1 refused, 1 inside']);
  });

  it('is waited for no longer than one says', () => {
    const { failures, ends } = everyRun((world) => {
      const mutex = new Mutex('m');
      let first: number | string = '';
      let later: number | string = '';
      crew(world, {
        *holds(sys) {
          yield* sys.lock(mutex);
          yield* sys.nanosleep({ ms: 5 });
          yield* sys.unlock(mutex);
        },
        *waits(sys) {
          first = yield* outcome(sys.lock(mutex, 2));
          if (first === 0) return void (yield* sys.unlock(mutex));
          later = yield* outcome(sys.lock(mutex, 10));
          yield* sys.unlock(mutex);
        },
      });
      return () => `${first} ${later} at ${world.nowMs}`;
    });
    expect(failures).toEqual([]);
    expect(ends).toEqual(['0  at 5', 'ETIMEDOUT 0 at 5']);
  });

  it('is not waited for with a time of 0', () => {
    const { failures, ends } = everyRun((world) => {
      const mutex = new Mutex('m');
      let got: number | string = '';
      crew(world, {
        *waits(sys) {
          yield* sys.lock(mutex);
          got = yield* outcome(sys.lock(mutex, 0));
        },
      });
      return () => String(got);
    });
    expect({ failures, ends }).toEqual({ failures: [], ends: ['ETIMEDOUT'] });
  });
});

describe('a condition', () => {
  it('loses no signal to a wait whose time is up', () => {
    const { failures, ends } = everyRun((world) => {
      const mutex = new Mutex('m');
      const changed = new Condition('changed');
      const told: string[] = [];
      const waits = (name: string, ms: number | null): Body =>
        function* (sys) {
          yield* sys.lock(mutex);
          const came = yield* outcome(sys.condWait(changed, mutex, ms));
          told.push(`${name} ${came}`);
          expect(yield* outcome(sys.tryLock(mutex))).toBe(false);
          yield* sys.unlock(mutex);
        };
      crew(world, {
        hasty: waits('hasty', 1),
        *patient(sys) {
          yield* sys.nanosleep({ us: 500 });
          yield* waits('patient', null)(sys) as Program;
        },
        *signals(sys) {
          yield* sys.nanosleep({ ms: 1 });
          yield* sys.condSignal(changed);
          yield* sys.nanosleep({ ms: 5 });
          yield* sys.condSignal(changed);
        },
      });
      return () => told.sort().join(', ');
    });
    expect(failures).toEqual([]);
    expect(ends).toEqual(['hasty 0, patient 0', 'hasty ETIMEDOUT, patient 0']);
  });

  it('is waited for on, after a signal has been handled', () => {
    const { failures, ends } = everyRun((world) => {
      const mutex = new Mutex('m');
      const changed = new Condition('changed');
      let came: number | string = '';
      crew(world, {
        *waits(sys) {
          yield* sys.sigaction(SIGUSR1, {
            *handler(_signal, own) {
              yield* own.getpid();
            },
          });
          const pid = yield* sys.getpid();
          yield* sys.spawn(function* tells(own) {
            yield* own.kill(pid, SIGUSR1);
            yield* own.lock(mutex);
            yield* own.condSignal(changed);
            yield* own.unlock(mutex);
          });
          yield* sys.lock(mutex);
          came = yield* outcome(sys.condWait(changed, mutex, 1));
          yield* sys.unlock(mutex);
        },
      });
      return () => String(came);
    });
    expect(failures).toEqual([]);
    expect(ends).toEqual(['0', 'ETIMEDOUT']);
  });
});

describe('a read-write lock', () => {
  it.each(['writers', 'readers'] as const)('keeps readers and writers apart (%s)', (prefers) => {
    const { failures, ends } = everyRun((world) => {
      const rwlock = new RwLock('rw', { prefers });
      const readers = new Inside();
      const writers = new Inside();
      let together = 0;
      function* reads(sys: Sys): Program {
        yield* sys.rdLock(rwlock);
        together = Math.max(together, writers.now);
        yield* readers.stay(sys);
        yield* sys.rwUnlock(rwlock);
      }
      crew(world, {
        r1: reads,
        r2: reads,
        *writes(sys) {
          yield* sys.wrLock(rwlock);
          together = Math.max(together, readers.now);
          yield* writers.stay(sys);
          yield* sys.rwUnlock(rwlock);
        },
      });
      return () => `${readers.most} readers, ${together} together`;
    });
    expect(failures).toEqual([]);
    expect(ends).toEqual(['1 readers, 0 together', '2 readers, 0 together']);
  });

  it('taken twice for reading is a deadlock where a writer may come between', () => {
    const twice = (prefers: 'writers' | 'readers') =>
      everyRun((world) => {
        const rwlock = new RwLock('rw', { prefers });
        crew(world, {
          *reads(sys) {
            yield* sys.rdLock(rwlock);
            yield* sys.rdLock(rwlock);
            yield* sys.rwUnlock(rwlock);
            yield* sys.rwUnlock(rwlock);
          },
          *writes(sys) {
            yield* sys.wrLock(rwlock);
            yield* sys.rwUnlock(rwlock);
          },
        });
        return () => '';
      }).failures;
    expect(twice('writers')).toEqual(['deadlock/reads rdLock,writes wrLock']);
    expect(twice('readers')).toEqual([]);
  });

  it('lets readers in again when a writer has given up', () => {
    const { failures, ends } = everyRun((world) => {
      const rwlock = new RwLock('rw');
      let wrote: number | string = '';
      crew(world, {
        *holds(sys) {
          yield* sys.rdLock(rwlock);
          yield* sys.nanosleep({ ms: 5 });
          yield* sys.rwUnlock(rwlock);
        },
        *writes(sys) {
          yield* sys.nanosleep({ ms: 1 });
          wrote = yield* outcome(sys.wrLock(rwlock, 1));
        },
        *reads(sys) {
          yield* sys.nanosleep({ us: 1500 });
          yield* sys.rdLock(rwlock, 2);
          yield* sys.rwUnlock(rwlock);
        },
      });
      return () => String(wrote);
    });
    expect({ failures, ends }).toEqual({ failures: [], ends: ['ETIMEDOUT'] });
  });

  it('is let go by whoever holds it alone', () => {
    const { ends } = everyRun((world) => {
      const rwlock = new RwLock('rw');
      let got: number | string = '';
      crew(world, {
        *stranger(sys) {
          got = yield* outcome(sys.rwUnlock(rwlock));
        },
      });
      return () => String(got);
    });
    expect(ends).toEqual(['EPERM']);
  });
});

describe('a semaphore', () => {
  it('has as many inside as it has permits, and not fewer', () => {
    const { failures, ends } = everyRun((world) => {
      const permits = new Semaphore('permits', 2);
      const inside = new Inside();
      function* enters(sys: Sys): Program {
        yield* sys.semWait(permits);
        yield* inside.stay(sys);
        yield* sys.semPost(permits);
      }
      crew(world, { a: enters, b: enters, c: enters });
      return () => `${inside.most} inside, ${permits.value} left`;
    });
    expect(failures).toEqual([]);
    expect(ends).toEqual(['1 inside, 2 left', '2 inside, 2 left']);
  });

  it('wakes as many as are posted', () => {
    const { failures } = everyRun((world) => {
      const permits = new Semaphore('permits', 0);
      function* waits(sys: Sys): Program {
        yield* sys.semWait(permits);
      }
      crew(world, {
        a: waits,
        b: waits,
        *posts(sys) {
          yield* sys.semPost(permits, 2);
        },
      });
      return () => '';
    });
    expect(failures).toEqual([]);
  });
});

describe('a barrier', () => {
  it('lets nobody pass before all have come, and then all', () => {
    const { failures, ends } = everyRun((world) => {
      const barrier = new Barrier('b', 3);
      let come = 0;
      const last: boolean[] = [];
      function* meets(sys: Sys): Program {
        come++;
        last.push(yield* sys.barrierWait(barrier));
        expect(come).toBe(3);
      }
      crew(world, { a: meets, b: meets, c: meets });
      return () => `${last.filter(Boolean).length} last of ${last.length}`;
    });
    expect(failures).toEqual([]);
    expect(ends).toEqual(['1 last of 3']);
  });

  it('is used again', () => {
    const { failures } = everyRun((world) => {
      const barrier = new Barrier('b', 2);
      let rounds = 0;
      function* meets(sys: Sys): Program {
        for (let round = 0; round < 2; round++) {
          yield* sys.barrierWait(barrier);
          expect(Math.floor(rounds++ / 2)).toBe(round);
        }
      }
      crew(world, { a: meets, b: meets });
      return () => '';
    });
    expect(failures).toEqual([]);
  });
});

describe('a wait group', () => {
  it('lets go when the work is done', () => {
    const { failures, ends } = everyRun((world) => {
      const group = new WaitGroup('g', 2);
      let done = 0;
      function* works(sys: Sys): Program {
        done++;
        yield* sys.groupAdd(group, -1);
      }
      crew(world, {
        a: works,
        b: works,
        *waits(sys) {
          yield* sys.groupWait(group);
          expect(done).toBe(2);
        },
      });
      return () => String(group.count);
    });
    expect({ failures, ends }).toEqual({ failures: [], ends: ['0'] });
  });

  it('has done no more than there was, and is waited for no longer than one says', () => {
    const { ends } = everyRun((world) => {
      const group = new WaitGroup('g', 1);
      const got: unknown[] = [];
      crew(world, {
        *main(sys) {
          got.push(yield* outcome(sys.groupAdd(group, -2)));
          got.push(yield* outcome(sys.groupWait(group, 3)));
        },
      });
      return () => `${got.join()} at ${world.nowMs}`;
    });
    expect(ends).toEqual(['EINVAL,ETIMEDOUT at 3']);
  });
});

describe('a channel', () => {
  it.each([0, 1, 2, Number.POSITIVE_INFINITY])('of %d gives all, once, in order', (capacity) => {
    const { failures, ends } = everyRun((world) => {
      const channel = new Channel<string>('c', capacity);
      const got: string[] = [];
      const sends = (name: string): Body =>
        function* (sys) {
          for (let n = 1; n <= 2; n++) yield* sys.chanSend(channel, `${name}${n}`);
        };
      crew(world, {
        a: sends('a'),
        b: sends('b'),
        *takes(sys) {
          for (let n = 0; n < 4; n++) {
            const { value, done } = yield* sys.chanReceive(channel);
            if (!done) got.push(value);
            expect(channel.buffer.length).toBeLessThanOrEqual(capacity);
          }
        },
      });
      return () => got.join(' ');
    });
    expect(failures).toEqual([]);
    // All that keep the order of each sender, and no other.
    const orders = ['a1 a2 b1 b2', 'a1 b1 a2 b2', 'a1 b1 b2 a2'];
    const mirrored = orders.map((order) => order.replace(/[ab]/g, (l) => (l === 'a' ? 'b' : 'a')));
    expect(ends).toEqual([...orders, ...mirrored].sort());
  });

  it('without room ends a send only when somebody has received', () => {
    const { failures } = everyRun((world) => {
      const channel = new Channel<number>('c');
      let received = false;
      crew(world, {
        *sends(sys) {
          yield* sys.chanSend(channel, 1);
          yield* sys.gettid();
          expect(received).toBe(true);
        },
        *takes(sys) {
          yield* sys.gettid();
          received = true;
          yield* sys.chanReceive(channel);
        },
      });
      return () => '';
    });
    expect(failures).toEqual([]);
  });

  it('serves whoever has waited longest', () => {
    const { failures, ends } = everyRun((world) => {
      const channel = new Channel<number>('c');
      const got: string[] = [];
      const waits = (name: string, us: number): Body =>
        function* (sys) {
          yield* sys.nanosleep({ us });
          const { value } = yield* sys.chanReceive(channel);
          got.push(`${name} ${value}`);
        };
      crew(world, {
        b: waits('b', 2),
        a: waits('a', 1),
        *sends(sys) {
          yield* sys.nanosleep({ us: 3 });
          for (const n of [1, 2]) yield* sys.chanSend(channel, n);
        },
      });
      return () => got.sort().join(', ');
    });
    expect({ failures, ends }).toEqual({ failures: [], ends: ['a 1, b 2'] });
  });

  it('that is closed gives what is left, then its end, and takes nothing', () => {
    const { failures, ends } = everyRun((world) => {
      const channel = new Channel<number>('c', 1);
      const got: unknown[] = [];
      let sent: number | string = '';
      crew(world, {
        *main(sys) {
          yield* sys.chanSend(channel, 7);
          const sender = yield* sys.spawn(function* sends(own) {
            sent = yield* outcome(own.chanSend(channel, 8));
          });
          yield* sys.nanosleep({ ms: 1 });
          yield* sys.chanClose(channel);
          got.push(yield* outcome(sys.chanClose(channel)));
          for (let i = 0; i < 2; i++) got.push(yield* sys.chanReceive(channel));
          yield* sys.join(sender);
        },
      });
      return () => `${sent} ${JSON.stringify(got)}`;
    });
    expect(failures).toEqual([]);
    expect(ends).toEqual(['EPIPE ["EBADF",{"done":false,"value":7},{"done":true}]']);
  });

  it('ends all who wait to receive when it is closed', () => {
    const { failures, ends } = everyRun((world) => {
      const channel = new Channel<number>('c');
      let ended = 0;
      function* waits(sys: Sys): Program {
        if ((yield* sys.chanReceive(channel)).done) ended++;
      }
      crew(world, {
        a: waits,
        b: waits,
        *closes(sys) {
          yield* sys.chanClose(channel);
        },
      });
      return () => String(ended);
    });
    expect({ failures, ends }).toEqual({ failures: [], ends: ['2'] });
  });

  it('loses no message to a receive whose time is up', () => {
    const { failures, ends } = everyRun((world) => {
      const channel = new Channel<number>('c');
      const told: unknown[] = [];
      crew(world, {
        *takes(sys) {
          const got = yield* outcome(sys.chanReceive(channel, 1));
          told[0] = typeof got === 'string' ? got : 'got';
        },
        *sends(sys) {
          yield* sys.nanosleep({ ms: 1 });
          told[1] = yield* outcome(sys.chanSend(channel, 1, 1));
        },
      });
      return () => told.join(' ');
    });
    expect(failures).toEqual([]);
    expect(ends).toEqual(['ETIMEDOUT ETIMEDOUT', 'got 0']);
  });

  it('is given to async tasks as to generators', async () => {
    const got: number[] = [];
    const subject = scenario('async', (world) => {
      const channel = new Channel<number>('c');
      crew(world, {
        sends: async (sys) => {
          for (let n = 1; n <= 3; n++) await sys.chanSend(channel, n);
          await sys.chanClose(channel);
        },
        takes: async (sys) => {
          for (;;) {
            const { done, value } = await sys.chanReceive(channel);
            if (done) break;
            got.push(value);
          }
        },
      });
    });
    expect((await runAsync(subject, { strategy: walk(1) })).failure).toBeUndefined();
    expect(got).toEqual([1, 2, 3]);
  });
});

describe('a choice between channels', () => {
  const both = (wait: boolean) =>
    everyRun((world) => {
      const a = new Channel<string>('a', 1);
      const b = new Channel<string>('b', 1);
      const got: string[] = [];
      crew(world, {
        *main(sys) {
          if (wait) {
            yield* sys.spawn(function* sends(own) {
              yield* own.chanSend(a, 'a');
            });
            yield* sys.spawn(function* sends(own) {
              yield* own.chanSend(b, 'b');
            });
          } else {
            yield* sys.chanSend(a, 'a');
            yield* sys.chanSend(b, 'b');
          }
          for (let i = 0; i < 2; i++) {
            const chosen = yield* sys.chanSelect([{ receive: a }, { receive: b }]);
            got.push(`${chosen.index}${chosen.value}`);
          }
        },
      });
      return () => got.join(' ');
    });

  it('is a decision where several are ready', () => {
    expect(both(false)).toEqual({ failures: [], ends: ['0a 1b', '1b 0a'] });
  });

  it('takes whoever comes first where none is', () => {
    expect(both(true)).toEqual({ failures: [], ends: ['0a 1b', '1b 0a'] });
  });

  it('carries out one case alone', () => {
    const { failures, ends } = everyRun((world) => {
      const a = new Channel<number>('a');
      const b = new Channel<number>('b');
      const got: string[] = [];
      const takes = (channel: Channel<number>): Body =>
        function* (sys) {
          const { value } = yield* sys.chanReceive(channel);
          got.push(`${channel.name}${value}`);
        };
      crew(world, {
        a: takes(a),
        b: takes(b),
        *sends(sys) {
          for (const value of [1, 2]) {
            yield* sys.chanSelect([
              { send: a, value },
              { send: b, value },
            ]);
          }
        },
      });
      return () => got.sort().join(' ');
    });
    expect({ failures, ends }).toEqual({ failures: [], ends: ['a1 b2', 'a2 b1'] });
  });

  it('does not wait where it may go on, nor longer than one says, nor for null', () => {
    const { failures, ends } = everyRun((world) => {
      const a = new Channel<number>('a');
      const told: unknown[] = [];
      crew(world, {
        *main(sys) {
          const cases = [{ receive: a }, { receive: null }] as const;
          told.push((yield* sys.chanSelect(cases, { otherwise: true })).index);
          told.push(yield* outcome(sys.chanSelect(cases, { timeoutMs: 4 })));
          yield* sys.chanClose(a);
          told.push((yield* sys.chanSelect(cases)).index);
          told.push(yield* outcome(sys.chanSelect([{ send: a, value: 1 }])));
        },
      });
      return () => `${told.join()} at ${world.nowMs}`;
    });
    expect(failures).toEqual([]);
    expect(ends).toEqual(['-1,ETIMEDOUT,0,EPIPE at 4']);
  });
});

describe('what tasks synchronise with and data races', () => {
  type Two = (cell: Cell<number>) => readonly [first: Body, second: Body];
  const races = (two: Two): boolean =>
    findDataRace(
      scenario('two', (world) => {
        const [first, second] = two(new Cell('cell', 0));
        crew(world, { first, second });
      }),
      { runs: 40, seed: 1 },
    ) !== undefined;

  const ordered: Readonly<Record<string, Two>> = {
    'a read-write lock': (cell) => {
      const rwlock = new RwLock('rw');
      return [
        function* writes(sys) {
          yield* sys.wrLock(rwlock);
          yield* sys.store(cell, 1);
          yield* sys.rwUnlock(rwlock);
        },
        function* reads(sys) {
          yield* sys.rdLock(rwlock);
          yield* sys.load(cell);
          yield* sys.rwUnlock(rwlock);
        },
      ];
    },
    'a post before its wait': (cell) => {
      const posted = new Semaphore('posted', 0);
      return [
        function* posts(sys) {
          yield* sys.store(cell, 1);
          yield* sys.semPost(posted);
        },
        function* waits(sys) {
          yield* sys.semWait(posted);
          yield* sys.load(cell);
        },
      ];
    },
    'a barrier': (cell) => {
      const barrier = new Barrier('b', 2);
      return [
        function* before(sys) {
          yield* sys.store(cell, 1);
          yield* sys.barrierWait(barrier);
        },
        function* after(sys) {
          yield* sys.barrierWait(barrier);
          yield* sys.load(cell);
        },
      ];
    },
    'a wait group': (cell) => {
      const group = new WaitGroup('g', 1);
      return [
        function* works(sys) {
          yield* sys.store(cell, 1);
          yield* sys.groupAdd(group, -1);
        },
        function* waits(sys) {
          yield* sys.groupWait(group);
          yield* sys.load(cell);
        },
      ];
    },
    'a send before its receive': (cell) => {
      const channel = new Channel<number>('c', 1);
      return [
        function* sends(sys) {
          yield* sys.store(cell, 1);
          yield* sys.chanSend(channel, 1);
        },
        function* takes(sys) {
          yield* sys.chanReceive(channel);
          yield* sys.load(cell);
        },
      ];
    },
    'a receive before the end of a send without room': (cell) => {
      const channel = new Channel<number>('c');
      return [
        function* sends(sys) {
          yield* sys.chanSend(channel, 1);
          yield* sys.load(cell);
        },
        function* takes(sys) {
          yield* sys.store(cell, 1);
          yield* sys.chanReceive(channel);
        },
      ];
    },
    'a close before what finds it': (cell) => {
      const channel = new Channel<number>('c');
      return [
        function* closes(sys) {
          yield* sys.store(cell, 1);
          yield* sys.chanClose(channel);
        },
        function* takes(sys) {
          yield* sys.chanReceive(channel);
          yield* sys.load(cell);
        },
      ];
    },
  };

  it.each(Object.entries(ordered))('%s is order', (_name, two) => expect(races(two)).toBe(false));

  const unordered: Readonly<Record<string, Two>> = {
    'two readers': (cell) => {
      const rwlock = new RwLock('rw');
      function* stores(sys: Sys): Program {
        yield* sys.rdLock(rwlock);
        yield* sys.store(cell, 1);
        yield* sys.rwUnlock(rwlock);
      }
      return [stores, stores];
    },
    'a receive after a send with room': (cell) => {
      const channel = new Channel<number>('c', 1);
      return [
        function* sends(sys) {
          yield* sys.chanSend(channel, 1);
          yield* sys.store(cell, 1);
        },
        function* takes(sys) {
          yield* sys.load(cell);
          yield* sys.chanReceive(channel);
        },
      ];
    },
    'two senders': (cell) => {
      const channel = new Channel<number>('c', 2);
      function* sends(sys: Sys): Program {
        yield* sys.store(cell, 1);
        yield* sys.chanSend(channel, 1);
      }
      return [sends, sends];
    },
  };

  it.each(Object.entries(unordered))('%s is none', (_name, two) => expect(races(two)).toBe(true));
});
