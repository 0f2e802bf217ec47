import { expect } from 'vitest';
import * as c from '../../src/sys/constants.ts';
import { bytes, laws, mask, outcome, text } from './harness.ts';

laws('regular files and /dev/null', (law) => {
  law('2 both are always readable and writable', function* (sys) {
    for (const fd of [yield* sys.memfdCreate('m'), yield* sys.open('/dev/null')]) {
      expect(yield* mask(sys, fd)).toBe('IN|OUT');
      expect(yield* sys.select({ read: [fd], write: [fd], except: [fd] }, 0)).toEqual({
        read: [fd],
        write: [fd],
        except: [],
      });
    }
  });

  law('5.16 epoll takes neither: EPERM, even for DEL', function* (sys) {
    const epoll = yield* sys.epollCreate();
    for (const fd of [yield* sys.memfdCreate('m'), yield* sys.open('/dev/null')]) {
      for (const op of ['add', 'mod', 'del'] as const) {
        expect(yield* outcome(sys.epollCtl(epoll, op, fd, c.EPOLLIN))).toBe('EPERM');
      }
    }
  });

  law('/dev/null gives the end and takes everything', function* (sys) {
    const fd = yield* sys.open('/dev/null');
    expect(yield* sys.read(fd, 10)).toEqual(bytes(0));
    expect(yield* sys.write(fd, bytes(10_000))).toBe(10_000);
    expect(yield* outcome(sys.write(yield* sys.open('/dev/null', c.O_RDONLY), bytes(1)))).toBe(
      'EBADF',
    );
  });

  law('1.3 the offset belongs to the description: dup and fork share it', function* (sys) {
    const fd = yield* sys.memfdCreate('m');
    yield* sys.write(fd, bytes('abcdef'));
    expect(yield* sys.lseek(fd, 0)).toBe(0);
    expect(text(yield* sys.read(yield* sys.dup(fd), 2))).toBe('ab');
    const pid = yield* sys.fork(function* (own) {
      expect(text(yield* own.read(fd, 2))).toBe('cd');
    });
    yield* sys.waitpid(pid);
    expect(text(yield* sys.read(fd, 9))).toBe('ef');
    expect(yield* sys.read(fd, 9)).toEqual(bytes(0));
  });

  law('lseek from the start, from here and from the end; a hole reads as zeros', function* (sys) {
    const fd = yield* sys.memfdCreate('m');
    yield* sys.write(fd, bytes('abc'));
    expect(yield* sys.lseek(fd, -1, 'cur')).toBe(2);
    expect(yield* sys.lseek(fd, 2, 'end')).toBe(5);
    yield* sys.write(fd, bytes('d'));
    yield* sys.lseek(fd, 0);
    expect(text(yield* sys.read(fd, 9))).toBe('abc\0\0d');
    expect(yield* outcome(sys.lseek(fd, -1))).toBe('EINVAL');
  });

  law('a place that no file can have is EINVAL', function* (sys) {
    const fd = yield* sys.memfdCreate('m');
    expect(yield* sys.lseek(fd, 2 ** 40)).toBe(2 ** 40);
    expect(yield* sys.read(fd, 9)).toEqual(bytes(0));
    expect(yield* sys.write(fd, bytes(0))).toBe(0);
    expect(yield* sys.lseek(fd, 0, 'end')).toBe(0);
    expect(yield* sys.lseek(fd, 2 ** 62)).toBe(2 ** 62);
    expect(yield* outcome(sys.lseek(fd, 2 ** 62, 'cur'))).toBe('EINVAL');
  });

  law.simulated(
    'a machine has room for more, or for less',
    'a write beyond 64 MiB is EFBIG, and the file is as it was',
    function* (sys) {
      const fd = yield* sys.memfdCreate('m');
      for (const place of [2 ** 26, 2 ** 26 - 1, 2 ** 31, 2 ** 33, 2 ** 53]) {
        yield* sys.lseek(fd, place);
        expect(yield* outcome(sys.write(fd, bytes('ab')))).toBe('EFBIG');
        expect(yield* sys.lseek(fd, 0, 'end')).toBe(0);
      }
      yield* sys.lseek(fd, 2 ** 26 - 2);
      expect(yield* sys.write(fd, bytes('ab'))).toBe(2);
    },
  );

  law('1.12 lseek on a pipe or socket is ESPIPE, socket calls on a file ENOTSOCK', function* (sys) {
    const [readFd] = yield* sys.pipe();
    const fd = yield* sys.memfdCreate('m');
    expect(yield* outcome(sys.lseek(readFd, 0))).toBe('ESPIPE');
    expect(yield* outcome(sys.lseek(yield* sys.socket('inet', 'stream'), 0))).toBe('ESPIPE');
    expect(yield* outcome(sys.recv(fd, 1))).toBe('ENOTSOCK');
  });

  law('what has no offset and is no stream is always at 0', function* (sys) {
    for (const fd of [yield* sys.epollCreate(), yield* sys.eventfd(), yield* sys.timerfdCreate()]) {
      expect(yield* sys.lseek(fd, 5)).toBe(0);
      expect(yield* sys.lseek(fd, -5, 'end')).toBe(0);
      expect(yield* outcome(sys.lseek(fd, 0, 'hole' as 'end'))).toBe('EINVAL');
    }
  });

  law('a name of more than 249 bytes is EINVAL', function* (sys) {
    expect(yield* outcome(sys.memfdCreate('n'.repeat(249)))).toBe(3);
    expect(yield* outcome(sys.memfdCreate('n'.repeat(250)))).toBe('EINVAL');
  });

  law('FIONREAD is what is left, and nothing behind the end', function* (sys) {
    const fd = yield* sys.memfdCreate('m');
    yield* sys.write(fd, bytes('abc'));
    yield* sys.lseek(fd, 1);
    expect(yield* sys.ioctl(fd, c.FIONREAD)).toBe(2);
    yield* sys.lseek(fd, 9);
    expect(yield* sys.ioctl(fd, c.FIONREAD)).toBe(0);
  });
});
