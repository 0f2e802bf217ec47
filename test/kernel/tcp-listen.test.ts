import { expect } from 'vitest';
import type { InetAddress, Program, Sys } from '../../src/sys/sys.ts';
import {
  bytes,
  connecting,
  HERE,
  heard,
  laws,
  listening,
  mask,
  outcome,
  pause,
  reset,
  tcpPair,
} from './harness.ts';

/** A socket, with or without SO_REUSEADDR, and what binding it to `address` gives. */
function* binding(
  sys: Sys,
  address: InetAddress,
  reuse = false,
): Program<{ fd: number; bound: unknown }> {
  const fd = yield* sys.socket('inet', 'stream', { nonblock: true });
  if (reuse) yield* sys.setsockopt(fd, 'SO_REUSEADDR', 1);
  return { fd, bound: yield* outcome(sys.bind(fd, address)) };
}

/** A listener that had SO_REUSEADDR, or not, when its connections were made. */
function* listeningReusing(
  sys: Sys,
  reuse: boolean,
): Program<{ fd: number; address: InetAddress }> {
  const { fd } = yield* binding(sys, { host: HERE, port: 0 }, reuse);
  yield* sys.listen(fd, 5);
  return { fd, address: (yield* sys.getsockname(fd)) as InetAddress };
}

laws('TCP bind, listen, accept', (law) => {
  law('12.1 a port that a listener holds is EADDRINUSE, SO_REUSEADDR or not', function* (sys) {
    const { address } = yield* listeningReusing(sys, true);
    expect((yield* binding(sys, address)).bound).toBe('EADDRINUSE');
    expect((yield* binding(sys, address, true)).bound).toBe('EADDRINUSE');
  });

  law(
    '12.1 two bound sockets may share it if both have SO_REUSEADDR and none listens',
    function* (sys) {
      const first = yield* binding(sys, { host: HERE, port: 0 }, true);
      const address = (yield* sys.getsockname(first.fd)) as InetAddress;
      expect((yield* binding(sys, address)).bound).toBe('EADDRINUSE');
      const second = yield* binding(sys, address, true);
      expect(second.bound).toBe(0);
      expect(yield* sys.listen(first.fd)).toBe(0);
      expect(yield* outcome(sys.listen(second.fd))).toBe('EADDRINUSE');
    },
  );

  for (const before of [false, true]) {
    const rule = before ? 'with SO_REUSEADDR' : 'without SO_REUSEADDR';
    law(`12.1 live connections of a closed listener ${rule} hold the port`, function* (sys) {
      const { fd, address } = yield* listeningReusing(sys, before);
      yield* connecting(sys, address);
      yield* sys.accept(fd);
      yield* sys.close(fd);
      expect((yield* binding(sys, address)).bound).toBe('EADDRINUSE');
      expect((yield* binding(sys, address, true)).bound).toBe(before ? 0 : 'EADDRINUSE');
    });

    law(`12.1 TIME_WAIT of a listener ${rule} holds the port`, function* (sys) {
      const { fd, address } = yield* listeningReusing(sys, before);
      const client = yield* connecting(sys, address);
      const accepted = yield* sys.accept(fd);
      yield* sys.close(accepted.fd);
      yield* pause(sys);
      yield* sys.close(client);
      yield* sys.close(fd);
      yield* pause(sys);
      expect((yield* binding(sys, address)).bound).toBe('EADDRINUSE');
      expect((yield* binding(sys, address, true)).bound).toBe(before ? 0 : 'EADDRINUSE');
    });
  }

  law('12.1 the side that closes second leaves no TIME_WAIT', function* (sys) {
    const { fd, address } = yield* listening(sys);
    const client = yield* connecting(sys, address);
    const accepted = yield* sys.accept(fd);
    yield* sys.close(client);
    yield* pause(sys);
    yield* sys.close(accepted.fd);
    yield* sys.close(fd);
    yield* pause(sys);
    expect((yield* binding(sys, address)).bound).toBe(0);
  });

  law('12.1 a socket that is bound cannot be bound again', function* (sys) {
    const { fd } = yield* binding(sys, { host: HERE, port: 0 });
    expect(yield* outcome(sys.bind(fd, { host: HERE, port: 0 }))).toBe('EINVAL');
  });

  law('12.2 listen binds an unbound socket, is EINVAL on a connected one', function* (sys) {
    const fd = yield* sys.socket('inet', 'stream');
    yield* sys.listen(fd);
    expect(((yield* sys.getsockname(fd)) as InetAddress).port).toBeGreaterThan(0);
    const { client } = yield* tcpPair(sys);
    expect(yield* outcome(sys.listen(client))).toBe('EINVAL');
  });

  law('12.3 backlog b: b + 1 connections are completed, further SYNs are dropped', function* (sys) {
    for (const backlog of [0, 1, 2]) {
      const { address } = yield* listening(sys, backlog);
      const made: string[] = [];
      for (let i = 0; i < backlog + 3; i++) {
        made.push(yield* mask(sys, yield* connecting(sys, address)));
      }
      const completed = Array.from({ length: backlog + 1 }, () => 'OUT');
      expect(made).toEqual([...completed, '0', '0']);
    }
  });

  law('12.3 the client tries again after a second', function* (sys) {
    const { fd, address } = yield* listening(sys, 0);
    yield* connecting(sys, address);
    const late = yield* connecting(sys, address);
    yield* sys.accept(fd);
    yield* pause(sys, 900);
    expect(yield* mask(sys, late)).toBe('0');
    yield* pause(sys, 300);
    expect(yield* mask(sys, late)).toBe('OUT');
  });

  law('12.2 listen on a listener changes the backlog', function* (sys) {
    const { fd, address } = yield* listening(sys, 0);
    yield* sys.listen(fd, 1);
    const made: string[] = [];
    for (let i = 0; i < 3; i++) made.push(yield* mask(sys, yield* connecting(sys, address)));
    expect(made).toEqual(['OUT', 'OUT', '0']);
  });

  law('12.4 accept is first in, first out, EAGAIN when empty, EINVAL elsewhere', function* (sys) {
    const { fd, address } = yield* listening(sys);
    const clients = [yield* connecting(sys, address), yield* connecting(sys, address)];
    for (const client of clients) {
      const { address: peer } = yield* sys.accept(fd);
      expect(peer).toEqual(yield* sys.getsockname(client));
    }
    expect(yield* outcome(sys.accept(fd))).toBe('EAGAIN');
    expect(yield* outcome(sys.accept(clients[0] as number))).toBe('EINVAL');
  });

  law('12.4 O_NONBLOCK is not inherited', function* (sys) {
    const { fd, address } = yield* listening(sys);
    yield* connecting(sys, address);
    const accepted = yield* sys.accept(fd);
    expect(yield* sys.fcntl(accepted.fd, 3)).toBe(2);
  });

  law(
    '12.5 a connection that was closed meanwhile is still accepted: data, then the end',
    function* (sys) {
      const { fd, address } = yield* listening(sys);
      const client = yield* connecting(sys, address);
      yield* sys.send(client, bytes('bye'));
      yield* sys.close(client);
      yield* pause(sys);
      const accepted = yield* sys.accept(fd, { nonblock: true });
      expect(yield* heard(sys, accepted.fd)).toBe('bye');
      expect(yield* heard(sys, accepted.fd)).toBe('');
    },
  );

  law('12.5 one that was reset meanwhile too: ECONNRESET, getpeername ENOTCONN', function* (sys) {
    const { fd, address } = yield* listening(sys);
    yield* reset(sys, yield* connecting(sys, address));
    expect(yield* mask(sys, fd)).toBe('IN');
    const accepted = yield* sys.accept(fd, { nonblock: true });
    expect(yield* mask(sys, accepted.fd)).toBe('IN|OUT|RDHUP|HUP|ERR');
    expect(yield* outcome(sys.getpeername(accepted.fd))).toBe('ENOTCONN');
    expect(yield* heard(sys, accepted.fd)).toBe('ECONNRESET');
  });

  for (const how of ['close', 'shutdown(RD)'] as const) {
    law(`12.6 ${how} of a listener resets every queued connection`, function* (sys) {
      const { fd, address } = yield* listening(sys);
      const client = yield* connecting(sys, address);
      yield* how === 'close' ? sys.close(fd) : sys.shutdown(fd, 'rd');
      yield* pause(sys);
      expect(yield* mask(sys, client)).toBe('IN|OUT|RDHUP|HUP|ERR');
      expect(yield* sys.getsockopt(client, 'SO_ERROR')).toBe(104);
    });
  }

  law('12.6 shutdown(WR) of a listener has no effect', function* (sys) {
    const { fd, address } = yield* listening(sys);
    yield* sys.shutdown(fd, 'wr');
    expect(yield* mask(sys, yield* connecting(sys, address))).toBe('OUT');
    expect((yield* sys.accept(fd)).fd).toBeGreaterThan(fd);
  });

  law(
    '12.6 after shutdown(RD) connects are refused, and listen works again on the same port',
    function* (sys) {
      const { address: own } = yield* listening(sys);
      const fd = yield* sys.socket('inet', 'stream', { nonblock: true });
      const address = { host: HERE, port: own.port + 1 };
      if ((yield* outcome(sys.bind(fd, address))) !== 0) return;
      yield* sys.listen(fd);
      yield* sys.shutdown(fd, 'rd');
      expect(yield* outcome(sys.accept(fd))).toBe('EINVAL');
      const refused = yield* connecting(sys, address);
      expect(yield* sys.getsockopt(refused, 'SO_ERROR')).toBe(111);
      expect((yield* binding(sys, address)).bound).toBe('EADDRINUSE');
      expect(yield* sys.listen(fd)).toBe(0);
      expect(yield* mask(sys, yield* connecting(sys, address))).toBe('OUT');
    },
  );

  law('12.7 on a listener connect is EISCONN, send EPIPE, recv ENOTCONN', function* (sys) {
    const { fd, address } = yield* listening(sys);
    expect(yield* outcome(sys.connect(fd, address))).toBe('EISCONN');
    expect(yield* outcome(sys.send(fd, bytes(1)))).toBe('EPIPE');
    expect(yield* heard(sys, fd)).toBe('ENOTCONN');
  });

  law('12.3 a negative backlog is as many as there may be', function* (sys) {
    const { address } = yield* listening(sys, -1);
    for (let i = 0; i < 4; i++) {
      expect(yield* mask(sys, yield* connecting(sys, address))).toBe('OUT');
    }
  });

  law('12.4 a connection has its options from its listener', function* (sys) {
    const { fd: listener, address } = yield* listening(sys);
    const options = [
      ...(['SO_RCVLOWAT', 'SO_RCVTIMEO', 'SO_SNDTIMEO', 'SO_LINGER'] as const),
      ...(['TCP_KEEPIDLE', 'TCP_KEEPINTVL', 'TCP_KEEPCNT', 'TCP_USER_TIMEOUT'] as const),
    ];
    const switches = ['SO_OOBINLINE', 'SO_KEEPALIVE', 'TCP_NODELAY', 'SO_REUSEPORT'] as const;
    for (const option of options) yield* sys.setsockopt(listener, option, 7);
    for (const option of switches) yield* sys.setsockopt(listener, option, 1);
    yield* connecting(sys, address);
    // As they were when the connection was made.
    for (const option of options.slice(4)) yield* sys.setsockopt(listener, option, 9);
    const { fd } = yield* sys.accept(listener);
    for (const option of options) expect(yield* sys.getsockopt(fd, option), option).toBe(7);
    for (const option of switches) expect(yield* sys.getsockopt(fd, option), option).toBe(1);
  });
});
