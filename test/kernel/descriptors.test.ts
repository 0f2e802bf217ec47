import { expect } from 'vitest';
import * as c from '../../src/sys/constants.ts';
import { bytes, heard, laws, mask, outcome, pause, tcpPair, text } from './harness.ts';

laws('descriptors', (law) => {
  law('1.1 the lowest free number is given out, and close frees at once', function* (sys) {
    expect(yield* sys.eventfd()).toBe(3);
    expect(yield* sys.pipe()).toEqual([4, 5]);
    yield* sys.close(3);
    expect(yield* sys.socketpair()).toEqual([3, 6]);
    yield* sys.close(5);
    expect(yield* sys.epollCreate()).toBe(5);
    expect(yield* sys.dup(3)).toBe(7);
  });

  law('1.2 closing a free, negative or closed number is EBADF', function* (sys) {
    const fd = yield* sys.eventfd();
    yield* sys.close(fd);
    for (const bad of [fd, -1, 900]) expect(yield* outcome(sys.close(bad))).toBe('EBADF');
  });

  law('1.3 O_NONBLOCK belongs to the description, FD_CLOEXEC to the descriptor', function* (sys) {
    const fd = yield* sys.eventfd(0, { cloexec: true });
    const copy = yield* sys.dup(fd);
    yield* sys.fcntl(copy, c.F_SETFL, c.O_NONBLOCK);
    expect(yield* sys.fcntl(fd, c.F_GETFL)).toBe(c.O_RDWR | c.O_NONBLOCK);
    expect(yield* sys.fcntl(fd, c.F_GETFD)).toBe(c.FD_CLOEXEC);
    expect(yield* sys.fcntl(copy, c.F_GETFD)).toBe(0);
  });

  law(
    '1.4 dup, dup2 and F_DUPFD clear FD_CLOEXEC, dup3 and F_DUPFD_CLOEXEC set it',
    function* (sys) {
      const fd = yield* sys.eventfd(0, { cloexec: true });
      const made = [
        yield* sys.dup(fd),
        yield* sys.dup2(fd, 20),
        yield* sys.fcntl(fd, c.F_DUPFD, 30),
        yield* sys.dup3(fd, 40, { cloexec: true }),
        yield* sys.fcntl(fd, c.F_DUPFD_CLOEXEC, 30),
      ];
      expect(made).toEqual([4, 20, 30, 40, 31]);
      const flags: number[] = [];
      for (const each of made) flags.push(yield* sys.fcntl(each, c.F_GETFD));
      expect(flags).toEqual([0, 0, 0, 1, 1]);
    },
  );

  law('1.5 dup2 onto itself gives the number, dup3 EINVAL', function* (sys) {
    const fd = yield* sys.eventfd(0, { cloexec: true });
    expect(yield* sys.dup2(fd, fd)).toBe(fd);
    expect(yield* sys.fcntl(fd, c.F_GETFD)).toBe(1);
    expect(yield* outcome(sys.dup2(9, 9))).toBe('EBADF');
    expect(yield* outcome(sys.dup3(fd, fd))).toBe('EINVAL');
  });

  law('1.6 dup2 closes what it replaces, with all effects of a last close', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    const other = yield* sys.eventfd();
    yield* sys.dup2(other, writeFd);
    expect(yield* mask(sys, readFd)).toBe('HUP');
  });

  law('1.7 dup2 beyond the limit is EBADF, F_DUPFD from beyond it EINVAL', function* (sys) {
    const fd = yield* sys.eventfd();
    yield* sys.setrlimit(10);
    expect(yield* outcome(sys.dup2(fd, 10))).toBe('EBADF');
    expect(yield* outcome(sys.dup2(fd, -1))).toBe('EBADF');
    expect(yield* outcome(sys.fcntl(fd, c.F_DUPFD, 10))).toBe('EINVAL');
    expect(yield* outcome(sys.fcntl(fd, c.F_DUPFD, -1))).toBe('EINVAL');
  });

  law.simulated(
    'fs.nr_open is not the same on every machine',
    '1.7 a limit above fs.nr_open is EPERM, and what is below it can be used to its end',
    function* (sys) {
      const fd = yield* sys.eventfd();
      expect(yield* outcome(sys.setrlimit(2 ** 20 + 1))).toBe('EPERM');
      expect(yield* outcome(sys.setrlimit(2 ** 31))).toBe('EPERM');
      yield* sys.setrlimit(2 ** 20);
      expect(yield* sys.dup2(fd, 2 ** 20 - 1)).toBe(2 ** 20 - 1);
      expect(yield* outcome(sys.dup2(fd, 2 ** 30))).toBe('EBADF');
    },
  );

  law(
    '1.8 without a free number every creating call is EMFILE, and pairs leak nothing',
    function* (sys) {
      const fd = yield* sys.eventfd();
      yield* sys.setrlimit(5);
      expect(yield* outcome(sys.pipe())).toBe('EMFILE');
      expect(yield* outcome(sys.socketpair())).toBe('EMFILE');
      expect(yield* sys.dup(fd)).toBe(4);
      const calls = [
        sys.dup(fd),
        sys.pipe(),
        sys.socketpair(),
        sys.eventfd(),
        sys.epollCreate(),
        sys.socket('inet', 'stream'),
      ];
      for (const call of calls) expect(yield* outcome<unknown>(call)).toBe('EMFILE');
    },
  );

  law('1.9 accept that fails with EMFILE leaves the connection queued', function* (sys) {
    const { listener, address } = yield* tcpPair(sys);
    const client = yield* sys.socket('inet', 'stream', { nonblock: true });
    yield* outcome(sys.connect(client, address));
    yield* pause(sys);
    yield* sys.setrlimit(client + 1);
    expect(yield* outcome(sys.accept(listener))).toBe('EMFILE');
    expect(yield* mask(sys, listener)).toBe('IN');
    yield* sys.setrlimit(100);
    expect((yield* sys.accept(listener)).fd).toBe(client + 1);
  });

  law('1.11 F_GETFL gives access mode and O_NONBLOCK; the mode cannot be changed', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe({ nonblock: true });
    expect(yield* sys.fcntl(readFd, c.F_GETFL)).toBe(c.O_RDONLY | c.O_NONBLOCK);
    expect(yield* sys.fcntl(writeFd, c.F_GETFL)).toBe(c.O_WRONLY | c.O_NONBLOCK);
    yield* sys.fcntl(readFd, c.F_SETFL, c.O_RDWR);
    expect(yield* sys.fcntl(readFd, c.F_GETFL)).toBe(c.O_RDONLY);
    const epoll = yield* sys.epollCreate();
    expect(yield* sys.fcntl(epoll, c.F_GETFL)).toBe(c.O_RDWR);
  });

  law('1.12 the wrong direction is EBADF; socket calls elsewhere are ENOTSOCK', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe({ nonblock: true });
    expect(yield* outcome(sys.write(readFd, bytes(1)))).toBe('EBADF');
    expect(yield* outcome(sys.read(writeFd, 1))).toBe('EBADF');
    for (const fd of [readFd, writeFd]) {
      const calls = [
        sys.recv(fd, 1),
        sys.send(fd, bytes(1)),
        sys.accept(fd),
        sys.listen(fd),
        sys.shutdown(fd, 'wr'),
        sys.getsockname(fd),
        sys.getpeername(fd),
        sys.getsockopt(fd, 'SO_ERROR'),
      ];
      for (const call of calls) expect(yield* outcome<unknown>(call)).toBe('ENOTSOCK');
    }
    expect(yield* outcome(sys.recv(99, 1))).toBe('EBADF');
  });

  law('1.13 the object is released with its last reference', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    const copy = yield* sys.dup(client);
    yield* sys.close(client);
    expect(yield* heard(sys, server)).toBe('EAGAIN');
    yield* sys.close(copy);
    yield* pause(sys);
    expect(yield* heard(sys, server)).toBe('');
  });

  law('1.13 a call asleep on it is a reference', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    let got = '';
    yield* sys.spawn(function* (own) {
      got = text(yield* own.read(readFd, 10));
    });
    yield* pause(sys);
    yield* sys.close(readFd);
    yield* sys.write(writeFd, bytes('late'));
    yield* pause(sys);
    expect(got).toBe('late');
    expect(yield* outcome(sys.write(writeFd, bytes(1)))).toBe('EPIPE');
  });

  law('1.14 FIONBIO sets and clears O_NONBLOCK of the description', function* (sys) {
    const fd = yield* sys.eventfd();
    const copy = yield* sys.dup(fd);
    yield* sys.ioctl(fd, c.FIONBIO, 1);
    expect(yield* outcome(sys.read(copy, 8))).toBe('EAGAIN');
    yield* sys.ioctl(copy, c.FIONBIO, 0);
    expect(yield* sys.fcntl(fd, c.F_GETFL)).toBe(c.O_RDWR);
  });

  law(
    '1.8 what is looked at before the number: a type of socket, not what accept is for',
    function* (sys) {
      yield* sys.setrlimit(3);
      expect(yield* outcome(sys.socket('inet', 'seqpacket'))).toBe('ESOCKTNOSUPPORT');
      expect(yield* outcome(sys.accept(99))).toBe('EBADF');
      expect(yield* outcome(sys.accept(0))).toBe('EMFILE');
    },
  );
});
