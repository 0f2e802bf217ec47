import { expect } from 'vitest';
import * as c from '../../src/sys/constants.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';
import { pattern } from '../real/programs.ts';
import {
  bytes,
  connecting,
  HERE,
  heard,
  laws,
  listening,
  outcome,
  pause,
  reported,
  tcpPair,
} from './harness.ts';

/** Start a task that does one call and notes under its name what came of it. */
function* doing(
  sys: Sys,
  told: string[],
  name: string,
  act: (own: Sys) => Program<unknown>,
): Program {
  yield* sys.spawn(function* (own) {
    told.push(`${name}:${String(yield* act(own))}`);
  });
  yield* pause(sys);
}

/** The same connection with blocking ends. */
function* blockingPair(sys: Sys): Program<{ client: number; server: number }> {
  const { client, server } = yield* tcpPair(sys);
  for (const fd of [client, server]) yield* sys.ioctl(fd, c.FIONBIO, 0);
  return { client, server };
}

laws('sleeping', (law) => {
  law('14.5 close by another task does not wake a sleeper', function* (sys) {
    const { client, server } = yield* blockingPair(sys);
    const told: string[] = [];
    yield* doing(sys, told, 'recv', (own) => heard(own, client));
    yield* sys.close(client);
    yield* pause(sys);
    expect(told).toEqual([]);
    yield* sys.send(server, bytes('data'));
    yield* pause(sys);
    expect(told).toEqual(['recv:data']);
  });

  law('14.5 shutdown does: recv gives the end, accept EINVAL', function* (sys) {
    const { client } = yield* blockingPair(sys);
    const { fd: listener } = yield* listening(sys);
    yield* sys.ioctl(listener, c.FIONBIO, 0);
    const told: string[] = [];
    yield* doing(sys, told, 'recv', (own) => heard(own, client));
    yield* doing(sys, told, 'accept', (own) => outcome(own.accept(listener)));
    yield* sys.shutdown(client, 'rd');
    yield* sys.shutdown(listener, 'rd');
    yield* pause(sys);
    expect(told.sort()).toEqual(['accept:EINVAL', 'recv:']);
  });

  law(
    '14.6 a listener closed while accept sleeps goes on listening until it returns',
    function* (sys) {
      const { fd: listener, address } = yield* listening(sys);
      yield* sys.ioctl(listener, c.FIONBIO, 0);
      const told: string[] = [];
      yield* doing(sys, told, 'accept', function* (own) {
        return (yield* own.accept(listener)).fd > 0;
      });
      yield* sys.close(listener);
      const first = yield* connecting(sys, address);
      yield* pause(sys);
      expect(told).toEqual(['accept:true']);
      expect(yield* outcome(sys.connect(first, address))).toBe(0);
      const second = yield* connecting(sys, address);
      expect(yield* sys.getsockopt(second, 'SO_ERROR')).toBe(111);
    },
  );

  law.simulated(
    "its sleepers are not the kernel's own",
    '14.7 accept, pipe readers and futexes: one waiter, first come first served',
    function* (sys) {
      const told: string[] = [];
      const { fd: listener, address } = yield* listening(sys);
      yield* sys.ioctl(listener, c.FIONBIO, 0);
      const [readFd, writeFd] = yield* sys.pipe();
      const words = new Int32Array(1);
      for (const name of ['a', 'b']) {
        yield* doing(sys, told, `${name} accept`, function* (own) {
          return (yield* own.accept(listener)).fd > 0;
        });
        yield* doing(sys, told, `${name} read`, function* (own) {
          return (yield* own.read(readFd, 1)).length;
        });
        yield* doing(sys, told, `${name} futex`, (own) => outcome(own.futexWait(words, 0, 0)));
      }
      yield* connecting(sys, address);
      yield* sys.write(writeFd, bytes(1));
      yield* sys.futexWake(words, 0, 1);
      yield* pause(sys);
      expect(told.sort()).toEqual(['a accept:true', 'a futex:0', 'a read:1']);
    },
  );

  law('14.7 poll and select wake all who wait', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    const told: string[] = [];
    for (const name of ['a', 'b']) {
      yield* doing(sys, told, `${name} poll`, function* (own) {
        return (yield* own.poll([{ fd: readFd, events: c.POLLIN }])).length;
      });
      yield* doing(sys, told, `${name} select`, function* (own) {
        return (yield* own.select({ read: [readFd] })).read.length;
      });
    }
    yield* sys.write(writeFd, bytes(1));
    yield* pause(sys);
    expect(told.sort()).toEqual(['a poll:1', 'a select:1', 'b poll:1', 'b select:1']);
  });

  law('12.8 a blocking connect sleeps until the accept queue has room', function* (sys) {
    const { fd: listener, address } = yield* listening(sys, 0);
    yield* connecting(sys, address);
    const told: string[] = [];
    const fd = yield* sys.socket('inet', 'stream');
    yield* doing(sys, told, 'connect', (own) => outcome(own.connect(fd, address)));
    expect(told).toEqual([]);
    yield* sys.accept(listener);
    yield* pause(sys, 1200);
    expect(told).toEqual(['connect:0']);
  });

  law('12.18 a blocking send takes all of its bytes', function* (sys) {
    const { client, server } = yield* blockingPair(sys);
    const size = 10_000_000;
    const sent = pattern(size);
    const told: string[] = [];
    yield* doing(sys, told, 'send', (own) => outcome(own.send(client, sent)));
    expect(told).toEqual([]);
    for (let at = 0; at < size; ) {
      const part = yield* sys.recv(server, 1_000_000);
      expect(Buffer.compare(part, sent.subarray(at, at + part.length))).toBe(0);
      at += part.length;
    }
    yield* pause(sys);
    expect(told).toEqual([`send:${size}`]);
  });

  law('3.5 a wait with a timeout ends at its time, with nothing', function* (sys) {
    const epoll = yield* sys.epollCreate();
    const before = yield* sys.clockGettime();
    expect(yield* sys.epollWait(epoll, 1, 6)).toEqual([]);
    expect(yield* sys.select({}, 6)).toEqual({ read: [], write: [], except: [] });
    expect((yield* sys.clockGettime()) - before).toBeGreaterThanOrEqual(12);
  });
});

laws('futex', (law) => {
  law('16.1 WAIT: EAGAIN if the word differs, ETIMEDOUT, 0 when woken', function* (sys) {
    const words = new Int32Array([7]);
    expect(yield* outcome(sys.futexWait(words, 0, 8))).toBe('EAGAIN');
    expect(yield* outcome(sys.futexWait(words, 0, 7, 4))).toBe('ETIMEDOUT');
    const told: string[] = [];
    yield* doing(sys, told, 'wait', (own) => outcome(own.futexWait(words, 0, 7)));
    words[0] = 9;
    yield* pause(sys);
    expect(told).toEqual([]);
    expect(yield* sys.futexWake(words, 0)).toBe(1);
    yield* pause(sys);
    expect(told).toEqual(['wait:0']);
  });

  law('16.2 WAKE n: the number woken, oldest first; nothing is remembered', function* (sys) {
    const words = new Int32Array(1);
    expect(yield* sys.futexWake(words, 0, 5)).toBe(0);
    const told: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      yield* doing(sys, told, name, (own) => outcome(own.futexWait(words, 0, 0)));
    }
    expect(yield* sys.futexWake(words, 0, 2)).toBe(2);
    yield* pause(sys);
    expect(told.sort()).toEqual(['a:0', 'b:0']);
    expect(yield* sys.futexWake(words, 0, 5)).toBe(1);
  });
});

laws('fork and exit', (law) => {
  law(
    '15.1 the child has a copy of the table; later opens and closes are separate',
    function* (sys) {
      const [readFd, writeFd] = yield* sys.pipe();
      const pid = yield* sys.fork(function* (own) {
        yield* own.close(readFd);
        yield* own.write(writeFd, bytes(String(yield* own.eventfd())));
      });
      expect(yield* sys.waitpid(pid)).toEqual({ pid, status: 0 });
      expect(String.fromCharCode(...(yield* sys.read(readFd, 9)))).toBe(String(readFd));
    },
  );

  law('15.2 O_NONBLOCK, socket and epoll instance are shared', function* (sys) {
    const fd = yield* sys.eventfd(1);
    const epoll = yield* sys.epollCreate();
    const pid = yield* sys.fork(function* (own) {
      yield* own.ioctl(fd, c.FIONBIO, 1);
      yield* own.epollCtl(epoll, 'add', fd, c.EPOLLIN);
    });
    yield* sys.waitpid(pid);
    expect(yield* sys.fcntl(fd, c.F_GETFL)).toBe(c.O_RDWR | c.O_NONBLOCK);
    expect(yield* reported(sys, epoll)).toBe(`${fd}:IN`);
  });

  law(
    "15.3 a registration survives the parent's close while the child holds the description",
    function* (sys) {
      const fd = yield* sys.eventfd(1);
      const epoll = yield* sys.epollCreate();
      yield* sys.epollCtl(epoll, 'add', fd, c.EPOLLIN);
      const [readFd, writeFd] = yield* sys.pipe();
      const pid = yield* sys.fork(function* (own) {
        yield* own.read(readFd, 1);
        yield* own.epollCtl(epoll, 'del', fd);
      });
      yield* sys.close(fd);
      expect(yield* reported(sys, epoll)).toBe(`${fd}:IN`);
      yield* sys.write(writeFd, bytes(1));
      yield* sys.waitpid(pid);
      expect(yield* reported(sys, epoll)).toBe('');
    },
  );

  law('15.4 exit closes everything: end of stream, or a reset on unread data', function* (sys) {
    const ends: string[] = [];
    for (const unread of [false, true]) {
      const { client, server } = yield* tcpPair(sys);
      if (unread) yield* sys.send(client, bytes(1));
      const pid = yield* sys.fork(function* (own) {
        yield* own.exit(3);
      });
      yield* sys.close(server);
      expect(yield* sys.waitpid(pid)).toEqual({ pid, status: 3 });
      yield* pause(sys);
      ends.push(yield* heard(sys, client));
    }
    expect(ends).toEqual(['', 'ECONNRESET']);
  });

  law('15.4 exit ends the other tasks of the process, even asleep', function* (sys) {
    const [readFd] = yield* sys.pipe();
    const pid = yield* sys.fork(function* (own) {
      yield* own.spawn(function* (other) {
        yield* other.read(readFd, 1);
      });
      yield* own.exit(0);
    });
    expect((yield* sys.waitpid(pid)).status).toBe(0);
  });

  law('15 waitpid without such a child is ECHILD; with nohang it does not wait', function* (sys) {
    expect(yield* outcome(sys.waitpid())).toBe('ECHILD');
    const [readFd, writeFd] = yield* sys.pipe();
    const pid = yield* sys.fork(function* (own) {
      yield* own.read(readFd, 1);
    });
    expect(yield* sys.waitpid(-1, { nohang: true })).toEqual({ pid: 0, status: 0 });
    yield* sys.write(writeFd, bytes(1));
    expect((yield* sys.waitpid(pid)).pid).toBe(pid);
    expect(yield* outcome(sys.waitpid(pid))).toBe('ECHILD');
  });

  law('15.2 a listener that two processes hold is closed with the last of them', function* (sys) {
    const { fd, address } = yield* listening(sys);
    const [readFd, writeFd] = yield* sys.pipe();
    const pid = yield* sys.fork(function* (own) {
      yield* own.read(readFd, 1);
    });
    yield* sys.close(fd);
    const client = yield* connecting(sys, address);
    expect(yield* outcome(sys.connect(client, address))).toBe(0);
    yield* sys.write(writeFd, bytes(1));
    yield* sys.waitpid(pid);
    yield* pause(sys);
    expect(yield* heard(sys, client)).toBe('ECONNRESET');
    expect(address.host).toBe(HERE);
  });
});
