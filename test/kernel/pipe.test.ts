import { expect } from 'vitest';
import * as c from '../../src/sys/constants.ts';
import { bytes, fill, laws, mask, outcome, pause, text } from './harness.ts';

laws('pipes', (law) => {
  law(
    '7.1 read gives data, else 0 without a writer, else EAGAIN; of 0 bytes it gives 0',
    function* (sys) {
      const [readFd, writeFd] = yield* sys.pipe({ nonblock: true });
      expect(yield* outcome(sys.read(readFd, 1))).toBe('EAGAIN');
      expect(yield* sys.read(readFd, 0)).toEqual(bytes(0));
      yield* sys.write(writeFd, bytes('ab'));
      expect(text(yield* sys.read(readFd, 1))).toBe('a');
      expect(text(yield* sys.read(readFd, 9))).toBe('b');
      yield* sys.close(writeFd);
      expect(yield* sys.read(readFd, 1)).toEqual(bytes(0));
    },
  );

  law('7.2 write without reader is EPIPE, of 0 bytes 0 even then', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    yield* sys.close(readFd);
    expect(yield* outcome(sys.write(writeFd, bytes(1)))).toBe('EPIPE');
    expect(yield* sys.write(writeFd, bytes(0))).toBe(0);
  });

  law(
    '7.3 data written before the last writer closed stays readable, then end of file for ever',
    function* (sys) {
      const [readFd, writeFd] = yield* sys.pipe();
      yield* sys.write(writeFd, bytes('x'));
      yield* sys.close(writeFd);
      const seen: string[] = [];
      for (let i = 0; i < 3; i++) seen.push(text(yield* sys.read(readFd, 9)));
      expect(seen).toEqual(['x', '', '']);
    },
  );

  law('7.4 sixteen slots of a page: one byte read from a full pipe frees nothing', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe({ nonblock: true });
    expect(yield* fill(sys, writeFd)).toBe(65_536);
    yield* sys.read(readFd, 1);
    expect(yield* outcome(sys.write(writeFd, bytes(1)))).toBe('EAGAIN');
    expect(yield* mask(sys, writeFd)).toBe('0');
    yield* sys.read(readFd, 4095);
    expect(yield* mask(sys, writeFd)).toBe('OUT');
    expect(yield* fill(sys, writeFd)).toBe(4096);
  });

  law(
    '7.4 small writes share a page if they fit, and take a slot each if they do not',
    function* (sys) {
      const [, small] = yield* sys.pipe({ nonblock: true });
      expect(yield* fill(sys, small, 64)).toBe(65_536);
      const [, large] = yield* sys.pipe({ nonblock: true });
      expect(yield* fill(sys, large, 3000)).toBe(16 * 3000);
    },
  );

  law('7.5 up to PIPE_BUF bytes go in whole or not at all, more may go in partly', function* (sys) {
    const [, writeFd] = yield* sys.pipe({ nonblock: true });
    expect(yield* sys.write(writeFd, bytes(63_000))).toBe(63_000);
    expect(yield* outcome(sys.write(writeFd, bytes(4096)))).toBe('EAGAIN');
    expect(yield* sys.write(writeFd, bytes(5000))).toBe(904);
    expect(yield* sys.write(writeFd, bytes(5000))).toBe(904);
    expect(yield* outcome(sys.write(writeFd, bytes(5000)))).toBe('EAGAIN');
  });

  law(
    '7.6 F_SETPIPE_SZ rounds up to a power of two pages, and is EBUSY if the data would not fit',
    function* (sys) {
      const [readFd, writeFd] = yield* sys.pipe({ nonblock: true });
      expect(yield* sys.fcntl(writeFd, c.F_GETPIPE_SZ)).toBe(65_536);
      const size = (bytesMax: number) => outcome(sys.fcntl(readFd, c.F_SETPIPE_SZ, bytesMax));
      expect(yield* size(1)).toBe(4096);
      expect(yield* size(4097)).toBe(8192);
      expect(yield* size(12_288)).toBe(16_384);
      yield* fill(sys, writeFd);
      expect(yield* size(8192)).toBe('EBUSY');
      expect(yield* size(65_536)).toBe(65_536);
      expect(yield* fill(sys, writeFd)).toBe(49_152);
    },
  );

  law('7.7 FIONREAD on either end gives the bytes queued', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    yield* sys.write(writeFd, bytes(7));
    expect(yield* sys.ioctl(readFd, c.FIONREAD)).toBe(7);
    expect(yield* sys.ioctl(writeFd, c.FIONREAD)).toBe(7);
  });

  law('7.8 a blocking write sleeps until all is in', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    let wrote: unknown;
    yield* sys.spawn(function* (own) {
      wrote = yield* outcome(own.write(writeFd, bytes(100_000)));
    });
    yield* pause(sys);
    expect(wrote).toBeUndefined();
    for (let left = 100_000; left > 0; ) left -= (yield* sys.read(readFd, 10_000)).length;
    yield* pause(sys);
    expect(wrote).toBe(100_000);
  });

  law('7.8 if the reader closes meanwhile, it gives what it has moved', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    const wrote: unknown[] = [];
    yield* sys.spawn(function* (own) {
      wrote.push(yield* outcome(own.write(writeFd, bytes(100_000))));
      wrote.push(yield* outcome(own.write(writeFd, bytes(1))));
    });
    yield* pause(sys);
    yield* sys.close(readFd);
    yield* pause(sys);
    expect(wrote).toEqual([65_536, 'EPIPE']);
  });

  law('7 pages that were used before hold nothing of what was in them', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    for (let i = 1; i <= 40; i++) {
      yield* sys.write(writeFd, new Uint8Array(i * 211).fill(i));
      const [otherRead, otherWrite] = yield* sys.pipe();
      yield* sys.write(otherWrite, new Uint8Array(i).fill(200));
      const got = yield* sys.read(readFd, 65_536);
      expect([got.length, ...new Set(got)]).toEqual([i * 211, i]);
      expect(yield* sys.read(otherRead, 65_536)).toEqual(new Uint8Array(i).fill(200));
    }
  });

  law('7.6 what is no size is EINVAL', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    expect(yield* outcome(sys.fcntl(readFd, c.F_SETPIPE_SZ, -1))).toBe('EINVAL');
    expect(yield* outcome(sys.fcntl(writeFd, c.F_SETPIPE_SZ, 2 ** 31 + 1))).toBe('EINVAL');
    expect(yield* sys.fcntl(writeFd, c.F_SETPIPE_SZ, 0)).toBe(4096);
    expect(yield* outcome(sys.fcntl(yield* sys.eventfd(), c.F_SETPIPE_SZ, 4096))).toBe('EBADF');
  });

  law.simulated(
    'who has CAP_SYS_RESOURCE may',
    '7.6 nobody grows a pipe beyond fs.pipe-max-size',
    function* (sys) {
      const [readFd] = yield* sys.pipe();
      expect(yield* sys.fcntl(readFd, c.F_SETPIPE_SZ, 2 ** 20)).toBe(2 ** 20);
      expect(yield* outcome(sys.fcntl(readFd, c.F_SETPIPE_SZ, 2 ** 20 + 1))).toBe('EPERM');
    },
  );
});
