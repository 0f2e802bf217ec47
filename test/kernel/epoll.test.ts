import { describe, expect, it } from 'vitest';
import { Run } from '../../src/sim/schedule/run.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import * as c from '../../src/sys/constants.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';
import {
  bytes,
  laws,
  listening,
  mask,
  outcome,
  pause,
  reported,
  reset,
  tcpPair,
} from './harness.ts';

const IN = c.EPOLLIN;
const OUT = c.EPOLLOUT;
const ET = c.EPOLLET;
const ONESHOT = c.EPOLLONESHOT;
const EXCLUSIVE = c.EPOLLEXCLUSIVE;

/** A pipe whose read end an epoll watches. */
function* watchedPipe(
  sys: Sys,
  events = IN,
): Program<{ epoll: number; readFd: number; writeFd: number }> {
  const epoll = yield* sys.epollCreate();
  const [readFd, writeFd] = yield* sys.pipe({ nonblock: true });
  yield* sys.epollCtl(epoll, 'add', readFd, events);
  return { epoll, readFd, writeFd };
}

/** A task that waits once on `epoll` and tells what it got. */
function* sleeper(sys: Sys, epoll: number, name: string, told: string[]): Program {
  yield* sys.spawn(function* (own) {
    const events = yield* own.epollWait(epoll, 8);
    told.push(`${name}${events.length}`);
  });
  yield* pause(sys);
}

laws('epoll', (law) => {
  law(
    '5.1 an edge whose cause is gone is not reported; drained and refilled is reported once',
    function* (sys) {
      for (const how of [0, ET]) {
        const { epoll, readFd, writeFd } = yield* watchedPipe(sys, IN | how);
        yield* sys.write(writeFd, bytes(1));
        yield* sys.read(readFd, 1);
        expect(yield* reported(sys, epoll)).toBe('');
        yield* sys.write(writeFd, bytes(1));
        yield* sys.read(readFd, 1);
        yield* sys.write(writeFd, bytes(1));
        expect(yield* reported(sys, epoll)).toBe(`${readFd}:IN`);
      }
    },
  );

  law('5.2 edge-triggered reports the whole mask', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    const epoll = yield* sys.epollCreate();
    yield* sys.epollCtl(epoll, 'add', client, IN | OUT | ET);
    expect(yield* reported(sys, epoll)).toBe(`${client}:OUT`);
    yield* sys.send(server, bytes(1));
    yield* pause(sys);
    expect(yield* reported(sys, epoll)).toBe(`${client}:IN|OUT`);
  });

  law(
    '5.3 new data while unread data is there is a new edge; reading part of it is not',
    function* (sys) {
      const { epoll, readFd, writeFd } = yield* watchedPipe(sys, IN | ET);
      yield* sys.write(writeFd, bytes(5));
      expect(yield* reported(sys, epoll)).toBe(`${readFd}:IN`);
      yield* sys.read(readFd, 2);
      expect(yield* reported(sys, epoll)).toBe('');
      yield* sys.write(writeFd, bytes(1));
      expect(yield* reported(sys, epoll)).toBe(`${readFd}:IN`);
    },
  );

  law('5.4 several wake-ups between two waits are one event', function* (sys) {
    const { epoll, readFd, writeFd } = yield* watchedPipe(sys, IN | ET);
    for (let i = 0; i < 3; i++) yield* sys.write(writeFd, bytes(1));
    expect(yield* reported(sys, epoll)).toBe(`${readFd}:IN`);
    expect(yield* reported(sys, epoll)).toBe('');
  });

  law('5.5 a wake-up whose key misses the mask is no event', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    const epoll = yield* sys.epollCreate();
    yield* sys.epollCtl(epoll, 'add', client, OUT | ET);
    yield* reported(sys, epoll);
    yield* sys.send(server, bytes(1));
    yield* pause(sys);
    expect(yield* reported(sys, epoll)).toBe('');
  });

  law('5.5 one with key 0 always is: OUT|ET fires when the peer sends FIN', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    const epoll = yield* sys.epollCreate();
    yield* sys.epollCtl(epoll, 'add', client, OUT | ET);
    yield* reported(sys, epoll);
    yield* sys.shutdown(server, 'wr');
    yield* pause(sys);
    expect(yield* reported(sys, epoll)).toBe(`${client}:OUT`);
  });

  law('5.6 MOD re-arms: reports at once if ready', function* (sys) {
    for (const how of [ET, ONESHOT]) {
      const { epoll, readFd, writeFd } = yield* watchedPipe(sys, IN | how);
      yield* sys.write(writeFd, bytes(1));
      expect(yield* reported(sys, epoll)).toBe(`${readFd}:IN`);
      expect(yield* reported(sys, epoll)).toBe('');
      yield* sys.epollCtl(epoll, 'mod', readFd, IN | how);
      expect(yield* reported(sys, epoll)).toBe(`${readFd}:IN`);
      yield* sys.epollCtl(epoll, 'del', readFd);
      yield* sys.epollCtl(epoll, 'add', readFd, IN | how);
      expect(yield* reported(sys, epoll)).toBe(`${readFd}:IN`);
    }
  });

  law('5.7 a fired ONESHOT entry says nothing, not even HUP, and still exists', function* (sys) {
    const { epoll, readFd, writeFd } = yield* watchedPipe(sys, IN | ONESHOT);
    yield* sys.write(writeFd, bytes(1));
    expect(yield* reported(sys, epoll)).toBe(`${readFd}:IN`);
    yield* sys.close(writeFd);
    expect(yield* reported(sys, epoll)).toBe('');
    expect(yield* outcome(sys.epollCtl(epoll, 'add', readFd, IN))).toBe('EEXIST');
    yield* sys.epollCtl(epoll, 'mod', readFd, IN | ONESHOT);
    expect(yield* reported(sys, epoll)).toBe(`${readFd}:IN|HUP`);
  });

  law('5.8 HUP and ERR need not be asked for, RDHUP must be', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    const epoll = yield* sys.epollCreate();
    yield* sys.epollCtl(epoll, 'add', client, 0);
    yield* sys.shutdown(server, 'wr');
    yield* pause(sys);
    expect(yield* reported(sys, epoll)).toBe('');
    yield* reset(sys, server);
    expect(yield* reported(sys, epoll)).toBe(`${client}:HUP|ERR`);
  });

  law(
    '5.9 in the order of becoming ready; reported level-triggered entries go behind',
    function* (sys) {
      const epoll = yield* sys.epollCreate();
      const fds = [yield* sys.eventfd(), yield* sys.eventfd(), yield* sys.eventfd()] as const;
      for (const fd of fds) yield* sys.epollCtl(epoll, 'add', fd, IN);
      const [a, b, d] = fds;
      const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
      for (const fd of [b, d, a]) yield* sys.write(fd, one);
      expect(yield* reported(sys, epoll)).toBe(`${b}:IN ${d}:IN ${a}:IN`);
      expect(yield* reported(sys, epoll, 1)).toBe(`${b}:IN`);
      expect(yield* reported(sys, epoll)).toBe(`${d}:IN ${a}:IN ${b}:IN`);
    },
  );

  law(
    '5.9 an entry keeps its place while linked, even if drained and ready again',
    function* (sys) {
      const epoll = yield* sys.epollCreate();
      const [a, b] = [yield* sys.eventfd(), yield* sys.eventfd()];
      for (const fd of [a, b]) yield* sys.epollCtl(epoll, 'add', fd, IN);
      const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
      yield* sys.write(a, one);
      yield* sys.write(b, one);
      yield* sys.read(a, 8);
      yield* sys.write(a, one);
      expect(yield* reported(sys, epoll)).toBe(`${a}:IN ${b}:IN`);
    },
  );

  law('5.10 with maxevents, never-drained descriptors take turns', function* (sys) {
    const epoll = yield* sys.epollCreate();
    const fds: number[] = [];
    for (let i = 0; i < 3; i++) {
      const fd = yield* sys.eventfd(1);
      yield* sys.epollCtl(epoll, 'add', fd, IN);
      fds.push(fd);
    }
    const seen: string[] = [];
    for (let i = 0; i < 6; i++) seen.push(yield* reported(sys, epoll, 1));
    expect(seen).toEqual([...fds, ...fds].map((fd) => `${fd}:IN`));
  });

  law('5.11 of several entries on one wait queue the newest is called first', function* (sys) {
    const { epoll, readFd, writeFd } = yield* watchedPipe(sys);
    const copy = yield* sys.dup(readFd);
    yield* sys.epollCtl(epoll, 'add', copy, IN);
    yield* sys.write(writeFd, bytes(1));
    expect(yield* reported(sys, epoll)).toBe(`${copy}:IN ${readFd}:IN`);
  });

  law(
    '5.12 a dup beside the original is another entry; the same pair again is EEXIST',
    function* (sys) {
      const { epoll, readFd } = yield* watchedPipe(sys);
      expect(yield* sys.epollCtl(epoll, 'add', yield* sys.dup(readFd), IN)).toBe(0);
      expect(yield* outcome(sys.epollCtl(epoll, 'add', readFd, IN))).toBe('EEXIST');
    },
  );

  law('5.13 close removes the entry only with the last reference', function* (sys) {
    const { epoll, readFd, writeFd } = yield* watchedPipe(sys);
    const copy = yield* sys.dup(readFd);
    yield* sys.close(readFd);
    yield* sys.write(writeFd, bytes(1));
    expect(yield* reported(sys, epoll)).toBe(`${readFd}:IN`);
    expect(yield* outcome(sys.epollCtl(epoll, 'del', readFd))).toBe('EBADF');
    expect(yield* outcome(sys.epollCtl(epoll, 'mod', copy, IN))).toBe('ENOENT');
    yield* sys.close(copy);
    expect(yield* reported(sys, epoll)).toBe('');
  });

  law('5.14 a new object under a reused number is another key: both report', function* (sys) {
    const { epoll, readFd, writeFd } = yield* watchedPipe(sys);
    yield* sys.dup2(readFd, 20);
    yield* sys.close(readFd);
    const fresh = yield* sys.eventfd(1);
    expect(fresh).toBe(readFd);
    yield* sys.epollCtl(epoll, 'add', fresh, IN, 77);
    yield* sys.write(writeFd, bytes(1));
    expect(yield* reported(sys, epoll)).toBe(`77:IN ${readFd}:IN`);
  });

  law('5.15 a dup of the epoll is the same instance', function* (sys) {
    const { epoll, readFd, writeFd } = yield* watchedPipe(sys);
    const copy = yield* sys.dup(epoll);
    yield* sys.write(writeFd, bytes(1));
    expect(yield* reported(sys, copy)).toBe(`${readFd}:IN`);
    yield* sys.epollCtl(copy, 'del', readFd);
    expect(yield* reported(sys, epoll)).toBe('');
  });

  law('5.16 errors of epoll_ctl, in their order', function* (sys) {
    const { epoll, readFd, writeFd } = yield* watchedPipe(sys);
    const ctl = (epfd: number, op: string, fd: number) =>
      outcome(sys.epollCtl(epfd, op as 'add', fd, IN));
    expect(yield* ctl(99, 'add', readFd)).toBe('EBADF');
    expect(yield* ctl(epoll, 'add', 99)).toBe('EBADF');
    expect(yield* ctl(epoll, 'add', 1)).toBe('EPERM');
    expect(yield* ctl(epoll, 'del', 1)).toBe('EPERM');
    expect(yield* ctl(readFd, 'add', 1)).toBe('EPERM');
    expect(yield* ctl(readFd, 'add', writeFd)).toBe('EINVAL');
    expect(yield* ctl(epoll, 'add', epoll)).toBe('EINVAL');
    expect(yield* ctl(epoll, '?', readFd)).toBe('EINVAL');
    expect(yield* ctl(epoll, 'del', writeFd)).toBe('ENOENT');
    expect(yield* ctl(epoll, 'mod', writeFd)).toBe('ENOENT');
  });

  law(
    '5.17 epoll_wait: no room or no epoll is EINVAL; reading an epoll is EINVAL',
    function* (sys) {
      const { epoll, readFd } = yield* watchedPipe(sys);
      expect(yield* outcome(sys.epollWait(epoll, 0, 0))).toBe('EINVAL');
      expect(yield* outcome(sys.epollWait(epoll, -1, 0))).toBe('EINVAL');
      expect(yield* outcome(sys.epollWait(readFd, 1, 0))).toBe('EINVAL');
      expect(yield* outcome(sys.epollWait(99, 1, 0))).toBe('EBADF');
      expect(yield* outcome(sys.read(epoll, 8))).toBe('EINVAL');
      expect(yield* outcome(sys.write(epoll, bytes(8)))).toBe('EINVAL');
    },
  );

  law('5.18 nesting: a cycle and a sixth level are ELOOP', function* (sys) {
    const a = yield* sys.epollCreate();
    const b = yield* sys.epollCreate();
    yield* sys.epollCtl(a, 'add', b, IN);
    expect(yield* outcome(sys.epollCtl(b, 'add', a, IN))).toBe('ELOOP');
    const results: unknown[] = [];
    let inner = yield* sys.epollCreate();
    for (let level = 2; level <= 6; level++) {
      const outer = yield* sys.epollCreate();
      results.push(yield* outcome(sys.epollCtl(outer, 'add', inner, IN)));
      inner = outer;
    }
    expect(results).toEqual([0, 0, 0, 0, 'ELOOP']);
  });

  law('5.19 consuming the inner epoll makes a level-triggered outer one idle', function* (sys) {
    const { epoll: inner, readFd, writeFd } = yield* watchedPipe(sys);
    const outer = yield* sys.epollCreate();
    yield* sys.epollCtl(outer, 'add', inner, IN);
    yield* sys.write(writeFd, bytes(1));
    expect(yield* reported(sys, outer)).toBe(`${inner}:IN`);
    expect(yield* mask(sys, outer)).toBe('IN');
    yield* sys.read(readFd, 1);
    expect(yield* reported(sys, outer)).toBe('');
  });

  law(
    '5.19 an edge-triggered outer epoll fires once for each wake-up of the inner one',
    function* (sys) {
      const { epoll: inner, writeFd } = yield* watchedPipe(sys);
      const outer = yield* sys.epollCreate();
      yield* sys.epollCtl(outer, 'add', inner, IN | ET);
      for (let i = 0; i < 2; i++) {
        yield* sys.write(writeFd, bytes(1));
        expect(yield* reported(sys, outer)).toBe(`${inner}:IN`);
        expect(yield* reported(sys, outer)).toBe('');
      }
    },
  );

  law(
    '5.20 EXCLUSIVE only with ADD, only beside IN OUT ERR HUP ET, not on an epoll',
    function* (sys) {
      const epoll = yield* sys.epollCreate();
      const inner = yield* sys.epollCreate();
      const fd = yield* sys.eventfd();
      const add = (on: number, events: number) => outcome(sys.epollCtl(epoll, 'add', on, events));
      for (const beside of [c.EPOLLRDHUP, c.EPOLLPRI, ONESHOT]) {
        expect(yield* add(fd, IN | EXCLUSIVE | beside)).toBe('EINVAL');
      }
      expect(yield* add(inner, IN | EXCLUSIVE)).toBe('EINVAL');
      expect(yield* add(fd, IN | OUT | ET | EXCLUSIVE)).toBe(0);
      expect(yield* outcome(sys.epollCtl(epoll, 'mod', fd, IN))).toBe('EINVAL');
      const plain = yield* sys.eventfd();
      expect(yield* add(plain, IN)).toBe(0);
      expect(yield* outcome(sys.epollCtl(epoll, 'mod', plain, IN | EXCLUSIVE))).toBe('EINVAL');
    },
  );

  law.simulated(
    'a sleeping task is no sleeping thread there',
    '5.21 EXCLUSIVE wakes one sleeper, first registered first; without sleepers everybody sees the event',
    function* (sys) {
      const [readFd, writeFd] = yield* sys.pipe({ nonblock: true });
      const epolls = [yield* sys.epollCreate(), yield* sys.epollCreate()] as const;
      for (const epoll of epolls) yield* sys.epollCtl(epoll, 'add', readFd, IN | EXCLUSIVE);
      const told: string[] = [];
      yield* sleeper(sys, epolls[1], 'second', told);
      yield* sleeper(sys, epolls[0], 'first', told);
      yield* sys.write(writeFd, bytes(1));
      yield* pause(sys);
      expect(told).toEqual(['first1']);
      yield* sys.write(writeFd, bytes(1));
      for (const epoll of epolls) expect(yield* reported(sys, epoll)).toBe(`${readFd}:IN`);
    },
  );

  law.simulated(
    'a sleeping task is no sleeping thread there',
    '5.22 a wake-up wakes one sleeper of an instance, the last to have come; level-triggered, the next too',
    function* (sys) {
      for (const [how, expected] of [
        [ET, ['b1']],
        [0, ['b1', 'a1']],
      ] as const) {
        const { epoll, writeFd } = yield* watchedPipe(sys, IN | how);
        const told: string[] = [];
        yield* sleeper(sys, epoll, 'a', told);
        yield* sleeper(sys, epoll, 'b', told);
        yield* sys.write(writeFd, bytes(1));
        yield* pause(sys);
        expect(told).toEqual(expected);
      }
    },
  );

  law('5.23 separate instances without EXCLUSIVE are all woken', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    const told: string[] = [];
    for (const name of ['a', 'b']) {
      const epoll = yield* sys.epollCreate();
      yield* sys.epollCtl(epoll, 'add', readFd, IN);
      yield* sleeper(sys, epoll, name, told);
    }
    yield* sys.write(writeFd, bytes(1));
    yield* pause(sys);
    expect(told.sort()).toEqual(['a1', 'b1']);
  });

  law('5.24 ADD or MOD of what is ready wakes a sleeper', function* (sys) {
    const epoll = yield* sys.epollCreate();
    const told: string[] = [];
    yield* sleeper(sys, epoll, 'a', told);
    const fd = yield* sys.eventfd(1);
    yield* sys.epollCtl(epoll, 'add', fd, 0);
    yield* pause(sys);
    expect(told).toEqual([]);
    yield* sys.epollCtl(epoll, 'mod', fd, IN);
    yield* pause(sys);
    expect(told).toEqual(['a1']);
  });

  law(
    '5.25 closing the epoll under a sleeper does not wake it; it still gets the event',
    function* (sys) {
      const { epoll, writeFd } = yield* watchedPipe(sys);
      const told: string[] = [];
      yield* sleeper(sys, epoll, 'a', told);
      yield* sys.close(epoll);
      yield* pause(sys);
      expect(told).toEqual([]);
      yield* sys.write(writeFd, bytes(1));
      yield* pause(sys);
      expect(told).toEqual(['a1']);
    },
  );

  law('5.25 closing the watched descriptor is no event', function* (sys) {
    const epoll = yield* sys.epollCreate();
    const { fd } = yield* listening(sys);
    yield* sys.epollCtl(epoll, 'add', fd, IN);
    yield* sys.close(fd);
    expect(yield* reported(sys, epoll)).toBe('');
  });
});

describe('epoll, and readiness that comes of nothing (the fault "spurious")', () => {
  /** What an epoll tells of an idle connection when it is asked three times. */
  function told(how: number, seed: number): string {
    let seen = '';
    const asking = scenario(
      'asking',
      (world) => {
        world.process('p').spawn('p', function* (sys) {
          const { server } = yield* tcpPair(sys);
          const epoll = yield* sys.epollCreate();
          yield* sys.epollCtl(epoll, 'add', server, IN | how);
          for (let i = 0; i < 3; i++) seen += (yield* sys.epollWait(epoll, 8, 0)).length;
          yield* sys.epollCtl(epoll, 'mod', server, IN | how);
          seen += ` ${(yield* sys.epollWait(epoll, 8, 0)).length}`;
        });
      },
      { faults: ['spurious'] },
    );
    const strategy = new RandomWalk(seed);
    strategy.begin();
    expect(new Run(asking, { strategy }).execute().failure).toBeUndefined();
    return seen;
  }
  const seeds = Array.from({ length: 300 }, (_, i) => i + 1);

  it('takes a registration with EPOLLONESHOT up like any other report', () => {
    const seen = new Set(seeds.map((seed) => told(ONESHOT, seed)));
    expect([...seen].filter((each) => /1.*1/.test(each.slice(0, 3)))).toEqual([]);
    expect(seen).toContain('100 1');
  });

  it('may come again without', () => {
    expect(seeds.map((seed) => told(0, seed))).toContain('110 0');
  });
});
