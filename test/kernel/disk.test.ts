import { expect } from 'vitest';
import * as c from '../../src/sys/constants.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';
import type { Syscall } from '../../src/sys/syscall.ts';
import { bytes, laws, mask, outcome, pause, text } from './harness.ts';

const NEW = c.O_RDWR | c.O_CREAT;

/** What a file holds, or the name of the error. */
function* held(sys: Sys, path: string): Program<string> {
  const fd = yield* outcome(sys.open(path, c.O_RDONLY));
  if (typeof fd === 'string') return fd;
  const content = text(yield* sys.pread(fd, 1000, 0));
  yield* sys.close(fd);
  return content;
}

function* save(sys: Sys, path: string, content: string): Program<number> {
  const fd = yield* sys.open(path, NEW | c.O_TRUNC);
  yield* sys.write(fd, bytes(content));
  return fd;
}

laws('files of a disk', (law) => {
  law('what is written under a name is read under it', function* (sys) {
    yield* sys.close(yield* save(sys, '/a', 'hello'));
    expect(yield* held(sys, '/a')).toBe('hello');
    expect(yield* held(sys, 'a')).toBe('hello');
    expect(yield* held(sys, '//./a')).toBe('hello');
    expect(yield* held(sys, '/b')).toBe('ENOENT');
  });

  law('O_CREAT, O_EXCL, O_TRUNC and O_DIRECTORY do what open(2) says', function* (sys) {
    yield* save(sys, '/a', 'hello');
    yield* sys.mkdir('/d');
    const opened = (path: string, flags: number): Program<string | number> =>
      outcome(sys.open(path, flags));
    expect(yield* opened('/a', NEW | c.O_EXCL)).toBe('EEXIST');
    expect(yield* opened('/d', NEW | c.O_EXCL)).toBe('EEXIST');
    expect(yield* opened('/d', NEW)).toBe('EISDIR');
    expect(yield* opened('/', NEW)).toBe('EISDIR');
    expect(yield* opened('/new/', NEW)).toBe('EISDIR');
    expect(yield* opened('/a/', c.O_RDONLY)).toBe('ENOTDIR');
    expect(yield* opened('/a/b', NEW)).toBe('ENOTDIR');
    expect(yield* opened('/no/b', NEW)).toBe('ENOENT');
    expect(yield* opened('/d', c.O_WRONLY)).toBe('EISDIR');
    expect(yield* opened('/d', c.O_RDONLY | c.O_TRUNC)).toBe('EISDIR');
    expect(yield* opened('/a', c.O_RDONLY | c.O_DIRECTORY)).toBe('ENOTDIR');
    expect(yield* opened('/d', NEW | c.O_DIRECTORY)).toBe('EINVAL');
    expect(yield* opened('', NEW | c.O_DIRECTORY)).toBe('EINVAL');
    expect(yield* opened('', NEW)).toBe('ENOENT');
    expect(yield* opened('/d', c.O_RDONLY | c.O_DIRECTORY)).toBe(4);
    expect(yield* held(sys, '/a')).toBe('hello');
    yield* sys.open('/a', c.O_RDONLY | c.O_TRUNC);
    expect(yield* held(sys, '/a')).toBe('');
  });

  law('a name has at most 255 bytes, a path fewer than 4,096', function* (sys) {
    const opened = (path: string): Program<string | number> => outcome(sys.open(path, NEW));
    expect(yield* opened(`/${'n'.repeat(255)}`)).toBe(3);
    expect(yield* opened(`/${'n'.repeat(256)}`)).toBe('ENAMETOOLONG');
    expect(yield* opened(`/${'ä'.repeat(128)}`)).toBe('ENAMETOOLONG');
    expect(yield* opened(`/${'n/'.repeat(3000)}`)).toBe('ENAMETOOLONG');
  });

  law('where no number is left, nothing is made', function* (sys) {
    yield* sys.setrlimit(3);
    expect(yield* outcome(sys.open('/a', NEW))).toBe('EMFILE');
    expect(yield* outcome(sys.open('', NEW))).toBe('ENOENT');
    yield* sys.setrlimit(100);
    expect(yield* sys.readdir('/')).toEqual([]);
  });

  law('each open has an offset of its own; dup and fork share one', function* (sys) {
    const fd = yield* save(sys, '/a', 'abcdef');
    const other = yield* sys.open('/a');
    const copy = yield* sys.dup(other);
    expect(text(yield* sys.read(other, 2))).toBe('ab');
    const pid = yield* sys.fork(function* (own) {
      expect(text(yield* own.read(copy, 2))).toBe('cd');
    });
    yield* sys.waitpid(pid);
    expect(text(yield* sys.read(copy, 9))).toBe('ef');
    expect(yield* sys.lseek(fd, 0, 'cur')).toBe(6);
  });

  law('O_APPEND writes at the end, wherever the offset is, and may be set later', function* (sys) {
    yield* save(sys, '/a', 'abc');
    const fd = yield* sys.open('/a', c.O_RDWR | c.O_APPEND);
    yield* sys.write(fd, bytes('d'));
    expect(yield* sys.lseek(fd, 0, 'cur')).toBe(4);
    yield* sys.lseek(fd, 1);
    yield* sys.write(fd, bytes(0));
    expect(yield* sys.lseek(fd, 0, 'cur')).toBe(1);
    yield* sys.pwrite(fd, bytes('e'), 0);
    expect(yield* held(sys, '/a')).toBe('abcde');
    const flags = yield* sys.fcntl(fd, c.F_GETFL);
    expect(flags & c.O_APPEND).toBe(c.O_APPEND);
    yield* sys.fcntl(fd, c.F_SETFL, flags & ~c.O_APPEND);
    yield* sys.pwrite(fd, bytes('X'), 0);
    yield* sys.fcntl(fd, c.F_SETFL, c.O_APPEND);
    yield* sys.write(fd, bytes('f'));
    expect(yield* held(sys, '/a')).toBe('Xbcdef');
  });

  law('pread and pwrite leave the offset where it is', function* (sys) {
    const fd = yield* save(sys, '/a', 'abc');
    expect(text(yield* sys.pread(fd, 2, 1))).toBe('bc');
    expect(yield* sys.pread(fd, 2, 3)).toEqual(bytes(0));
    expect(yield* sys.pwrite(fd, bytes('e'), 4)).toBe(1);
    expect(yield* sys.lseek(fd, 0, 'cur')).toBe(3);
    expect(yield* held(sys, '/a')).toBe('abc\0e');
    expect(yield* outcome(sys.pread(fd, 1, -1))).toBe('EINVAL');
    expect(yield* outcome(sys.pwrite(fd, bytes(1), -1))).toBe('EINVAL');
  });

  law('calls on what they are not for', function* (sys) {
    yield* sys.mkdir('/d');
    const d = yield* sys.open('/d', c.O_RDONLY);
    yield* save(sys, '/a', 'abc');
    const onlyRead = yield* sys.open('/a', c.O_RDONLY);
    const onlyWrite = yield* sys.open('/a', c.O_WRONLY);
    const told = function* (call: Syscall<unknown>, error: string): Program {
      expect(yield* outcome(call)).toBe(error);
    };
    yield* told(sys.read(d, 1), 'EISDIR');
    yield* told(sys.pread(d, 1, 0), 'EISDIR');
    yield* told(sys.write(d, bytes(1)), 'EBADF');
    yield* told(sys.pwrite(d, bytes(1), 0), 'EBADF');
    yield* told(sys.ftruncate(d, 0), 'EINVAL');
    yield* told(sys.ioctl(d, c.FIONREAD), 'ENOTTY');
    yield* told(sys.read(onlyWrite, 1), 'EBADF');
    yield* told(sys.pread(onlyWrite, 1, 0), 'EBADF');
    yield* told(sys.write(onlyRead, bytes(1)), 'EBADF');
    yield* told(sys.pwrite(onlyRead, bytes(1), 0), 'EBADF');
    yield* told(sys.ftruncate(onlyRead, 0), 'EINVAL');
    yield* told(sys.ftruncate(onlyWrite, -1), 'EINVAL');
    const [readFd, writeFd] = yield* sys.pipe();
    const nothing = yield* sys.open('/dev/null');
    yield* told(sys.pread(readFd, 1, 0), 'ESPIPE');
    yield* told(sys.pread(writeFd, 1, 0), 'ESPIPE');
    yield* told(sys.pwrite(readFd, bytes(1), 0), 'ESPIPE');
    for (const fd of [yield* sys.eventfd(), yield* sys.epollCreate(), readFd]) {
      yield* told(sys.pread(fd, 1, 0), 'ESPIPE');
      yield* told(sys.pwrite(fd, bytes(1), 0), 'ESPIPE');
      yield* told(sys.fsync(fd), 'EINVAL');
      yield* told(sys.ftruncate(fd, 0), 'EINVAL');
    }
    yield* told(sys.fsync(nothing), 'EINVAL');
    yield* told(sys.fdatasync(nothing), 'EINVAL');
    yield* told(sys.ftruncate(nothing, 0), 'EINVAL');
    expect(yield* sys.pread(nothing, 1, 5)).toEqual(bytes(0));
    expect(yield* sys.pwrite(nothing, bytes(3), 5)).toBe(3);
    for (const call of [sys.pread(99, 1, 0), sys.pwrite(99, bytes(1), 0), sys.fstat(99)])
      yield* told(call, 'EBADF');
    for (const call of [sys.fsync(99), sys.fdatasync(99), sys.ftruncate(99, 0), sys.flock(99, 2)])
      yield* told(call, 'EBADF');
    yield* told(sys.flock(99, 3), 'EINVAL');
  });

  law('ftruncate cuts, and makes room that reads as zeros', function* (sys) {
    const fd = yield* save(sys, '/a', 'abcdef');
    yield* sys.ftruncate(fd, 2);
    expect(yield* held(sys, '/a')).toBe('ab');
    yield* sys.write(fd, bytes('g'));
    expect(yield* held(sys, '/a')).toBe('ab\0\0\0\0g');
    yield* sys.ftruncate(fd, 1);
    yield* sys.ftruncate(fd, 3);
    expect(yield* held(sys, '/a')).toBe('a\0\0');
  });

  law('epoll refuses a file and a directory; select and poll find them ready', function* (sys) {
    const epoll = yield* sys.epollCreate();
    for (const fd of [yield* save(sys, '/a', ''), yield* sys.open('/', c.O_RDONLY)]) {
      expect(yield* outcome(sys.epollCtl(epoll, 'add', fd, c.EPOLLIN))).toBe('EPERM');
      expect(yield* mask(sys, fd)).toBe('IN|OUT');
    }
  });
});

laws('names of a disk', (law) => {
  law('mkdir, rmdir, readdir and stat', function* (sys) {
    yield* sys.mkdir('/d');
    yield* sys.mkdir('/d/e/');
    yield* save(sys, '/d/b', 'xyz');
    yield* save(sys, '/d/a', '');
    expect(yield* sys.readdir('/d')).toEqual(['a', 'b', 'e']);
    expect(yield* sys.stat('/d/b')).toEqual({ type: 'file', size: 3, links: 1 });
    expect(yield* sys.stat('/d')).toEqual({ type: 'directory', size: 0, links: 3 });
    const told: [Syscall<unknown>, string][] = [
      [sys.mkdir('/d'), 'EEXIST'],
      [sys.mkdir('/d/a'), 'EEXIST'],
      [sys.mkdir('/'), 'EEXIST'],
      [sys.mkdir('/d/.'), 'EEXIST'],
      [sys.mkdir('/no/d'), 'ENOENT'],
      [sys.mkdir('/d/a/d'), 'ENOTDIR'],
      [sys.mkdir(''), 'ENOENT'],
      [sys.rmdir('/d'), 'ENOTEMPTY'],
      [sys.rmdir('/d/a'), 'ENOTDIR'],
      [sys.rmdir('/no'), 'ENOENT'],
      [sys.rmdir('/d/.'), 'EINVAL'],
      [sys.readdir('/no'), 'ENOENT'],
      [sys.readdir('/d/a'), 'ENOTDIR'],
      [sys.stat('/d/a/'), 'ENOTDIR'],
      [sys.stat('/no'), 'ENOENT'],
    ];
    for (const [call, error] of told) expect(yield* outcome(call)).toBe(error);
    yield* sys.rmdir('/d/e/');
    expect(yield* sys.readdir('/d/.')).toEqual(['a', 'b']);
  });

  law('a file lives while it has a name or is open', function* (sys) {
    const fd = yield* save(sys, '/a', 'abc');
    yield* sys.link('/a', '/b');
    expect((yield* sys.fstat(fd)).links).toBe(2);
    yield* sys.unlink('/a');
    expect(yield* held(sys, '/b')).toBe('abc');
    yield* sys.unlink('/b');
    expect(yield* sys.fstat(fd)).toEqual({ type: 'file', size: 3, links: 0 });
    expect(text(yield* sys.pread(fd, 9, 0))).toBe('abc');
    yield* save(sys, '/b', 'new');
    expect(text(yield* sys.pread(fd, 9, 0))).toBe('abc');
  });

  law('what unlink and link refuse', function* (sys) {
    yield* sys.mkdir('/d');
    yield* save(sys, '/a', '');
    const told: [Syscall<unknown>, string][] = [
      [sys.unlink('/d'), 'EISDIR'],
      [sys.unlink('/'), 'EISDIR'],
      [sys.unlink('/a/'), 'ENOTDIR'],
      [sys.unlink('/d/'), 'EISDIR'],
      [sys.unlink('/no'), 'ENOENT'],
      [sys.link('/d', '/e'), 'EPERM'],
      [sys.link('/d', '/a'), 'EEXIST'],
      [sys.link('/no', '/a'), 'ENOENT'],
      [sys.link('/a', '/b/'), 'ENOENT'],
      [sys.link('/a/', '/b'), 'ENOTDIR'],
      [sys.link('/a', '/no/b'), 'ENOENT'],
    ];
    for (const [call, error] of told) expect(yield* outcome(call)).toBe(error);
  });

  law('rename replaces in one step, and moves directories with what is in them', function* (sys) {
    yield* save(sys, '/a', 'old');
    const old = yield* sys.open('/a');
    yield* save(sys, '/b', 'new');
    yield* sys.rename('/b', '/a');
    expect(yield* held(sys, '/a')).toBe('new');
    expect(text(yield* sys.pread(old, 9, 0))).toBe('old');
    expect((yield* sys.fstat(old)).links).toBe(0);
    expect(yield* sys.readdir('/')).toEqual(['a']);
    yield* sys.mkdir('/d');
    yield* sys.mkdir('/e');
    yield* sys.mkdir('/e/f');
    yield* save(sys, '/d/x', 'deep');
    yield* sys.rename('/d', '/e/f');
    expect(yield* held(sys, '/e/f/x')).toBe('deep');
    expect(yield* sys.stat('/e')).toMatchObject({ links: 3 });
    expect(yield* sys.stat('/')).toMatchObject({ links: 3 });
  });

  law('what rename refuses', function* (sys) {
    yield* sys.mkdir('/d');
    yield* sys.mkdir('/d/e');
    yield* sys.mkdir('/f');
    yield* save(sys, '/a', 'x');
    yield* sys.link('/a', '/same');
    const told: [Syscall<unknown>, string | number][] = [
      [sys.rename('/no', '/b'), 'ENOENT'],
      [sys.rename('/d', '/d/e/g'), 'EINVAL'],
      [sys.rename('/d', '/d'), 0],
      [sys.rename('/d/e', '/d'), 'ENOTEMPTY'],
      [sys.rename('/f', '/d'), 'ENOTEMPTY'],
      [sys.rename('/a', '/f'), 'EISDIR'],
      [sys.rename('/f', '/a'), 'ENOTDIR'],
      [sys.rename('/a/', '/b'), 'ENOTDIR'],
      [sys.rename('/a', '/b/'), 'ENOTDIR'],
      [sys.rename('/a', '/no/b'), 'ENOENT'],
      [sys.rename('/a', '/f/.'), 'EBUSY'],
      [sys.rename('/', '/b'), 'EBUSY'],
      [sys.rename('/a', '/same'), 0],
    ];
    for (const [call, error] of told) expect(yield* outcome(call)).toBe(error);
    expect(yield* sys.readdir('/')).toEqual(['a', 'd', 'f', 'same']);
  });

  law.simulated(
    'such a path could lead out of the folder that stands for the disk',
    '.. is the directory above, and at the root the root',
    function* (sys) {
      yield* sys.mkdir('/d');
      yield* sys.mkdir('/e');
      yield* save(sys, '/d/../a', 'x');
      expect(yield* held(sys, '/../../a')).toBe('x');
      expect(yield* outcome(sys.open('/no/../a'))).toBe('ENOENT');
      expect(yield* outcome(sys.rmdir('/d/..'))).toBe('ENOTEMPTY');
      expect(yield* outcome(sys.rmdir('/'))).toBe('EBUSY');
      yield* sys.rename('/d', '/e/d');
      expect(yield* sys.readdir('/e/d/..')).toEqual(['d']);
    },
  );
});

laws('flock', (law) => {
  const { LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN } = c;

  law('one alone, or several that share; by open file description', function* (sys) {
    const one = yield* save(sys, '/a', '');
    const two = yield* sys.open('/a', c.O_RDONLY);
    yield* sys.flock(one, LOCK_EX);
    expect(yield* outcome(sys.flock(two, LOCK_SH | LOCK_NB))).toBe('EAGAIN');
    yield* sys.flock(yield* sys.dup(one), LOCK_SH);
    expect(yield* outcome(sys.flock(two, LOCK_SH | LOCK_NB))).toBe(0);
    // One that cannot be raised is lost.
    expect(yield* outcome(sys.flock(one, LOCK_EX | LOCK_NB))).toBe('EAGAIN');
    expect(yield* outcome(sys.flock(two, LOCK_EX | LOCK_NB))).toBe(0);
    yield* sys.flock(two, LOCK_UN);
    yield* sys.flock(two, LOCK_UN);
    expect(yield* outcome(sys.flock(one, LOCK_EX | LOCK_NB))).toBe(0);
  });

  law('whoever waits in poll for what a file never has does not hold it', function* (sys) {
    const one = yield* save(sys, '/a', '');
    const two = yield* sys.open('/a');
    yield* sys.flock(one, LOCK_EX);
    yield* sys.spawn(function* waits(own) {
      yield* own.poll([{ fd: one, events: c.POLLPRI }], 5);
    });
    yield* sys.nanosleep({ ms: 1 });
    yield* sys.close(one);
    expect(yield* outcome(sys.flock(two, LOCK_EX | LOCK_NB))).toBe(0);
  });

  law('it goes with the last descriptor, in whatever process', function* (sys) {
    const one = yield* save(sys, '/a', '');
    const two = yield* sys.open('/a');
    yield* sys.flock(one, LOCK_EX);
    const pid = yield* sys.fork(function* (own) {
      yield* own.nanosleep({ ms: 1 });
    });
    yield* sys.close(one);
    expect(yield* outcome(sys.flock(two, LOCK_EX | LOCK_NB))).toBe('EAGAIN');
    yield* sys.waitpid(pid);
    expect(yield* outcome(sys.flock(two, LOCK_EX | LOCK_NB))).toBe(0);
  });

  law('who has to wait sleeps until it is given back, or shared', function* (sys) {
    yield* sys.mkdir('/d');
    const one = yield* sys.open('/d', c.O_RDONLY);
    const two = yield* sys.open('/d', c.O_RDONLY);
    let had = '';
    for (const [how, then] of [
      [LOCK_EX, LOCK_UN],
      [LOCK_SH, LOCK_SH],
    ] as const) {
      yield* sys.flock(one, LOCK_EX);
      const tid = yield* sys.spawn(function* (own) {
        yield* own.flock(two, how);
        had += 'child ';
        yield* own.flock(two, LOCK_UN);
      });
      yield* pause(sys);
      had += 'parent ';
      yield* sys.flock(one, then);
      yield* sys.join(tid);
    }
    expect(had).toBe('parent child parent child ');
  });

  law(
    'who waits to be alone has to wait for others, not for what it shares itself',
    function* (sys) {
      const one = yield* save(sys, '/a', '');
      const two = yield* sys.open('/a');
      yield* sys.flock(one, LOCK_SH);
      const tid = yield* sys.spawn(function* (own) {
        yield* own.flock(two, LOCK_EX);
      });
      yield* pause(sys);
      yield* sys.flock(two, LOCK_SH);
      yield* sys.close(one);
      yield* sys.join(tid);
      expect(yield* outcome(sys.flock(yield* sys.open('/a'), LOCK_SH | LOCK_NB))).toBe('EAGAIN');
    },
  );

  law('a signal ends the wait', function* (sys) {
    const one = yield* save(sys, '/a', '');
    const two = yield* sys.open('/a');
    yield* sys.sigaction(c.SIGUSR1, { handler: () => {} });
    yield* sys.flock(one, LOCK_EX);
    let told: unknown;
    const tid = yield* sys.spawn(function* (own) {
      told = yield* outcome(own.flock(two, LOCK_EX));
    });
    yield* pause(sys);
    yield* sys.tkill(tid, c.SIGUSR1);
    yield* sys.join(tid);
    expect(told).toBe('EINTR');
  });
});
