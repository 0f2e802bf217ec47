import { expect } from 'vitest';
import * as c from '../../src/sys/constants.ts';
import type { Program, SocketType, Sys, UnixAddress } from '../../src/sys/sys.ts';
import { bytes, heard, laws, mask, outcome, pause } from './harness.ts';

const NONBLOCK = { nonblock: true };
const CONNECTED = ['stream', 'seqpacket'] as const;
const TYPES = ['stream', 'seqpacket', 'dgram'] as const;
const PATH: UnixAddress = { path: '/tmp/service.sock' };
const ABSTRACT: UnixAddress = { path: '\0service' };

function* listener(sys: Sys, type: SocketType, address = PATH, backlog = 5): Program<number> {
  const fd = yield* sys.socket('unix', type, NONBLOCK);
  yield* sys.bind(fd, address);
  yield* sys.listen(fd, backlog);
  return fd;
}

/** A fresh client and what its connect gives. */
function* connecting(
  sys: Sys,
  type: SocketType,
  address = PATH,
): Program<{ fd: number; result: unknown }> {
  const fd = yield* sys.socket('unix', type, NONBLOCK);
  return { fd, result: yield* outcome(sys.connect(fd, address)) };
}

for (const type of CONNECTED) {
  laws(`AF_UNIX ${type}`, (law) => {
    law('shut for reading before it connects: its peer finds out by a send alone', function* (sys) {
      const server = yield* listener(sys, type);
      const fd = yield* sys.socket('unix', type, NONBLOCK);
      yield* sys.shutdown(fd, 'rd');
      yield* sys.connect(fd, PATH);
      const accepted = yield* sys.accept(server, NONBLOCK);
      expect(yield* mask(sys, accepted.fd)).toBe('OUT');
      expect(yield* outcome(sys.send(accepted.fd, bytes('x'), c.MSG_NOSIGNAL))).toBe('EPIPE');
      expect(yield* outcome(sys.send(fd, bytes('y')))).toBe(1);
      expect(yield* heard(sys, accepted.fd)).toBe('y');
    });

    law('2 fresh: OUT|HUP; listener: IN with a connection, never OUT', function* (sys) {
      expect(yield* mask(sys, yield* sys.socket('unix', type))).toBe('OUT|HUP');
      const fd = yield* listener(sys, type);
      expect(yield* mask(sys, fd)).toBe('0');
      yield* connecting(sys, type);
      expect(yield* mask(sys, fd)).toBe('IN');
    });

    law('10.1 connect is done at once', function* (sys) {
      const fd = yield* listener(sys, type);
      const client = yield* connecting(sys, type);
      expect(client.result).toBe(0);
      expect(yield* mask(sys, client.fd)).toBe('OUT');
      expect(yield* outcome(sys.connect(client.fd, PATH))).toBe('EISCONN');
      expect(yield* outcome(sys.connect(fd, PATH))).toBe('EINVAL');
    });

    law(
      '10.1 no path is ENOENT; no abstract name, a stale path or one that does not listen ECONNREFUSED',
      function* (sys) {
        expect((yield* connecting(sys, type)).result).toBe('ENOENT');
        expect((yield* connecting(sys, type, ABSTRACT)).result).toBe('ECONNREFUSED');
        const fd = yield* sys.socket('unix', type);
        yield* sys.bind(fd, PATH);
        expect((yield* connecting(sys, type)).result).toBe('ECONNREFUSED');
        yield* sys.close(fd);
        expect((yield* connecting(sys, type)).result).toBe('ECONNREFUSED');
      },
    );

    law('10.1 another type is EPROTOTYPE', function* (sys) {
      yield* listener(sys, type);
      for (const other of TYPES.filter((each) => each !== type)) {
        expect((yield* connecting(sys, other)).result).toBe('EPROTOTYPE');
      }
    });

    law('10.1 backlog + 1 fit, then EAGAIN; a refused socket may try again', function* (sys) {
      const fd = yield* listener(sys, type, PATH, 1);
      const results: unknown[] = [];
      let last = 0;
      for (let i = 0; i < 3; i++) {
        const client = yield* connecting(sys, type);
        results.push(client.result);
        last = client.fd;
      }
      expect(results).toEqual([0, 0, 'EAGAIN']);
      yield* sys.accept(fd);
      expect(yield* outcome(sys.connect(last, PATH))).toBe(0);
    });

    law('10.1 a blocking connect sleeps until there is room', function* (sys) {
      const fd = yield* listener(sys, type, PATH, 0);
      yield* connecting(sys, type);
      const client = yield* sys.socket('unix', type);
      const told: unknown[] = [];
      yield* sys.spawn(function* (own) {
        told.push(yield* outcome(own.connect(client, PATH)));
      });
      yield* pause(sys);
      expect(told).toEqual([]);
      yield* sys.accept(fd);
      yield* pause(sys, 20);
      expect(told).toEqual([0]);
    });

    law('10.2 a path outlives its socket until unlink, an abstract name does not', function* (sys) {
      for (const address of [PATH, ABSTRACT]) {
        const fd = yield* sys.socket('unix', type);
        yield* sys.bind(fd, address);
        const again = yield* sys.socket('unix', type);
        expect(yield* outcome(sys.bind(again, address))).toBe('EADDRINUSE');
        yield* sys.close(fd);
        const later = yield* outcome(sys.bind(again, address));
        expect(later).toBe(address === PATH ? 'EADDRINUSE' : 0);
        if (address !== PATH) continue;
        yield* sys.unlink(PATH.path);
        expect(yield* outcome(sys.bind(again, address))).toBe(0);
        expect(yield* outcome(sys.unlink('/tmp/none'))).toBe('ENOENT');
      }
    });

    law(
      '10.2 bound already and listen unbound are EINVAL; autobind gives an abstract name',
      function* (sys) {
        const fd = yield* sys.socket('unix', type);
        expect(yield* outcome(sys.listen(fd))).toBe('EINVAL');
        yield* sys.bind(fd, { path: '' });
        const { path } = (yield* sys.getsockname(fd)) as UnixAddress;
        expect(path).toMatch(/^\0[0-9a-f]{5}$/);
        expect(yield* outcome(sys.bind(fd, PATH))).toBe('EINVAL');
      },
    );

    law(
      '10.3 accept: first in, first out; EAGAIN when empty, EINVAL elsewhere; names',
      function* (sys) {
        const fd = yield* listener(sys, type);
        const named = yield* sys.socket('unix', type);
        yield* sys.bind(named, ABSTRACT);
        yield* sys.connect(named, PATH);
        const unnamed = yield* connecting(sys, type);
        const first = yield* sys.accept(fd);
        expect(first.address).toEqual(ABSTRACT);
        expect((yield* sys.accept(fd)).address).toEqual({ path: '' });
        expect(yield* outcome(sys.accept(fd))).toBe('EAGAIN');
        expect(yield* outcome(sys.accept(unnamed.fd))).toBe('EINVAL');
        expect(yield* sys.getpeername(named)).toEqual(PATH);
        expect(yield* sys.getpeername(first.fd)).toEqual(ABSTRACT);
        expect(yield* sys.getsockname(first.fd)).toEqual(PATH);
      },
    );

    law('10.3 data sent before accept is there, from a client that has gone too', function* (sys) {
      const fd = yield* listener(sys, type);
      const client = yield* connecting(sys, type);
      yield* sys.send(client.fd, bytes('early'));
      yield* sys.close(client.fd);
      const { fd: server } = yield* sys.accept(fd, NONBLOCK);
      expect(yield* heard(sys, server)).toBe('early');
      expect(yield* heard(sys, server)).toBe('');
    });

    law(
      '10.3 after shutdown(RD): queued ones can be accepted, then EAGAIN or, blocking, EINVAL',
      function* (sys) {
        const fd = yield* listener(sys, type);
        yield* connecting(sys, type);
        yield* sys.shutdown(fd, 'rd');
        expect((yield* connecting(sys, type)).result).toBe('ECONNREFUSED');
        expect((yield* sys.accept(fd)).fd).toBeGreaterThan(fd);
        expect(yield* outcome(sys.accept(fd))).toBe('EAGAIN');
        yield* sys.ioctl(fd, c.FIONBIO, 0);
        expect(yield* outcome(sys.accept(fd))).toBe('EINVAL');
      },
    );

    law(
      '10.4 closing a listener gives each queued client ECONNRESET once, then the end',
      function* (sys) {
        const fd = yield* listener(sys, type);
        const client = yield* connecting(sys, type);
        yield* sys.close(fd);
        expect(yield* mask(sys, client.fd)).toBe('IN|OUT|RDHUP|HUP|ERR');
        expect(yield* heard(sys, client.fd)).toBe('ECONNRESET');
        expect(yield* heard(sys, client.fd)).toBe('');
      },
    );

    law(
      '10.5 send: no peer ENOTCONN; own WR shut, peer closed or its RD shut EPIPE',
      function* (sys) {
        const send = (fd: number) => outcome(sys.send(fd, bytes(1)));
        expect(yield* send(yield* sys.socket('unix', type))).toBe('ENOTCONN');
        const [a, b] = yield* sys.socketpair(type);
        yield* sys.shutdown(a, 'wr');
        expect(yield* send(a)).toBe('EPIPE');
        yield* sys.shutdown(a, 'rd');
        expect(yield* send(b)).toBe('EPIPE');
        const [d, e] = yield* sys.socketpair(type);
        yield* sys.close(e);
        expect(yield* send(d)).toBe('EPIPE');
      },
    );

    law('10.6 recv: queued data first, then EAGAIN; PEEK leaves it', function* (sys) {
      const [a, b] = yield* sys.socketpair(type, NONBLOCK);
      expect(yield* heard(sys, a)).toBe('EAGAIN');
      expect(yield* heard(sys, a, 0)).toBe('EAGAIN');
      yield* sys.send(b, bytes('ab'));
      expect(yield* heard(sys, a, 9, c.MSG_PEEK)).toBe('ab');
      expect(yield* heard(sys, a)).toBe('ab');
      const fresh = yield* sys.socket('unix', type);
      expect(yield* heard(sys, fresh)).toBe(type === 'stream' ? 'EINVAL' : 'ENOTCONN');
    });

    law(
      '10.7 shutdown(RD) is visible to the peer, shutdown(WR) is its end after the data',
      function* (sys) {
        const [a, b] = yield* sys.socketpair(type, NONBLOCK);
        yield* sys.send(a, bytes('last'));
        yield* sys.shutdown(a, 'wr');
        expect(yield* heard(sys, b)).toBe('last');
        expect(yield* heard(sys, b)).toBe('');
        expect(yield* outcome(sys.shutdown(yield* sys.socket('unix', type), 'rdwr'))).toBe(0);
        expect(yield* outcome(sys.shutdown(a, '?' as 'rd'))).toBe('EINVAL');
      },
    );

    law(
      '10.8 close with unread data: the peer reads what it has, gets ECONNRESET once, then the end',
      function* (sys) {
        const [a, b] = yield* sys.socketpair(type, NONBLOCK);
        yield* sys.send(a, bytes('unread'));
        yield* sys.send(b, bytes('mine'));
        yield* sys.close(b);
        const seen = [yield* heard(sys, a), yield* heard(sys, a), yield* heard(sys, a)];
        const expected =
          type === 'stream' ? ['mine', 'ECONNRESET', ''] : ['ECONNRESET', 'mine', ''];
        expect(seen).toEqual(expected);
      },
    );

    law('10.8 close without unread data is the end', function* (sys) {
      const [a, b] = yield* sys.socketpair(type, NONBLOCK);
      yield* sys.close(b);
      expect(yield* mask(sys, a)).toBe('IN|OUT|RDHUP|HUP');
      expect(yield* heard(sys, a)).toBe('');
    });

    law('14.9 a sleeping send whose peer closes with unread data fails', function* (sys) {
      const [a, b] = yield* sys.socketpair(type);
      const told: unknown[] = [];
      yield* sys.spawn(function* (own) {
        try {
          for (;;) yield* own.send(a, bytes(20_000));
        } catch (error) {
          told.push((error as { code: string }).code);
        }
      });
      yield* pause(sys);
      expect(told).toEqual([]);
      yield* sys.close(b);
      yield* pause(sys);
      expect(told).toHaveLength(1);
      expect(['ECONNRESET', 'EPIPE']).toContain(told[0]);
    });
  });
}

laws('AF_UNIX, where stream and seqpacket differ', (law) => {
  law('10.5 stream: an empty send is not delivered, an address is EISCONN', function* (sys) {
    const [a, b] = yield* sys.socketpair('stream', NONBLOCK);
    expect(yield* sys.send(a, bytes(0))).toBe(0);
    expect(yield* heard(sys, b)).toBe('EAGAIN');
    expect(yield* outcome(sys.sendto(a, bytes(1), PATH))).toBe('EISCONN');
    const fresh = yield* sys.socket('unix', 'stream');
    expect(yield* outcome(sys.sendto(fresh, bytes(1), PATH))).toBe('EOPNOTSUPP');
  });

  law("10.5 stream: a pending ECONNRESET is not send's to tell", function* (sys) {
    const [a, b] = yield* sys.socketpair('stream', NONBLOCK);
    yield* sys.send(a, bytes(1));
    yield* sys.close(b);
    expect(yield* outcome(sys.send(a, bytes(1)))).toBe('EPIPE');
    expect(yield* heard(sys, a)).toBe('ECONNRESET');
  });

  law('10.6 stream: sends coalesce', function* (sys) {
    const [a, b] = yield* sys.socketpair('stream', NONBLOCK);
    for (const part of ['ab', 'cd', 'ef']) yield* sys.send(a, bytes(part));
    expect(yield* sys.ioctl(b, c.FIONREAD)).toBe(6);
    expect(yield* heard(sys, b, 5)).toBe('abcde');
  });

  law('10.9 seqpacket: boundaries are kept, the excess of a message is lost', function* (sys) {
    const [a, b] = yield* sys.socketpair('seqpacket', NONBLOCK);
    for (const part of ['abc', '', 'de']) yield* sys.send(a, bytes(part));
    expect(yield* heard(sys, b, 2)).toBe('ab');
    expect(yield* mask(sys, b)).toBe('IN|OUT');
    expect(yield* heard(sys, b)).toBe('');
    const got = yield* sys.recvfrom(b, 1, c.MSG_TRUNC);
    expect([got.bytes.length, got.length]).toEqual([1, 2]);
    expect(yield* heard(sys, b)).toBe('EAGAIN');
  });

  law(
    '10.9 seqpacket: the pending error is returned by send too; an address is ignored',
    function* (sys) {
      const [a, b] = yield* sys.socketpair('seqpacket', NONBLOCK);
      expect(yield* sys.sendto(a, bytes(1), { path: '/nowhere' })).toBe(1);
      yield* sys.close(b);
      expect(yield* outcome(sys.send(a, bytes(1)))).toBe('ECONNRESET');
      expect(yield* outcome(sys.send(a, bytes(1)))).toBe('EPIPE');
    },
  );

  law('10.1 a negative backlog is as many as there may be', function* (sys) {
    const listener = yield* sys.socket('unix', 'stream');
    yield* sys.bind(listener, { path: '/many' });
    yield* sys.listen(listener, -1);
    for (let i = 0; i < 4; i++) {
      const fd = yield* sys.socket('unix', 'stream', { nonblock: true });
      expect(yield* sys.connect(fd, { path: '/many' })).toBe(0);
    }
  });

  law('10.2 an abstract name may take all of an address, and no more', function* (sys) {
    const fd = yield* sys.socket('unix', 'stream');
    expect(yield* outcome(sys.bind(fd, { path: `\0${'n'.repeat(108)}` }))).toBe('EINVAL');
    const path = `\0${'n'.repeat(107)}`;
    expect(yield* sys.bind(fd, { path })).toBe(0);
    expect(yield* sys.getsockname(fd)).toEqual({ path });
  });
});

/** Two bound datagram sockets. */
function* dgrams(sys: Sys, count: number): Program<{ fd: number; address: UnixAddress }[]> {
  const made: { fd: number; address: UnixAddress }[] = [];
  for (let i = 0; i < count; i++) {
    const fd = yield* sys.socket('unix', 'dgram', NONBLOCK);
    const address = { path: `\0dgram${i}` };
    yield* sys.bind(fd, address);
    made.push({ fd, address });
  }
  return made;
}

laws('AF_UNIX dgram', (law) => {
  law('2 fresh: OUT; IN with a queued message, also an empty one', function* (sys) {
    const [a, b] = (yield* dgrams(sys, 2)) as [
      { fd: number },
      { fd: number; address: UnixAddress },
    ];
    expect(yield* mask(sys, b.fd)).toBe('OUT');
    yield* sys.sendto(a.fd, bytes(0), b.address);
    expect(yield* mask(sys, b.fd)).toBe('IN|OUT');
    expect(yield* heard(sys, b.fd)).toBe('');
  });

  law(
    '11.1 a missing destination is ENOTCONN, an unknown one ENOENT or ECONNREFUSED',
    function* (sys) {
      const fd = yield* sys.socket('unix', 'dgram', NONBLOCK);
      expect(yield* outcome(sys.send(fd, bytes(1)))).toBe('ENOTCONN');
      expect(yield* outcome(sys.sendto(fd, bytes(1), PATH))).toBe('ENOENT');
      expect(yield* outcome(sys.sendto(fd, bytes(1), ABSTRACT))).toBe('ECONNREFUSED');
    },
  );

  law('11.1 a receiver that is connected to someone else is EPERM', function* (sys) {
    const [a, b, d] = (yield* dgrams(sys, 3)) as { fd: number; address: UnixAddress }[];
    yield* sys.connect(b!.fd, d!.address);
    expect(yield* outcome(sys.sendto(a!.fd, bytes(1), b!.address))).toBe('EPERM');
    expect(yield* outcome(sys.connect(a!.fd, b!.address))).toBe('EPERM');
    expect(yield* outcome(sys.sendto(d!.fd, bytes(1), b!.address))).toBe(1);
  });

  law('11.1 shut sides are EPIPE', function* (sys) {
    const [a, b] = (yield* dgrams(sys, 2)) as { fd: number; address: UnixAddress }[];
    yield* sys.shutdown(b!.fd, 'rd');
    expect(yield* outcome(sys.sendto(a!.fd, bytes(1), b!.address))).toBe('EPIPE');
    yield* sys.shutdown(a!.fd, 'wr');
    expect(yield* outcome(sys.sendto(a!.fd, bytes(1), a!.address))).toBe('EPIPE');
  });

  law('11.1 eleven messages fit into a queue, then EAGAIN and no OUT', function* (sys) {
    const [a, b] = (yield* dgrams(sys, 2)) as { fd: number; address: UnixAddress }[];
    yield* sys.connect(a!.fd, b!.address);
    for (let i = 0; i < 11; i++) yield* sys.send(a!.fd, bytes(1));
    expect(yield* outcome(sys.send(a!.fd, bytes(1)))).toBe('EAGAIN');
    expect(yield* mask(sys, a!.fd)).toBe('0');
    yield* sys.recv(b!.fd, 1);
    expect(yield* mask(sys, a!.fd)).toBe('OUT');
    expect(yield* sys.send(a!.fd, bytes(1))).toBe(1);
  });

  law('11.1 a blocking send to a full receiver sleeps until it reads', function* (sys) {
    const [a, b] = (yield* dgrams(sys, 2)) as { fd: number; address: UnixAddress }[];
    yield* sys.ioctl(a!.fd, c.FIONBIO, 0);
    let sent = 0;
    yield* sys.spawn(function* (own) {
      for (; sent < 12; sent++) yield* own.sendto(a!.fd, bytes(1), b!.address);
    });
    yield* pause(sys);
    expect(sent).toBe(11);
    yield* sys.recv(b!.fd, 1);
    yield* pause(sys);
    expect(sent).toBe(12);
  });

  law('11.1 the limit does not hold between two that are connected to each other', function* (sys) {
    const [a] = yield* sys.socketpair('dgram', NONBLOCK);
    for (let i = 0; i < 20; i++) expect(yield* sys.send(a, bytes(1))).toBe(1);
  });

  law(
    '11.2 sending to a closed peer is ECONNREFUSED once, drops the own queue, then ENOTCONN',
    function* (sys) {
      const [a, b] = yield* sys.socketpair('dgram', NONBLOCK);
      yield* sys.send(b, bytes('queued'));
      yield* sys.close(b);
      expect(yield* mask(sys, a)).toBe('IN|OUT');
      expect(yield* outcome(sys.send(a, bytes(1)))).toBe('ECONNREFUSED');
      expect(yield* heard(sys, a)).toBe('EAGAIN');
      expect(yield* outcome(sys.send(a, bytes(1)))).toBe('ENOTCONN');
    },
  );

  law(
    '11.3 reconnecting drops the queue; a peer that was connected back gets ECONNRESET',
    function* (sys) {
      const [a, b, d] = (yield* dgrams(sys, 3)) as { fd: number; address: UnixAddress }[];
      yield* sys.connect(a!.fd, b!.address);
      yield* sys.connect(b!.fd, a!.address);
      yield* sys.send(b!.fd, bytes('dropped'));
      yield* sys.connect(a!.fd, d!.address);
      expect(yield* heard(sys, a!.fd)).toBe('EAGAIN');
      expect(yield* mask(sys, b!.fd)).toBe('OUT|ERR');
      expect(yield* heard(sys, b!.fd)).toBe('ECONNRESET');
    },
  );

  law('11.4 recv: one message, truncated; the sender by its name, or without', function* (sys) {
    const [a, b] = (yield* dgrams(sys, 2)) as { fd: number; address: UnixAddress }[];
    const unnamed = yield* sys.socket('unix', 'dgram');
    yield* sys.sendto(a!.fd, bytes('abcd'), b!.address);
    yield* sys.sendto(unnamed, bytes('e'), b!.address);
    const first = yield* sys.recvfrom(b!.fd, 2, c.MSG_TRUNC);
    expect([first.bytes.length, first.length, first.address]).toEqual([2, 4, a!.address]);
    expect((yield* sys.recvfrom(b!.fd, 9)).address).toBeNull();
    expect(yield* heard(sys, b!.fd)).toBe('EAGAIN');
  });

  law('11.4 after shutdown(RD) recv is EAGAIN, blocking 0', function* (sys) {
    const [a] = yield* sys.socketpair('dgram', NONBLOCK);
    yield* sys.shutdown(a, 'rd');
    expect(yield* heard(sys, a)).toBe('EAGAIN');
    yield* sys.ioctl(a, c.FIONBIO, 0);
    expect(yield* heard(sys, a)).toBe('');
  });

  law('11.5 listen and accept are EOPNOTSUPP', function* (sys) {
    const fd = yield* sys.socket('unix', 'dgram');
    expect(yield* outcome(sys.listen(fd))).toBe('EOPNOTSUPP');
    expect(yield* outcome(sys.accept(fd))).toBe('EOPNOTSUPP');
  });

  law("11.6 a sender's shutdown does not affect what is queued", function* (sys) {
    const [a, b] = yield* sys.socketpair('dgram', NONBLOCK);
    yield* sys.send(a, bytes('there'));
    yield* sys.shutdown(a, 'rdwr');
    expect(yield* heard(sys, b)).toBe('there');
  });

  law('6 a read message is an OUT edge for its sender', function* (sys) {
    const [a, b] = yield* sys.socketpair('dgram', NONBLOCK);
    const epoll = yield* sys.epollCreate();
    yield* sys.epollCtl(epoll, 'add', a, c.EPOLLOUT | c.EPOLLET);
    yield* sys.epollWait(epoll, 1, 0);
    yield* sys.send(a, bytes(1));
    expect(yield* sys.epollWait(epoll, 1, 0)).toEqual([]);
    yield* sys.recv(b, 1);
    expect(yield* sys.epollWait(epoll, 1, 0)).toHaveLength(1);
  });
});
