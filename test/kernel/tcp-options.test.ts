import { expect } from 'vitest';
import * as c from '../../src/sys/constants.ts';
import type { InetAddress, Program, Sys } from '../../src/sys/sys.ts';
import {
  bytes,
  connecting,
  fill,
  HERE,
  heard,
  laws,
  listening,
  mask,
  outcome,
  pause,
  tcpPair,
  text,
} from './harness.ts';

const S = c.TCP_STATES;

/** The states of both ends, as TCP_INFO has them. */
function* states(sys: Sys, ...fds: number[]): Program<string> {
  const seen: string[] = [];
  for (const fd of fds) {
    const state = yield* sys.getsockopt(fd, 'TCP_INFO');
    seen.push(Object.entries(S).find(([, number]) => number === state)?.[0] ?? String(state));
  }
  return seen.join(' ');
}

laws('TCP states', (law) => {
  law('12.27 from nothing to a connection', function* (sys) {
    const { listener, client, server } = yield* tcpPair(sys);
    const fresh = yield* sys.socket('inet', 'stream');
    expect(yield* states(sys, fresh, listener, client, server)).toBe(
      'CLOSE LISTEN ESTABLISHED ESTABLISHED',
    );
    const full = yield* listening(sys, 0);
    yield* connecting(sys, full.address);
    expect(yield* states(sys, yield* connecting(sys, full.address))).toBe('SYN_SENT');
  });

  law(
    '12.27 the active closer: FIN_WAIT2, then CLOSE; the passive one: CLOSE_WAIT, then CLOSE',
    function* (sys) {
      const { client, server } = yield* tcpPair(sys);
      yield* sys.shutdown(client, 'wr');
      yield* pause(sys, 60);
      expect(yield* states(sys, client, server)).toBe('FIN_WAIT2 CLOSE_WAIT');
      yield* sys.shutdown(server, 'wr');
      yield* pause(sys);
      expect(yield* states(sys, client, server)).toBe('CLOSE CLOSE');
    },
  );

  law('12.27 a reset one is CLOSE', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.setsockopt(server, 'SO_LINGER', 0);
    yield* sys.close(server);
    yield* pause(sys);
    expect(yield* states(sys, client)).toBe('CLOSE');
  });

  law('14.4 a time to wait that lies behind is over at once', function* (sys) {
    const [fd] = yield* sys.socketpair();
    yield* sys.setsockopt(fd, 'SO_RCVTIMEO', -1);
    expect(yield* sys.getsockopt(fd, 'SO_RCVTIMEO')).toBe(0);
    expect(yield* outcome(sys.recv(fd, 1))).toBe('EAGAIN');
  });
});

/** A socket of its own on `address` with SO_REUSEPORT, and what bind and listen give. */
function* sharing(sys: Sys, address: InetAddress): Program<{ fd: number; result: unknown }> {
  const fd = yield* sys.socket('inet', 'stream', { nonblock: true });
  yield* sys.setsockopt(fd, 'SO_REUSEPORT', 1);
  const bound = yield* outcome(sys.bind(fd, address));
  return { fd, result: bound === 0 ? yield* outcome(sys.listen(fd)) : bound };
}

laws('TCP options', (law) => {
  law(
    'SO_REUSEPORT: listeners that all have it share a port, and connections are spread',
    function* (sys) {
      const first = yield* sharing(sys, { host: HERE, port: 0 });
      const address = (yield* sys.getsockname(first.fd)) as InetAddress;
      const second = yield* sharing(sys, address);
      expect(second.result).toBe(0);
      const third = yield* sys.socket('inet', 'stream');
      expect(yield* outcome(sys.bind(third, address))).toBe('EADDRINUSE');
      yield* sys.close(first.fd);
      const client = yield* connecting(sys, address);
      expect(yield* mask(sys, client)).toBe('OUT');
      expect((yield* sys.accept(second.fd)).fd).toBeGreaterThan(0);
    },
  );

  law('SO_RCVLOWAT: readable only with so many bytes, or at the end', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.setsockopt(server, 'SO_RCVLOWAT', 4);
    expect(yield* sys.getsockopt(server, 'SO_RCVLOWAT')).toBe(4);
    yield* sys.send(client, bytes('abc'));
    yield* pause(sys);
    expect(yield* mask(sys, server)).toBe('OUT');
    yield* sys.send(client, bytes('d'));
    yield* pause(sys);
    expect(yield* mask(sys, server)).toBe('IN|OUT');
    expect(yield* heard(sys, server, 3)).toBe('abc');
    expect(yield* mask(sys, server)).toBe('OUT');
    expect(yield* heard(sys, server)).toBe('d');
    yield* sys.shutdown(client, 'wr');
    yield* pause(sys);
    expect(yield* mask(sys, server)).toBe('IN|OUT|RDHUP');
  });

  law('SO_RCVLOWAT: below it there is no edge either', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.setsockopt(server, 'SO_RCVLOWAT', 4);
    const epoll = yield* sys.epollCreate();
    yield* sys.epollCtl(epoll, 'add', server, c.EPOLLIN | c.EPOLLET);
    yield* sys.send(client, bytes('abc'));
    yield* pause(sys);
    expect(yield* sys.epollWait(epoll, 1, 0)).toEqual([]);
    yield* sys.send(client, bytes('d'));
    yield* pause(sys);
    expect(yield* sys.epollWait(epoll, 1, 0)).toHaveLength(1);
  });

  law('14.4 SO_RCVTIMEO elapsed: EAGAIN from recv, recvfrom, read and accept', function* (sys) {
    const { listener, client } = yield* tcpPair(sys);
    for (const fd of [listener, client]) {
      yield* sys.ioctl(fd, c.FIONBIO, 0);
      yield* sys.setsockopt(fd, 'SO_RCVTIMEO', 8);
    }
    expect(yield* sys.getsockopt(client, 'SO_RCVTIMEO')).toBe(8);
    for (const call of [sys.recv(client, 1), sys.read(client, 1), sys.accept(listener)]) {
      const before = yield* sys.clockGettime();
      expect(yield* outcome<unknown>(call)).toBe('EAGAIN');
      expect((yield* sys.clockGettime()) - before).toBeGreaterThanOrEqual(8);
    }
  });

  law('SO_SNDTIMEO elapsed: what was sent until then, or EAGAIN', function* (sys) {
    const { client } = yield* tcpPair(sys);
    yield* sys.ioctl(client, c.FIONBIO, 0);
    yield* sys.setsockopt(client, 'SO_SNDTIMEO', 10);
    const sent = yield* sys.send(client, bytes(30_000_000));
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(30_000_000);
    // Linux may still have widened the window meanwhile; in the end there is no room.
    let last: unknown = 0;
    for (let i = 0; i < 20 && last !== 'EAGAIN'; i++) {
      last = yield* outcome(sys.send(client, bytes(1_000_000)));
    }
    expect(last).toBe('EAGAIN');
  });

  law('SO_SNDTIMEO elapsed in connect: EINPROGRESS', function* (sys) {
    const { address } = yield* listening(sys, 0);
    yield* connecting(sys, address);
    const fd = yield* sys.socket('inet', 'stream');
    yield* sys.setsockopt(fd, 'SO_SNDTIMEO', 10);
    expect(yield* outcome(sys.connect(fd, address))).toBe('EINPROGRESS');
  });

  law('12.17 MSG_TRUNC discards what it would have given', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.send(client, bytes('abcdef'));
    yield* pause(sys);
    expect((yield* sys.recv(server, 4, c.MSG_TRUNC)).length).toBe(4);
    expect(yield* heard(sys, server)).toBe('ef');
  });

  law('keep-alive and the user timeout are kept as they were set', function* (sys) {
    const fd = yield* sys.socket('inet', 'stream');
    const options = [
      ['SO_KEEPALIVE', 1],
      ['TCP_KEEPIDLE', 30],
      ['TCP_KEEPINTVL', 5],
      ['TCP_KEEPCNT', 3],
      ['TCP_USER_TIMEOUT', 4000],
    ] as const;
    const before: number[] = [];
    for (const [option] of options) before.push(yield* sys.getsockopt(fd, option));
    expect(before).toEqual([0, 7200, 75, 9, 0]);
    for (const [option, value] of options) {
      yield* sys.setsockopt(fd, option, value);
      expect(yield* sys.getsockopt(fd, option)).toBe(value);
    }
    expect(yield* outcome(sys.setsockopt(fd, 'TCP_KEEPIDLE', 0))).toBe('EINVAL');
  });

  law.simulated(
    'probes come at their own pace there',
    'TCP_USER_TIMEOUT: nothing gets on for so long, ETIMEDOUT',
    function* (sys) {
      const { client } = yield* tcpPair(sys);
      yield* sys.setsockopt(client, 'TCP_USER_TIMEOUT', 500);
      yield* fill(sys, client, 65_536);
      yield* pause(sys, 400);
      expect(yield* mask(sys, client)).toBe('0');
      yield* pause(sys, 200);
      expect(yield* mask(sys, client)).toBe('IN|OUT|RDHUP|HUP|ERR');
      expect(yield* heard(sys, client)).toBe('ETIMEDOUT');
    },
  );

  const ONE_THREAD = 'a call that sleeps would stop the whole process';

  law('14.8 MSG_WAITALL waits for all of the bytes', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.ioctl(server, c.FIONBIO, 0);
    let got = '';
    yield* sys.spawn(function* (own) {
      got = text(yield* own.recv(server, 6, c.MSG_WAITALL));
    });
    for (const part of ['ab', 'cd']) {
      yield* sys.send(client, bytes(part));
      yield* pause(sys);
      expect(got).toBe('');
    }
    yield* sys.send(client, bytes('efgh'));
    yield* pause(sys);
    expect(got).toBe('abcdef');
    expect(yield* heard(sys, server)).toBe('gh');
  });

  law('14.8 MSG_WAITALL gives fewer at the end, on an error or a timeout', function* (sys) {
    const seen: string[] = [];
    for (const end of ['fin', 'rst', 'timeout']) {
      const { client, server } = yield* tcpPair(sys);
      yield* sys.ioctl(server, c.FIONBIO, 0);
      if (end === 'timeout') yield* sys.setsockopt(server, 'SO_RCVTIMEO', 20);
      if (end === 'rst') yield* sys.setsockopt(client, 'SO_LINGER', 0);
      const reader = yield* sys.spawn(function* (own) {
        seen.push(`${end} ${text(yield* own.recv(server, 6, c.MSG_WAITALL))}`);
        seen.push(`${end} ${yield* heard(own, server)}`);
      });
      yield* sys.send(client, bytes('abc'));
      yield* pause(sys);
      if (end !== 'timeout') yield* sys.close(client);
      yield* sys.join(reader);
    }
    expect(seen).toEqual([
      'fin abc',
      'fin ',
      'rst abc',
      'rst ECONNRESET',
      'timeout abc',
      'timeout EAGAIN',
    ]);
  });

  law('SO_RCVLOWAT: a blocking recv waits for so many, or for all it asks for', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.ioctl(server, c.FIONBIO, 0);
    yield* sys.setsockopt(server, 'SO_RCVLOWAT', 4);
    const got: string[] = [];
    yield* sys.spawn(function* (own) {
      got.push(text(yield* own.recv(server, 100)));
    });
    yield* pause(sys);
    yield* sys.send(client, bytes('abc'));
    yield* pause(sys);
    expect(got).toEqual([]);
    yield* sys.send(client, bytes('de'));
    yield* pause(sys);
    expect(got).toEqual(['abcde']);
  });

  law('SO_RCVLOWAT: so do read and recvfrom; MSG_DONTWAIT does not', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.ioctl(server, c.FIONBIO, 0);
    yield* sys.setsockopt(server, 'SO_RCVLOWAT', 4);
    const got: string[] = [];
    for (const take of [
      function* (own: Sys): Program<Uint8Array> {
        return yield* own.read(server, 100);
      },
      function* (own: Sys): Program<Uint8Array> {
        return (yield* own.recvfrom(server, 100)).bytes;
      },
    ]) {
      yield* sys.spawn(function* (own) {
        got.push(text(yield* take(own)));
      });
      yield* pause(sys);
      yield* sys.send(client, bytes('abc'));
      yield* pause(sys);
      got.push('waits');
      yield* sys.send(client, bytes('de'));
      yield* pause(sys);
    }
    yield* sys.send(client, bytes('f'));
    yield* pause(sys);
    got.push(yield* heard(sys, server, 100, c.MSG_DONTWAIT));
    expect(got).toEqual(['waits', 'abcde', 'waits', 'abcde', 'f']);
  });

  law('SO_RCVLOWAT: who has some already is woken by so many more', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.ioctl(server, c.FIONBIO, 0);
    yield* sys.setsockopt(server, 'SO_RCVLOWAT', 4);
    yield* sys.send(client, bytes('abc'));
    yield* pause(sys);
    const got: string[] = [];
    yield* sys.spawn(function* (own) {
      got.push(text(yield* own.recv(server, 100)));
    });
    yield* pause(sys);
    yield* sys.send(client, bytes('de'));
    yield* pause(sys);
    expect(got).toEqual([]);
    yield* sys.send(client, bytes('fg'));
    yield* pause(sys);
    expect(got).toEqual(['abcdefg']);
  });

  law('MSG_WAITALL with MSG_PEEK waits, and leaves all of it there', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.ioctl(server, c.FIONBIO, 0);
    let got = '';
    yield* sys.spawn(function* (own) {
      got = text(yield* own.recv(server, 4, c.MSG_WAITALL | c.MSG_PEEK));
    });
    yield* sys.send(client, bytes('abc'));
    yield* pause(sys);
    expect(got).toBe('');
    yield* sys.send(client, bytes('de'));
    yield* pause(sys, 10);
    expect(got).toBe('abcd');
    expect(yield* heard(sys, server)).toBe('abcde');
  });

  law.simulated(
    ONE_THREAD,
    'close with SO_LINGER waits until all is with the peer, at most so long',
    function* (sys) {
      for (const drained of [true, false]) {
        const { client, server } = yield* tcpPair(sys);
        yield* sys.setsockopt(client, 'SO_LINGER', 2);
        let left = yield* fill(sys, client, 65_536);
        let closedAt = -1;
        yield* sys.spawn(function* (own) {
          yield* own.close(client);
          closedAt = yield* own.clockGettime();
        });
        const before = yield* sys.clockGettime();
        yield* pause(sys, 500);
        expect(closedAt).toBe(-1);
        while (drained && left > 0) left -= (yield* sys.recv(server, 100_000)).length;
        yield* pause(sys, 2000);
        expect(Math.round((closedAt - before) / 100)).toBe(drained ? 5 : 20);
      }
    },
  );
});
