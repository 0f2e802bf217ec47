import { expect } from 'vitest';
import * as c from '../../src/sys/constants.ts';
import type { Program, SignalAction, Sys } from '../../src/sys/sys.ts';
import type { Syscall } from '../../src/sys/syscall.ts';
import { bytes, heard, laws, listening, outcome, pause, tcpPair } from './harness.ts';

const OURS = "signals between simulated processes are the simulation's own";

/** What a sleeping call gives when a signal with such an action comes. */
function* interrupted(
  sys: Sys,
  action: SignalAction,
  call: (own: Sys) => Syscall<unknown>,
): Program<unknown> {
  yield* sys.sigaction(c.SIGUSR1, action);
  const told: unknown[] = [];
  yield* sys.sigaction(c.SIGUSR2, 'ignore');
  const pid = yield* sys.getpid();
  const killer = yield* sys.fork(function* (own) {
    yield* own.nanosleep({ ms: 5 });
    yield* own.kill(pid, c.SIGUSR1);
    yield* own.nanosleep({ ms: 5 });
  });
  told.push(yield* outcome(call(sys)));
  yield* outcome(sys.waitpid(killer));
  return told[0];
}

laws('SIGPIPE', (law) => {
  law.simulated(OURS, '14.1 processes begin with it ignored: just EPIPE', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    yield* sys.close(readFd);
    expect(yield* outcome(sys.write(writeFd, bytes(1)))).toBe('EPIPE');
  });

  type Raising = readonly [what: string, kills: boolean, act: (own: Sys) => Program<unknown>];
  const raising: readonly Raising[] = [
    [
      'a pipe without reader',
      true,
      function* (own) {
        const [readFd, writeFd] = yield* own.pipe();
        yield* own.close(readFd);
        yield* outcome(own.write(writeFd, bytes(1)));
      },
    ],
    [
      'TCP',
      true,
      function* (own) {
        yield* outcome(own.send(yield* own.socket('inet', 'stream'), bytes(1)));
      },
    ],
    [
      'TCP with MSG_NOSIGNAL',
      false,
      function* (own) {
        yield* outcome(own.send(yield* own.socket('inet', 'stream'), bytes(1), c.MSG_NOSIGNAL));
      },
    ],
    ...(['stream', 'seqpacket'] as const).map(
      (type) =>
        [
          `a unix ${type}`,
          type === 'stream',
          function* (own: Sys): Program {
            const [a, b] = yield* own.socketpair(type);
            yield* own.close(b);
            yield* outcome(own.send(a, bytes(1)));
          },
        ] as const,
    ),
    [
      'UDP',
      false,
      function* (own) {
        const fd = yield* own.socket('inet', 'dgram');
        yield* outcome(own.shutdown(fd, 'wr'));
        yield* outcome(own.sendto(fd, bytes(1), { host: '127.0.0.1', port: 9 }));
      },
    ],
  ];
  for (const [what, kills, act] of raising) {
    const ends = kills ? 'kills by default' : 'raises none';
    law.simulated(OURS, `14.1 EPIPE of ${what} ${ends}`, function* (sys) {
      const pid = yield* sys.fork(function* (own) {
        yield* own.sigaction(c.SIGPIPE, 'default');
        yield* act(own);
        yield* own.exit(7);
      });
      expect((yield* sys.waitpid(pid)).status).toBe(kills ? 128 + c.SIGPIPE : 7);
    });
  }

  law.simulated(OURS, '14.1 a handler runs before the call returns EPIPE', function* (sys) {
    const told: string[] = [];
    yield* sys.sigaction(c.SIGPIPE, {
      handler: function* (signal, own) {
        told.push(`signal ${signal}`);
        yield* own.getpid();
        told.push('handled');
      },
    });
    told.push(String(yield* outcome(sys.send(yield* sys.socket('inet', 'stream'), bytes(1)))));
    expect(told).toEqual(['signal 13', 'handled', 'EPIPE']);
  });
});

laws('signals', (law) => {
  law.simulated(
    OURS,
    "a thread's signal to its own process ends the first thread's sleep",
    function* (sys) {
      const pid = yield* sys.getpid();
      yield* sys.sigaction(c.SIGUSR1, { handler: () => {} });
      yield* sys.spawn(function* (own) {
        yield* own.nanosleep({ ms: 1 });
        yield* own.kill(pid, c.SIGUSR1);
      });
      expect(yield* outcome(sys.nanosleep({ ms: 100 }))).toBe('EINTR');
    },
  );

  law.simulated(OURS, 'the default action ends the process, whose parent is told', function* (sys) {
    const pid = yield* sys.fork(function* (own) {
      yield* own.nanosleep({ s: 10 });
    });
    expect(yield* sys.kill(pid, 0)).toBe(0);
    yield* sys.kill(pid, c.SIGTERM);
    expect(yield* sys.waitpid(pid)).toEqual({ pid, status: 128 + c.SIGTERM });
    expect(yield* outcome(sys.kill(999, c.SIGTERM))).toBe('ESRCH');
  });

  law.simulated(OURS, 'SIGKILL cannot be caught', function* (sys) {
    for (const signal of [c.SIGKILL, c.SIGSTOP, 0, 65]) {
      expect(yield* outcome(sys.sigaction(signal, 'ignore'))).toBe('EINVAL');
    }
  });

  const sleeping: readonly [
    string,
    boolean,
    (sys: Sys) => Program<(own: Sys) => Syscall<unknown>>,
  ][] = [
    [
      'read',
      true,
      function* (sys) {
        const [readFd] = yield* sys.pipe();
        return (own) => own.read(readFd, 1);
      },
    ],
    [
      'recv',
      true,
      function* (sys) {
        const [a] = yield* sys.socketpair();
        return (own) => own.recv(a, 1);
      },
    ],
    [
      'accept',
      true,
      function* (sys) {
        const { fd } = yield* listening(sys);
        yield* sys.ioctl(fd, c.FIONBIO, 0);
        return (own) => own.accept(fd);
      },
    ],
    [
      'futexWait',
      true,
      function* () {
        const words = new Int32Array(1);
        return (own) => own.futexWait(words, 0, 0);
      },
    ],
    [
      'waitpid',
      true,
      function* (sys) {
        const pid = yield* sys.fork(function* (own) {
          yield* own.nanosleep({ s: 1 });
        });
        return (own) => own.waitpid(pid);
      },
    ],
    [
      'poll',
      false,
      function* (sys) {
        const [readFd] = yield* sys.pipe();
        return (own) => own.poll([{ fd: readFd, events: c.POLLIN }]);
      },
    ],
    [
      'select',
      false,
      function* (sys) {
        const [readFd] = yield* sys.pipe();
        return (own) => own.select({ read: [readFd] });
      },
    ],
    [
      'epollWait',
      false,
      function* (sys) {
        const epoll = yield* sys.epollCreate();
        return (own) => own.epollWait(epoll, 1);
      },
    ],
    [
      'nanosleep',
      false,
      function* () {
        return (own) => own.nanosleep({ s: 1 });
      },
    ],
  ];
  for (const [name, , make] of sleeping) {
    law.simulated(OURS, `14.2 a handler without SA_RESTART: ${name} gives EINTR`, function* (sys) {
      let came = 0;
      const action = { handler: () => void came++ };
      expect(yield* interrupted(sys, action, yield* make(sys))).toBe('EINTR');
      expect(came).toBe(1);
    });
  }
  for (const [name, restarted, make] of sleeping) {
    const what = restarted ? 'sleeps on' : 'gives EINTR anyway';
    law.simulated(OURS, `14.3 with SA_RESTART: ${name} ${what}`, function* (sys) {
      const call = yield* make(sys);
      let result: unknown;
      const steps: string[] = [];
      const pid = yield* sys.fork(function* (own) {
        yield* own.sigaction(c.SIGUSR1, {
          restart: true,
          handler: function* (_, inner) {
            yield* inner.getpid();
            steps.push('handled');
          },
        });
        result = yield* outcome(call(own));
      });
      if (name === 'waitpid') return;
      yield* pause(sys);
      yield* sys.kill(pid, c.SIGUSR1);
      yield* pause(sys);
      expect(steps).toEqual(['handled']);
      expect(result).toBe(restarted ? undefined : 'EINTR');
      yield* sys.kill(pid, c.SIGKILL);
    });
  }

  law.simulated(
    OURS,
    '14.6 with SIGCHLD ignored, children leave nothing to wait for',
    function* (sys) {
      yield* sys.sigaction(c.SIGCHLD, 'ignore');
      for (let i = 0; i < 2; i++)
        yield* sys.fork(function* (own) {
          yield* own.nanosleep({ ms: i });
        });
      expect(yield* outcome(sys.waitpid())).toBe('ECHILD');
    },
  );

  law('14.3 what has moved something already is not restarted: it gives that', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.ioctl(server, c.FIONBIO, 0);
    yield* sys.sigaction(c.SIGUSR1, { restart: true, handler: () => {} });
    const pid = yield* sys.getpid();
    yield* sys.fork(function* (own) {
      yield* own.send(client, bytes('abc'));
      yield* pause(own);
      yield* own.kill(pid, c.SIGUSR1);
    });
    const got = yield* sys.recv(server, 6, c.MSG_WAITALL);
    expect(new TextDecoder().decode(got)).toBe('abc');
  });

  law.simulated(OURS, '14.3 a restarted recv gets what comes later', function* (sys) {
    const [a, b] = yield* sys.socketpair();
    yield* sys.sigaction(c.SIGUSR1, { restart: true, handler: () => {} });
    const pid = yield* sys.getpid();
    yield* sys.fork(function* (own) {
      yield* own.nanosleep({ ms: 5 });
      yield* own.kill(pid, c.SIGUSR1);
      yield* own.nanosleep({ ms: 5 });
      yield* own.send(b, bytes('later'));
    });
    expect(yield* heard(sys, a)).toBe('later');
  });

  law('14.3 with a timeout of its own a socket gives EINTR anyway', function* (sys) {
    const action = { restart: true, handler: () => {} };
    const [a] = yield* sys.socketpair();
    yield* sys.setsockopt(a, 'SO_RCVTIMEO', 1000);
    expect(yield* interrupted(sys, action, (own) => own.recv(a, 1))).toBe('EINTR');
    const listener = yield* sys.socket('unix', 'stream');
    yield* sys.bind(listener, { path: '/full' });
    yield* sys.listen(listener, 0);
    yield* sys.connect(yield* sys.socket('unix', 'stream'), { path: '/full' });
    const late = yield* sys.socket('unix', 'stream');
    yield* sys.setsockopt(late, 'SO_SNDTIMEO', 1000);
    const connect = (own: Sys): Syscall<unknown> => own.connect(late, { path: '/full' });
    expect(yield* interrupted(sys, action, connect)).toBe('EINTR');
  });

  law('14.2 a write that has moved bytes gives their number', function* (sys) {
    const [, writeFd] = yield* sys.pipe();
    const action = { handler: () => {} };
    const call = (own: Sys): Syscall<unknown> => own.write(writeFd, bytes(100_000));
    expect(yield* interrupted(sys, action, call)).toBe(65_536);
  });

  law.simulated(OURS, '14.2 an ignored signal wakes nobody', function* (sys) {
    const [readFd] = yield* sys.pipe();
    yield* sys.sigaction(c.SIGUSR1, 'ignore');
    let woken = false;
    yield* sys.spawn(function* (own) {
      yield* outcome(own.read(readFd, 1));
      woken = true;
    });
    yield* pause(sys);
    yield* sys.kill(yield* sys.getpid(), c.SIGUSR1);
    yield* pause(sys);
    expect(woken).toBe(false);
  });

  law.simulated(OURS, "SIGCHLD tells of a child's end", function* (sys) {
    const ended: number[] = [];
    yield* sys.sigaction(c.SIGCHLD, {
      handler: function* (_, own) {
        ended.push((yield* own.waitpid(-1, { nohang: true })).pid);
      },
    });
    const pid = yield* sys.fork(function* (own) {
      yield* own.nanosleep({ ms: 2 });
    });
    expect(yield* outcome(sys.nanosleep({ ms: 10 }))).toBe('EINTR');
    expect(ended).toEqual([pid]);
  });

  law.simulated(
    OURS,
    'a signal that comes while it is handled comes once more after that',
    function* (sys) {
      const told: string[] = [];
      const pid = yield* sys.getpid();
      yield* sys.sigaction(c.SIGUSR1, {
        handler: function* (_, own) {
          told.push('in');
          if (told.length < 2) {
            yield* own.kill(pid, c.SIGUSR1);
            yield* own.kill(pid, c.SIGUSR1);
          }
          told.push('out');
        },
      });
      yield* sys.kill(pid, c.SIGUSR1);
      yield* pause(sys);
      expect(told).toEqual(['in', 'out', 'in', 'out']);
    },
  );

  law.simulated(OURS, 'O_ASYNC: the owner gets SIGIO when something happens', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    const got: string[] = [];
    const pid = yield* sys.getpid();
    yield* sys.sigaction(c.SIGIO, {
      handler: function* (_, own) {
        got.push(yield* heard(own, server));
      },
    });
    yield* sys.fcntl(server, c.F_SETOWN, pid);
    expect(yield* sys.fcntl(server, c.F_GETOWN)).toBe(pid);
    yield* sys.fcntl(server, c.F_SETFL, c.O_NONBLOCK | c.O_ASYNC);
    expect(yield* sys.fcntl(server, c.F_GETFL)).toBe(c.O_RDWR | c.O_NONBLOCK | c.O_ASYNC);
    yield* sys.send(client, bytes('a'));
    yield* outcome(sys.nanosleep({ ms: 3 }));
    yield* sys.send(client, bytes('b'));
    yield* outcome(sys.nanosleep({ ms: 3 }));
    expect(got).toEqual(['a', 'b']);
    yield* sys.fcntl(server, c.F_SETFL, c.O_NONBLOCK);
    yield* sys.send(client, bytes('c'));
    yield* pause(sys);
    expect(got).toEqual(['a', 'b']);
  });
});

laws('exec', (law) => {
  law.simulated(OURS, '15.5 closes what is close-on-exec and nothing else', function* (sys) {
    const kept = yield* sys.eventfd();
    const closed = yield* sys.eventfd(0, { cloexec: true });
    let seen: unknown[] = [];
    const pid = yield* sys.fork(function* (own) {
      const before = yield* own.getpid();
      yield* own.exec(function* (after) {
        seen = [
          yield* outcome(after.fcntl(kept, c.F_GETFD)),
          yield* outcome(after.fcntl(closed, c.F_GETFD)),
          (yield* after.getpid()) === before,
        ];
        yield* after.exit(4);
      });
      throw new Error('exec returns to nobody');
    });
    expect((yield* sys.waitpid(pid)).status).toBe(4);
    expect(seen).toEqual([0, 'EBADF', true]);
  });

  law.simulated(
    OURS,
    '15.5 ends the other threads, forgets handlers, keeps what is ignored',
    function* (sys) {
      let threadLived = false;
      const pid = yield* sys.fork(function* (own) {
        yield* own.spawn(function* (other) {
          yield* other.nanosleep({ ms: 20 });
          threadLived = true;
        });
        yield* own.sigaction(c.SIGUSR1, 'ignore');
        yield* own.sigaction(c.SIGUSR2, { handler: () => {} });
        yield* own.exec(function* (after) {
          yield* after.kill(yield* after.getpid(), c.SIGUSR1);
          yield* after.nanosleep({ ms: 50 });
          yield* after.kill(yield* after.getpid(), c.SIGUSR2);
        });
      });
      expect((yield* sys.waitpid(pid)).status).toBe(128 + c.SIGUSR2);
      expect(threadLived).toBe(false);
    },
  );
});

laws('a poll that a signal has ended', (law) => {
  law.simulated(OURS, 'hears no more of what it looked at', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    const call = (own: Sys): Syscall<unknown> => own.poll([{ fd: readFd, events: c.POLLIN }]);
    expect(yield* interrupted(sys, { handler: () => {} }, call)).toBe('EINTR');
    yield* sys.spawn(function* (own) {
      yield* own.nanosleep({ ms: 1 });
      yield* own.write(writeFd, bytes(1));
    });
    // A sleep that is told of the byte in the pipe would begin again.
    const before = yield* sys.clockGettime();
    yield* sys.nanosleep({ ms: 10 });
    expect((yield* sys.clockGettime()) - before).toBe(10);
  });
});
