import { expect } from 'vitest';
import type { InetAddress, Program, Sys } from '../../src/sys/sys.ts';
import {
  bytes,
  connecting,
  deafAddress,
  HERE,
  heard,
  laws,
  listening,
  mask,
  outcome,
  pause,
  runSimulated,
  tcpPair,
} from './harness.ts';

/** A non-blocking socket whose SYN was dropped because the accept queue is full. */
function* stuckConnect(sys: Sys): Program<{ fd: number; listener: number }> {
  const { fd: listener, address } = yield* listening(sys, 0);
  yield* connecting(sys, address);
  return { fd: yield* connecting(sys, address), listener };
}

laws('TCP connect', (law) => {
  law('12.8 non-blocking: always EINPROGRESS, even on loopback', function* (sys) {
    const { address } = yield* listening(sys);
    const fd = yield* sys.socket('inet', 'stream', { nonblock: true });
    expect(yield* outcome(sys.connect(fd, address))).toBe('EINPROGRESS');
  });

  law('12.9 then OUT and SO_ERROR 0; connect again gives 0 once, then EISCONN', function* (sys) {
    const { address } = yield* listening(sys);
    const fd = yield* connecting(sys, address);
    expect(yield* mask(sys, fd)).toBe('OUT');
    expect(yield* sys.getsockopt(fd, 'SO_ERROR')).toBe(0);
    expect(yield* outcome(sys.connect(fd, address))).toBe(0);
    expect(yield* outcome(sys.connect(fd, address))).toBe('EISCONN');
  });

  law('12.9 EALREADY while pending', function* (sys) {
    const { fd, listener } = yield* stuckConnect(sys);
    const address = (yield* sys.getsockname(listener)) as { host: string; port: number };
    expect(yield* outcome(sys.connect(fd, address))).toBe('EALREADY');
  });

  const askers: readonly [string, (sys: Sys, fd: number) => Program<unknown>][] = [
    ['SO_ERROR', (sys, fd) => sys.getsockopt(fd, 'SO_ERROR') as unknown as Program<number>],
    ['recv', (sys, fd) => heard(sys, fd)],
    ['recv MSG_PEEK', (sys, fd) => heard(sys, fd, 1, 2)],
    ['send', (sys, fd) => outcome(sys.send(fd, bytes(1)))],
    ['connect', (sys, fd) => outcome(sys.connect(fd, { host: HERE, port: 9 }))],
  ];
  for (const [name, ask] of askers) {
    law(`12.10 ECONNREFUSED is given once, to ${name} if it asks first`, function* (sys) {
      const fd = yield* connecting(sys, yield* deafAddress(sys));
      const first = yield* ask(sys, fd);
      expect(first).toBe(name === 'SO_ERROR' ? 111 : 'ECONNREFUSED');
      expect(yield* sys.getsockopt(fd, 'SO_ERROR')).toBe(0);
      if (name === 'connect') return;
      expect(yield* heard(sys, fd)).toBe('');
      expect(yield* outcome(sys.send(fd, bytes(1)))).toBe('EPIPE');
    });
  }

  law(
    '12.11 connect after the error was consumed is ECONNABORTED; the next one starts again',
    function* (sys) {
      const address = yield* deafAddress(sys);
      const fd = yield* connecting(sys, address);
      yield* sys.getsockopt(fd, 'SO_ERROR');
      expect(yield* outcome(sys.connect(fd, address))).toBe('ECONNABORTED');
      expect(yield* outcome(sys.connect(fd, address))).toBe('EINPROGRESS');
    },
  );

  law(
    '12.11 if it was not consumed, connect gives ECONNREFUSED; the next one starts again',
    function* (sys) {
      const address = yield* deafAddress(sys);
      const fd = yield* connecting(sys, address);
      expect(yield* outcome(sys.connect(fd, address))).toBe('ECONNREFUSED');
      expect(yield* outcome(sys.connect(fd, address))).toBe('EINPROGRESS');
    },
  );

  law(
    '12.12 blocking and refused: ECONNREFUSED, no error left behind, may be retried',
    function* (sys) {
      const address = yield* deafAddress(sys);
      const fd = yield* sys.socket('inet', 'stream');
      expect(yield* outcome(sys.connect(fd, address))).toBe('ECONNREFUSED');
      expect(yield* sys.getsockopt(fd, 'SO_ERROR')).toBe(0);
      expect(yield* outcome(sys.connect(fd, (yield* listening(sys)).address))).toBe(0);
    },
  );

  law('12.13 while pending send and recv are EAGAIN, getpeername ENOTCONN', function* (sys) {
    const { fd } = yield* stuckConnect(sys);
    expect(yield* outcome(sys.send(fd, bytes(1)))).toBe('EAGAIN');
    expect(yield* heard(sys, fd)).toBe('EAGAIN');
    expect(yield* outcome(sys.getpeername(fd))).toBe('ENOTCONN');
  });

  for (const how of ['rd', 'wr', 'rdwr'] as const) {
    law(`12.13 while pending shutdown(${how}) aborts: ECONNRESET`, function* (sys) {
      const { fd } = yield* stuckConnect(sys);
      yield* sys.shutdown(fd, how);
      expect(yield* mask(sys, fd)).toBe('OUT|HUP|ERR');
      expect(yield* sys.getsockopt(fd, 'SO_ERROR')).toBe(104);
    });
  }

  law(
    '12.14 AF_UNSPEC drops the connection with RST and leaves a reusable socket',
    function* (sys) {
      const { client, server, address } = yield* tcpPair(sys);
      yield* sys.connect(client, null);
      yield* pause(sys);
      expect(yield* heard(sys, server)).toBe('ECONNRESET');
      expect(yield* sys.getsockopt(client, 'SO_ERROR')).toBe(104);
      expect(yield* outcome(sys.connect(client, address))).toBe('EINPROGRESS');
      yield* pause(sys);
      expect(yield* outcome(sys.connect(client, address))).toBe(0);
    },
  );

  law('12.15 a socket that connects to its own port meets itself', function* (sys) {
    const fd = yield* sys.socket('inet', 'stream');
    yield* sys.bind(fd, { host: HERE, port: 0 });
    const own = (yield* sys.getsockname(fd)) as { host: string; port: number };
    expect(yield* outcome(sys.connect(fd, own))).toBe(0);
    yield* sys.send(fd, bytes('echo'));
    expect(yield* heard(sys, fd)).toBe('echo');
    expect(yield* sys.getpeername(fd)).toEqual(own);
  });

  law('12.16 unconnected: send EPIPE, recv and getpeername ENOTCONN', function* (sys) {
    const fd = yield* sys.socket('inet', 'stream');
    expect(yield* outcome(sys.send(fd, bytes(1)))).toBe('EPIPE');
    expect(yield* heard(sys, fd)).toBe('ENOTCONN');
    expect(yield* heard(sys, fd, 0)).toBe('ENOTCONN');
    expect(yield* outcome(sys.getpeername(fd))).toBe('ENOTCONN');
  });

  law('12.16 unconnected: shutdown is ENOTCONN but the flags stick', function* (sys) {
    const fd = yield* sys.socket('inet', 'stream');
    expect(yield* outcome(sys.shutdown(fd, 'rd'))).toBe('ENOTCONN');
    expect(yield* heard(sys, fd)).toBe('');
  });

  law.simulated(
    'it has too many ports',
    '12 without a free ephemeral port connect is EADDRNOTAVAIL',
    function* () {
      const outcomes = runSimulated(
        function* (sys) {
          const fd = yield* sys.socket('inet', 'stream');
          yield* sys.bind(fd, { host: HERE, port: 7000 });
          yield* sys.listen(fd);
          const seen: unknown[] = [];
          for (let i = 0; i < 3; i++) {
            const client = yield* sys.socket('inet', 'stream');
            seen.push(yield* outcome(sys.connect(client, { host: HERE, port: 7000 })));
          }
          return seen;
        },
        { mode: 'loopback', ephemeralPorts: [40_000, 40_001] },
      );
      expect(outcomes).toEqual([0, 0, 'EADDRNOTAVAIL']);
    },
  );

  law.simulated(
    'it has too many ports',
    '12 connections hold a port each, all that there are; one that is closed is the next to be taken',
    function* () {
      const PORTS = 65;
      const seen = runSimulated(
        function* (sys) {
          const listener = yield* sys.socket('inet', 'stream');
          yield* sys.bind(listener, { host: HERE, port: 7000 });
          yield* sys.listen(listener, 2 * PORTS);
          const open = new Map<number, number>();
          const connectAll = function* (): Program<number[]> {
            const taken: number[] = [];
            for (;;) {
              const fd = yield* sys.socket('inet', 'stream');
              if ((yield* outcome(sys.connect(fd, { host: HERE, port: 7000 }))) !== 0) return taken;
              const { port } = (yield* sys.getsockname(fd)) as InetAddress;
              taken.push(port);
              open.set(port, fd);
              yield* sys.accept(listener);
            }
          };
          const first = yield* connectAll();
          const closed = first.filter((_, i) => i % 3 === 0);
          for (const port of closed) {
            // With an RST, so that the other end is over too.
            yield* sys.setsockopt(open.get(port) as number, 'SO_LINGER', 0);
            yield* sys.close(open.get(port) as number);
          }
          return { first, closed, again: yield* connectAll() };
        },
        { mode: 'loopback', ephemeralPorts: [40_000, 40_000 + PORTS - 1] },
      );
      const all = Array.from({ length: PORTS }, (_, i) => 40_000 + i);
      expect(seen.first.toSorted((a, b) => a - b)).toEqual(all);
      expect(seen.again.toSorted((a, b) => a - b)).toEqual(seen.closed.toSorted((a, b) => a - b));
    },
  );

  law.simulated(
    'it has too many ports',
    '12 bind to port 0 takes free ports until there is none: EADDRINUSE',
    function* () {
      const outcomes = runSimulated(
        function* (sys) {
          const seen: unknown[] = [];
          for (let i = 0; i < 3; i++) {
            const fd = yield* sys.socket('inet', 'stream');
            seen.push(yield* outcome(sys.bind(fd, { host: HERE, port: 0 })));
          }
          return seen;
        },
        { mode: 'loopback', ephemeralPorts: [40_000, 40_001] },
      );
      expect(outcomes).toEqual([0, 0, 'EADDRINUSE']);
    },
  );

  law('12.10 nobody listens on port 0', function* (sys) {
    const fd = yield* connecting(sys, { host: HERE, port: 0 });
    expect(yield* mask(sys, fd)).toBe('IN|OUT|RDHUP|HUP|ERR');
    expect(yield* outcome(sys.connect(fd, { host: HERE, port: 0 }))).toBe('ECONNREFUSED');
    const blocking = yield* sys.socket('inet', 'stream');
    expect(yield* outcome(sys.connect(blocking, { host: HERE, port: 0 }))).toBe('ECONNREFUSED');
  });
});
