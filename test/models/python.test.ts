// What Python does when something goes wrong, and what it prints then: the texts were taken from
// CPython 3.11.

import { describe, expect, it } from 'vitest';
import { type Coro, run as runLoop } from '../../src/models/userland/asyncio/index.ts';
import { exceptionRepr, exceptionText, KeyError } from '../../src/models/userland/errors.ts';
import { openLog, say } from '../../src/models/userland/log.ts';
import { select } from '../../src/models/userland/selectors.ts';
import { Socket } from '../../src/models/userland/sockets.ts';
import { decode, print, UnicodeDecodeError } from '../../src/models/userland/text.ts';
import { forked, startNewThread, Threading } from '../../src/models/userland/threading.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { Replay } from '../../src/sim/schedule/strategies/replay.ts';
import { ECONNRESET, EPIPE, type Program, type Sys, SysError } from '../../src/sys/index.ts';
import { ran } from './ran.ts';

const reset = (): never => {
  throw new SysError('recv', ECONNRESET);
};

describe('a thread of threading', () => {
  it('that dies of an exception prints it and ends alone', () => {
    const { output, message, status } = ran((sys) =>
      Threading.main(sys, function* (threading) {
        yield* threading.start(sys, 'handleClient', function* () {
          reset();
        });
        yield* threading.start(sys, 'handleClient', function* (its) {
          yield* its.nanosleep({ ms: 1 });
          yield* print(its, 'goes on');
        });
      }),
    );
    expect(output).toBe(
      'Exception in thread Thread-1 (handle_client):\n' +
        'Traceback (most recent call last):\n' +
        'ConnectionResetError: [Errno 104] Connection reset by peer\n' +
        'goes on\n',
    );
    expect([message, status]).toEqual([undefined, 0]);
  });

  it('outlives its main program, which prints what it died of first', () => {
    const { output, message, status } = ran((sys) =>
      Threading.main(sys, function* (threading) {
        yield* threading.start(sys, 'later', function* (its) {
          yield* its.nanosleep({ ms: 5 });
          yield* print(its, 'later');
        });
        reset();
      }),
    );
    expect(output).toMatch(/^Traceback [\s\S]*ConnectionResetError: .*\nlater\n$/);
    expect([message, status]).toEqual([undefined, 1]);
  });

  it('that is a daemon does not: then the main program dies as any task does', () => {
    const { output, message } = ran((sys) =>
      Threading.main(sys, function* (threading) {
        const later = function* (its: Sys): Program {
          yield* its.nanosleep({ ms: 5 });
          yield* print(its, 'later');
        };
        yield* threading.start(sys, 'later', later, { daemon: true });
        reset();
      }),
    );
    expect(output).toBe('');
    expect(message).toMatch(/^program died: recv ECONNRESET/);
  });

  it('is not started where there is no room for one', () => {
    const { message } = ran(
      (sys) => Threading.main(sys, (threading) => threading.start(sys, 'it', () => print(sys, ''))),
      { tasksMax: 1 },
    );
    expect(message).toBe("program died: RuntimeError: can't start new thread");
  });

  it('that has a mistake of JavaScript in it is no thread of Python', () => {
    const { message } = ran((sys) =>
      Threading.main(sys, (threading) =>
        threading.start(sys, 'it', () => {
          throw new TypeError('a mistake of ours');
        }),
      ),
    );
    expect(message).toBe('it#1 died: TypeError: a mistake of ours');
  });
});

describe('a thread of _thread', () => {
  it('that dies of an exception prints it in other words', () => {
    const { output, message } = ran(function* (sys) {
      yield* startNewThread(sys, 'echoHandler', function* () {
        reset();
      });
      yield* sys.nanosleep({ ms: 1 });
    });
    expect(output).toBe(
      'Exception ignored in thread started by: <function echo_handler>\n' +
        'Traceback (most recent call last):\n' +
        'ConnectionResetError: [Errno 104] Connection reset by peer\n',
    );
    expect(message).toBeUndefined();
  });
});

describe('a child process', () => {
  it('that dies of an exception prints it and ends with status 1', () => {
    const { output, message } = ran(function* (sys) {
      const pid = yield* forked(sys, 'child', function* () {
        reset();
      });
      const { status } = yield* sys.waitpid(pid);
      yield* print(sys, `status ${status}`);
    });
    expect(output).toMatch(/^Traceback [\s\S]*\nConnectionResetError: .*\nstatus 1\n$/);
    expect(message).toBeUndefined();
  });

  it('is not made where there is no room for one: EAGAIN', () => {
    const { message } = ran(
      function* (sys) {
        yield* forked(sys, 'child', () => print(sys, ''));
      },
      { tasksMax: 1 },
    );
    expect(message).toMatch(/^program died: fork EAGAIN/);
  });
});

describe('asyncio', () => {
  it('tells of a task whose exception nobody asks for, and goes on', () => {
    const { output, message } = ran((sys) =>
      runLoop(sys, function* main(loop): Coro {
        loop.createTask(
          (function* (): Coro {
            reset();
          })(),
          'handle_client',
        );
        yield* loop.sleep(1);
        yield* print(sys, 'goes on');
      }),
    );
    expect(output).toBe(
      'Task exception was never retrieved\n' +
        "future: <Task finished name='Task-2' coro=<handle_client() done> exception=ConnectionResetError(104, 'Connection reset by peer')>\n" +
        'Traceback (most recent call last):\n' +
        'ConnectionResetError: [Errno 104] Connection reset by peer\n' +
        'goes on\n',
    );
    expect(message).toBeUndefined();
  });
});

describe('texts', () => {
  it.each([
    [[0xe6, 0x97], 'bytes in position 0-1: unexpected end of data'],
    [[0x61, 0x62, 0xe6], 'byte 0xe6 in position 2: unexpected end of data'],
    [[0x97, 0x61], 'byte 0x97 in position 0: invalid start byte'],
    [[0x61, 0x62, 0xe6, 0x61], 'byte 0xe6 in position 2: invalid continuation byte'],
    [[0xe6, 0x97, 0x61], 'bytes in position 0-1: invalid continuation byte'],
    [[0xe6, 0x97, 0xa5, 0xc0], 'byte 0xc0 in position 3: invalid start byte'],
    [[0xed, 0xa0, 0x80], 'byte 0xed in position 0: invalid continuation byte'],
    [[0xf0, 0x9f, 0x98], 'bytes in position 0-2: unexpected end of data'],
  ])('of %j, which is no UTF-8', (bytes, why) => {
    const wrong = (): string => decode(Uint8Array.from(bytes));
    expect(wrong).toThrow(UnicodeDecodeError);
    expect(wrong).toThrow(`'utf-8' codec can't decode ${why}`);
  });

  it('of errors', () => {
    const gone = new SysError('write', EPIPE);
    expect(exceptionText(gone)).toBe('[Errno 32] Broken pipe');
    expect(exceptionRepr(gone)).toBe("BrokenPipeError(32, 'Broken pipe')");
    expect(exceptionRepr(new KeyError("'it is not there'"))).toBe("KeyError('it is not there')");
  });
});

describe('select', () => {
  it.each([
    [1024, 'program died: ValueError: filedescriptor out of range in select()'],
    [-1, 'program died: ValueError: file descriptor cannot be a negative integer (-1)'],
  ])('takes no descriptor %i', (fd, text) => {
    const { message } = ran(function* (sys) {
      yield* select(sys, [{ fileno: () => fd }], []);
    });
    expect(message).toBe(text);
  });
});

/** Descriptor 1 on a pipe that has only so much room left, which nobody reads, or nobody can. */
function* onPipe(sys: Sys, roomBytes: number, isRead: boolean): Program<number> {
  const [from, to] = yield* sys.pipe();
  yield* sys.dup2(to, 1);
  yield* sys.write(1, new Uint8Array(65_536 - roomBytes));
  if (!isRead) yield* sys.close(from);
  return from;
}

describe('what is printed', () => {
  it('is two writes, so that another thread may come between them', () => {
    const { output } = ran((sys) =>
      Threading.main(sys, function* (threading) {
        yield* threading.start(sys, 'other', function* (its) {
          yield* its.write(1, new TextEncoder().encode('<other>'));
        });
        yield* print(sys, 'a');
      }),
    );
    expect(['a\n<other>', '<other>a\n', 'a<other>\n']).toContain(output);
    const orders = new Set<string>();
    const each = scenario('two', (world) => {
      const process = world.process('p');
      for (const text of ['a', 'b']) process.spawn(text, (sys) => print(sys, text));
    });
    for (const decisions of [[], [0, 0, 1], [0, 1], [1], [0, 1, 0], [0, 1, 1]]) {
      const run = new Run(each, { strategy: new Replay(decisions) });
      try {
        run.execute();
      } catch {
        continue; // A decision too many.
      }
      orders.add(run.world.output('p'));
    }
    expect([...orders]).toContain('a\nb\n');
    expect([...orders].some((text) => /^(ab|ba)/.test(text))).toBe(true);
  });

  it('waits for a reader', () => {
    const { message } = ran(function* (sys) {
      yield* onPipe(sys, 1, true);
      yield* print(sys, 'a');
    });
    expect(message).toMatch(/program waits write fd 1/);
  });

  it('is a BrokenPipeError where there is none any more', () => {
    const { message } = ran(function* (sys) {
      yield* onPipe(sys, 1, false);
      yield* print(sys, 'a');
    });
    expect(message).toMatch(/program died: write EPIPE/);
  });

  it('is an error on a descriptor that is closed', () => {
    const { message } = ran(function* (sys) {
      yield* sys.close(1);
      yield* print(sys, 'a');
    });
    expect(message).toMatch(/program died: write EBADF/);
  });

  it('by a server that means to stay waits for nobody, and dies of nothing', () => {
    for (const prepared of [
      (sys: Sys) => onPipe(sys, 1, true),
      (sys: Sys) => onPipe(sys, 1, false),
      (sys: Sys) => sys.close(1) as unknown as Program,
    ]) {
      const { message, status } = ran(function* (sys) {
        yield* prepared(sys);
        yield* openLog(sys);
        yield* say(sys, 'a line that does not fit');
      });
      expect([message, status]).toEqual([undefined, 0]);
    }
  });
});

describe('a socket', () => {
  it('shows both of its addresses, or that it is closed', () => {
    const { output } = ran(function* (sys) {
      const listener = yield* Socket.create(sys);
      yield* listener.bind(sys, { host: '', port: 7000 });
      yield* listener.listen(sys);
      yield* print(sys, yield* listener.repr(sys));
      const socket = yield* Socket.create(sys);
      yield* socket.connect(sys, { host: '127.0.0.1', port: 7000 });
      yield* print(sys, yield* socket.repr(sys));
      yield* socket.close(sys);
      yield* print(sys, yield* socket.repr(sys));
    });
    const [listening, connected, closed] = output.split('\n');
    expect(listening).toBe(
      "<socket.socket fd=3, family=2, type=1, proto=0, laddr=('0.0.0.0', 7000)>",
    );
    expect(connected).toMatch(
      /^<socket\.socket fd=4, family=2, type=1, proto=0, laddr=\('127\.0\.0\.1', \d+\), raddr=\('127\.0\.0\.1', 7000\)>$/,
    );
    expect(closed).toBe('<socket.socket [closed] fd=-1, family=2, type=1, proto=0>');
  });
});
