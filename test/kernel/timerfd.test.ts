import { expect } from 'vitest';
import * as c from '../../src/sys/constants.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';
import { bytes, laws, mask, outcome, pause, reported } from './harness.ts';

/** Expirations since the last read, or the error. */
function* expirations(sys: Sys, fd: number): Program<number | string> {
  const got = yield* outcome(sys.read(fd, 8));
  if (typeof got === 'string') return got;
  return Number(new DataView(got.buffer, got.byteOffset).getBigUint64(0, true));
}

const ONCE = { valueMs: 10, intervalMs: 0 };

laws('timerfd', (law) => {
  law('9.1 unarmed or not expired: EAGAIN and not readable; never writable', function* (sys) {
    const fd = yield* sys.timerfdCreate('monotonic', { nonblock: true });
    expect(yield* expirations(sys, fd)).toBe('EAGAIN');
    yield* sys.timerfdSettime(fd, ONCE);
    expect(yield* expirations(sys, fd)).toBe('EAGAIN');
    expect(yield* mask(sys, fd)).toBe('0');
    yield* pause(sys, 12);
    expect(yield* mask(sys, fd)).toBe('IN');
  });

  law(
    '9.1 read gives the expirations and clears them; short buffers and writes are EINVAL',
    function* (sys) {
      const fd = yield* sys.timerfdCreate('monotonic', { nonblock: true });
      yield* sys.timerfdSettime(fd, ONCE);
      yield* pause(sys, 12);
      expect(yield* outcome(sys.read(fd, 7))).toBe('EINVAL');
      expect(yield* outcome(sys.write(fd, bytes(8)))).toBe('EINVAL');
      expect(yield* expirations(sys, fd)).toBe(1);
      expect(yield* expirations(sys, fd)).toBe('EAGAIN');
    },
  );

  law('9.1 a blocking read sleeps until it runs out', function* (sys) {
    const fd = yield* sys.timerfdCreate();
    const before = yield* sys.clockGettime();
    yield* sys.timerfdSettime(fd, ONCE);
    expect(yield* expirations(sys, fd)).toBe(1);
    expect((yield* sys.clockGettime()) - before).toBeGreaterThanOrEqual(10);
  });

  law('9.2 setting it clears unread expirations; value 0 disarms', function* (sys) {
    const fd = yield* sys.timerfdCreate('monotonic', { nonblock: true });
    yield* sys.timerfdSettime(fd, ONCE);
    yield* pause(sys, 12);
    yield* sys.timerfdSettime(fd, { valueMs: 0, intervalMs: 0 });
    expect(yield* expirations(sys, fd)).toBe('EAGAIN');
    yield* sys.timerfdSettime(fd, ONCE);
    yield* sys.timerfdSettime(fd, { valueMs: 0, intervalMs: 0 });
    yield* pause(sys, 15);
    expect(yield* mask(sys, fd)).toBe('0');
  });

  for (const clock of ['monotonic', 'realtime'] as const) {
    law(
      `9.2 absolute ${clock} time: due at that moment, at once if it lies behind`,
      function* (sys) {
        const fd = yield* sys.timerfdCreate(clock, { nonblock: true });
        const nowMs = yield* sys.clockGettime(clock);
        yield* sys.timerfdSettime(fd, { valueMs: nowMs + 40, intervalMs: 0, absolute: true });
        yield* pause(sys, 5);
        expect(yield* expirations(sys, fd)).toBe('EAGAIN');
        yield* pause(sys, 45);
        expect(yield* expirations(sys, fd)).toBe(1);
        yield* sys.timerfdSettime(fd, { valueMs: nowMs + 1, intervalMs: 0, absolute: true });
        expect(yield* expirations(sys, fd)).toBe(1);
      },
    );
  }

  law('9.3 periodic: missed periods are counted at read time', function* (sys) {
    const fd = yield* sys.timerfdCreate('monotonic', { nonblock: true });
    yield* sys.timerfdSettime(fd, { valueMs: 10, intervalMs: 20 });
    yield* pause(sys, 60);
    expect(yield* expirations(sys, fd)).toBeGreaterThanOrEqual(3);
    expect(yield* expirations(sys, fd)).toBe('EAGAIN');
    yield* pause(sys, 20);
    expect(yield* expirations(sys, fd)).toBeGreaterThanOrEqual(1);
  });

  law('9.4 an expired one-shot timer counts as disarmed, even unread', function* (sys) {
    const fd = yield* sys.timerfdCreate('monotonic', { nonblock: true });
    yield* sys.timerfdSettime(fd, ONCE);
    const left = yield* sys.timerfdGettime(fd);
    expect(left.valueMs).toBeGreaterThan(0);
    expect(left.valueMs).toBeLessThanOrEqual(10);
    yield* pause(sys, 12);
    expect(yield* sys.timerfdGettime(fd)).toEqual({ valueMs: 0, intervalMs: 0 });
    expect(yield* expirations(sys, fd)).toBe(1);
  });

  law('9 settime gives what was set before', function* (sys) {
    const fd = yield* sys.timerfdCreate();
    const none = { valueMs: 0, intervalMs: 0 };
    expect(yield* sys.timerfdSettime(fd, { valueMs: 50, intervalMs: 7 })).toEqual(none);
    const before = yield* sys.timerfdSettime(fd, none);
    expect(before.intervalMs).toBe(7);
    expect(before.valueMs).toBeGreaterThan(40);
    expect(yield* outcome(sys.timerfdSettime(yield* sys.eventfd(), none))).toBe('EINVAL');
    expect(yield* outcome(sys.timerfdGettime(99))).toBe('EBADF');
  });

  law('6 a periodic timer gives one edge until it is read', function* (sys) {
    const fd = yield* sys.timerfdCreate('monotonic', { nonblock: true });
    const epoll = yield* sys.epollCreate();
    yield* sys.epollCtl(epoll, 'add', fd, c.EPOLLIN | c.EPOLLET);
    yield* sys.timerfdSettime(fd, { valueMs: 5, intervalMs: 5 });
    yield* pause(sys, 8);
    expect(yield* reported(sys, epoll)).toBe(`${fd}:IN`);
    yield* pause(sys, 12);
    expect(yield* reported(sys, epoll)).toBe('');
    yield* expirations(sys, fd);
    yield* pause(sys, 8);
    expect(yield* reported(sys, epoll)).toBe(`${fd}:IN`);
  });

  law('1.3 a dup and a child share the timer', function* (sys) {
    const fd = yield* sys.timerfdCreate('monotonic', { nonblock: true });
    yield* sys.timerfdSettime(yield* sys.dup(fd), ONCE);
    yield* pause(sys, 12);
    const pid = yield* sys.fork(function* (own) {
      expect(yield* expirations(own, fd)).toBe(1);
    });
    yield* sys.waitpid(pid);
    expect(yield* expirations(sys, fd)).toBe('EAGAIN');
  });
});
