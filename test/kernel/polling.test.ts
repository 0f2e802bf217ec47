import { expect } from 'vitest';
import * as c from '../../src/sys/constants.ts';
import { bytes, connecting, deafAddress, laws, outcome, pause, tcpPair } from './harness.ts';

laws('poll', (law) => {
  law('3.1 reports what was asked for, ERR and HUP, and NVAL for a closed number', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    yield* sys.close(readFd);
    const entries = [
      { fd: writeFd, events: 0 },
      { fd: readFd, events: c.POLLIN },
      { fd: -1, events: c.POLLIN },
    ];
    expect(yield* sys.poll(entries, 0)).toEqual([
      { fd: writeFd, revents: c.POLLERR },
      { fd: readFd, revents: c.POLLNVAL },
    ]);
  });

  law('a set of select holds a number once, however often it was given', function* (sys) {
    const [, writeFd] = yield* sys.pipe();
    const [, other] = yield* sys.pipe();
    const { write } = yield* sys.select({ write: [other, writeFd, writeFd, other] }, 0);
    expect(write).toEqual([writeFd, other]);
  });

  law('3.2 the same descriptor may appear twice', function* (sys) {
    const fd = yield* sys.eventfd(1);
    const entries = [
      { fd, events: c.POLLIN },
      { fd, events: c.POLLOUT },
    ];
    expect(yield* sys.poll(entries, 0)).toEqual([
      { fd, revents: c.POLLIN },
      { fd, revents: c.POLLOUT },
    ]);
  });

  law('3.3 more entries than RLIMIT_NOFILE are EINVAL; none at all are a sleep', function* (sys) {
    yield* sys.setrlimit(5);
    const entries = Array.from({ length: 6 }, () => ({ fd: -1, events: 0 }));
    expect(yield* outcome(sys.poll(entries, 0))).toBe('EINVAL');
    const before = yield* sys.clockGettime();
    expect(yield* sys.poll([], 5)).toEqual([]);
    expect((yield* sys.clockGettime()) - before).toBeGreaterThanOrEqual(5);
  });

  law('3.4 RDHUP is reported only if asked for', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.shutdown(server, 'wr');
    yield* pause(sys);
    const ask = (events: number) => sys.poll([{ fd: client, events }], 0);
    expect(yield* ask(c.POLLIN)).toEqual([{ fd: client, revents: c.POLLIN }]);
    expect(yield* ask(c.POLLRDHUP)).toEqual([{ fd: client, revents: c.POLLRDHUP }]);
    expect(yield* ask(0)).toEqual([]);
  });

  law('3.5 never returns early, and a negative timeout is none', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    const before = yield* sys.clockGettime();
    expect(yield* sys.poll([{ fd: readFd, events: c.POLLIN }], 7)).toEqual([]);
    expect((yield* sys.clockGettime()) - before).toBeGreaterThanOrEqual(7);
    yield* sys.spawn(function* (own) {
      yield* own.nanosleep({ ms: 10 });
      yield* own.write(writeFd, bytes(1));
    });
    expect(yield* sys.poll([{ fd: readFd, events: c.POLLIN }], -1)).toHaveLength(1);
  });

  law(
    '3.6 a descriptor closed during the sleep reports NVAL once something else wakes it',
    function* (sys) {
      const [a] = yield* sys.pipe();
      const [b, writeFd] = yield* sys.pipe();
      let seen: unknown;
      yield* sys.spawn(function* (own) {
        seen = yield* own.poll([a, b].map((fd) => ({ fd, events: c.POLLIN })));
      });
      yield* pause(sys);
      yield* sys.close(a);
      yield* pause(sys);
      expect(seen).toBeUndefined();
      yield* sys.write(writeFd, bytes(1));
      yield* pause(sys);
      expect(seen).toEqual([
        { fd: a, revents: c.POLLNVAL },
        { fd: b, revents: c.POLLIN },
      ]);
    },
  );
});

laws('select', (law) => {
  law('4.2 a fresh TCP socket is readable and writable', function* (sys) {
    const fd = yield* sys.socket('inet', 'stream');
    const all = { read: [fd], write: [fd], except: [fd] };
    expect(yield* sys.select(all, 0)).toEqual({ read: [fd], write: [fd], except: [] });
  });

  law(
    '4.2 a pipe at its end is readable; one without reader is readable and writable',
    function* (sys) {
      const [readFd, a] = yield* sys.pipe();
      const [b, writeFd] = yield* sys.pipe();
      yield* sys.close(a);
      yield* sys.close(b);
      const both = [readFd, writeFd];
      const seen = yield* sys.select({ read: both, write: both, except: both }, 0);
      expect(seen).toEqual({ read: both, write: [writeFd], except: [] });
    },
  );

  law('4.2 a refused connect is in both sets and not exceptional', function* (sys) {
    const fd = yield* connecting(sys, yield* deafAddress(sys));
    const all = { read: [fd], write: [fd], except: [fd] };
    expect(yield* sys.select(all, 0)).toEqual({ read: [fd], write: [fd], except: [] });
  });

  law('4.3 a closed descriptor in any set is EBADF', function* (sys) {
    const fd = yield* sys.eventfd();
    yield* sys.close(fd);
    for (const set of ['read', 'write', 'except']) {
      expect(yield* outcome(sys.select({ [set]: [fd] }, 0))).toBe('EBADF');
    }
  });

  law('4.5 a number from FD_SETSIZE on fits into no set, while poll has no limit', function* (sys) {
    const fd = yield* sys.eventfd(1);
    yield* sys.setrlimit(2000);
    const high = yield* sys.fcntl(fd, c.F_DUPFD, c.FD_SETSIZE);
    expect(high).toBe(1024);
    expect(yield* outcome(sys.select({ read: [high] }, 0))).toBe('EINVAL');
    expect(yield* sys.poll([{ fd: high, events: c.POLLIN }], 0)).toHaveLength(1);
  });
});
