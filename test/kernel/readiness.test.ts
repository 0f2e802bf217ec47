import { expect } from 'vitest';
import type { Program, Sys } from '../../src/sys/sys.ts';
import {
  bytes,
  connecting,
  deafAddress,
  fill,
  heard,
  laws,
  listening,
  mask,
  outcome,
  pause,
  reset,
  tcpPair,
} from './harness.ts';

/** State, how it is reached, and its mask. */
type Row = readonly [state: string, mask: string, reach: (sys: Sys) => Program<number>];

const PIPES: readonly Row[] = [
  [
    'pipe read end with data',
    'IN',
    function* (sys) {
      const [readFd, writeFd] = yield* sys.pipe();
      yield* sys.write(writeFd, bytes(1));
      return readFd;
    },
  ],
  [
    'empty pipe with a writer',
    '0',
    function* (sys) {
      return (yield* sys.pipe())[0];
    },
  ],
  [
    'pipe read end, no data, no writer',
    'HUP',
    function* (sys) {
      const [readFd, writeFd] = yield* sys.pipe();
      yield* sys.close(writeFd);
      return readFd;
    },
  ],
  [
    'pipe read end, data, no writer',
    'IN|HUP',
    function* (sys) {
      const [readFd, writeFd] = yield* sys.pipe();
      yield* sys.write(writeFd, bytes(1));
      yield* sys.close(writeFd);
      return readFd;
    },
  ],
  [
    'pipe write end with a free slot',
    'OUT',
    function* (sys) {
      return (yield* sys.pipe())[1];
    },
  ],
  [
    'pipe write end without reader',
    'OUT|ERR',
    function* (sys) {
      const [readFd, writeFd] = yield* sys.pipe();
      yield* sys.close(readFd);
      return writeFd;
    },
  ],
  [
    'full pipe without reader',
    'ERR',
    function* (sys) {
      const [readFd, writeFd] = yield* sys.pipe({ nonblock: true });
      yield* fill(sys, writeFd);
      yield* sys.close(readFd);
      return writeFd;
    },
  ],
  ['eventfd of 0', 'OUT', (sys) => sys.eventfd(0) as unknown as Program<number>],
  ['eventfd above 0', 'IN|OUT', (sys) => sys.eventfd(1) as unknown as Program<number>],
  [
    'eventfd that is full',
    'IN',
    function* (sys) {
      const fd = yield* sys.eventfd();
      const most = new Uint8Array(8);
      new DataView(most.buffer).setBigUint64(0, 0xffff_ffff_ffff_fffen, true);
      yield* sys.write(fd, most);
      return fd;
    },
  ],
  ['idle epoll', '0', (sys) => sys.epollCreate() as unknown as Program<number>],
];

const TCP: readonly Row[] = [
  [
    'fresh TCP socket',
    'OUT|HUP',
    function* (sys) {
      return yield* sys.socket('inet', 'stream');
    },
  ],
  [
    'TCP listener, empty queue',
    '0',
    function* (sys) {
      return (yield* listening(sys)).fd;
    },
  ],
  [
    'TCP listener with a connection',
    'IN',
    function* (sys) {
      const { fd, address } = yield* listening(sys);
      yield* connecting(sys, address);
      return fd;
    },
  ],
  [
    'TCP listener after shutdown(RD)',
    'OUT|HUP',
    function* (sys) {
      const { fd } = yield* listening(sys);
      yield* sys.shutdown(fd, 'rd');
      return fd;
    },
  ],
  [
    'TCP listener after shutdown(WR)',
    '0',
    function* (sys) {
      const { fd } = yield* listening(sys);
      yield* sys.shutdown(fd, 'wr');
      return fd;
    },
  ],
  [
    'TCP established',
    'OUT',
    function* (sys) {
      return (yield* tcpPair(sys)).client;
    },
  ],
  [
    'TCP established with data',
    'IN|OUT',
    function* (sys) {
      const { client, server } = yield* tcpPair(sys);
      yield* sys.send(server, bytes(1));
      yield* pause(sys);
      return client;
    },
  ],
  [
    'TCP SYN_SENT',
    '0',
    function* (sys) {
      const { address } = yield* listening(sys, 0);
      yield* connecting(sys, address);
      yield* connecting(sys, address);
      return yield* connecting(sys, address);
    },
  ],
  [
    'TCP, peer sent FIN',
    'IN|OUT|RDHUP',
    function* (sys) {
      const { client, server } = yield* tcpPair(sys);
      yield* sys.shutdown(server, 'wr');
      yield* pause(sys);
      return client;
    },
  ],
  [
    'TCP after shutdown(WR)',
    'OUT',
    function* (sys) {
      const { client } = yield* tcpPair(sys);
      yield* sys.shutdown(client, 'wr');
      yield* pause(sys);
      return client;
    },
  ],
  [
    'TCP after shutdown(RD)',
    'IN|OUT|RDHUP',
    function* (sys) {
      const { client } = yield* tcpPair(sys);
      yield* sys.shutdown(client, 'rd');
      return client;
    },
  ],
  [
    'TCP after shutdown(RDWR)',
    'IN|OUT|RDHUP|HUP',
    function* (sys) {
      const { client } = yield* tcpPair(sys);
      yield* sys.shutdown(client, 'rdwr');
      return client;
    },
  ],
  [
    'TCP, each side shut its WR',
    'IN|OUT|RDHUP|HUP',
    function* (sys) {
      const { client, server } = yield* tcpPair(sys);
      yield* sys.shutdown(client, 'wr');
      yield* sys.shutdown(server, 'wr');
      yield* pause(sys);
      return client;
    },
  ],
  [
    'TCP reset, error not fetched',
    'IN|OUT|RDHUP|HUP|ERR',
    function* (sys) {
      const { client, server } = yield* tcpPair(sys);
      yield* reset(sys, server);
      return client;
    },
  ],
  [
    'TCP reset, error fetched',
    'IN|OUT|RDHUP|HUP',
    function* (sys) {
      const { client, server } = yield* tcpPair(sys);
      yield* reset(sys, server);
      expect(yield* heard(sys, client)).toBe('ECONNRESET');
      return client;
    },
  ],
  [
    'TCP refused, error not fetched',
    'IN|OUT|RDHUP|HUP|ERR',
    function* (sys) {
      return yield* connecting(sys, yield* deafAddress(sys));
    },
  ],
  [
    'TCP refused, error fetched',
    'IN|OUT|RDHUP|HUP',
    function* (sys) {
      const fd = yield* connecting(sys, yield* deafAddress(sys));
      expect(yield* sys.getsockopt(fd, 'SO_ERROR')).toBe(111);
      return fd;
    },
  ],
  [
    'TCP unconnected after a failed shutdown(RD)',
    'IN|OUT|RDHUP|HUP',
    function* (sys) {
      const fd = yield* sys.socket('inet', 'stream');
      expect(yield* outcome(sys.shutdown(fd, 'rd'))).toBe('ENOTCONN');
      return fd;
    },
  ],
  [
    'TCP whose buffers are full',
    '0',
    function* (sys) {
      const { client } = yield* tcpPair(sys);
      yield* fill(sys, client, 65_536);
      return client;
    },
  ],
];

const PAIRS: readonly Row[] = [
  [
    'unix pair',
    'OUT',
    function* (sys) {
      return (yield* sys.socketpair())[0];
    },
  ],
  [
    'unix pair with data',
    'IN|OUT',
    function* (sys) {
      const [a, b] = yield* sys.socketpair();
      yield* sys.send(b, bytes(1));
      return a;
    },
  ],
  [
    'unix pair, peer closed',
    'IN|OUT|RDHUP|HUP',
    function* (sys) {
      const [a, b] = yield* sys.socketpair();
      yield* sys.close(b);
      return a;
    },
  ],
  [
    'unix pair, peer closed with unread data',
    'IN|OUT|RDHUP|HUP|ERR',
    function* (sys) {
      const [a, b] = yield* sys.socketpair();
      yield* sys.send(a, bytes(1));
      yield* sys.close(b);
      return a;
    },
  ],
  [
    'unix pair, peer shutdown(WR)',
    'IN|OUT|RDHUP',
    function* (sys) {
      const [a, b] = yield* sys.socketpair();
      yield* sys.shutdown(b, 'wr');
      return a;
    },
  ],
  [
    'unix pair, peer shutdown(RD)',
    'OUT',
    function* (sys) {
      const [a, b] = yield* sys.socketpair();
      yield* sys.shutdown(b, 'rd');
      return a;
    },
  ],
];

laws('readiness', (law) => {
  for (const [state, expected, reach] of [...PIPES, ...TCP, ...PAIRS]) {
    law(`2 ${state}: ${expected}`, function* (sys) {
      expect(yield* mask(sys, yield* reach(sys))).toBe(expected);
    });
  }

  law('2 after a complete drain a full connection is writable again', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    let left = yield* fill(sys, client, 65_536);
    while (left > 0) {
      const got = yield* outcome(sys.recv(server, 1_000_000));
      if (typeof got === 'string') yield* pause(sys);
      else left -= got.length;
    }
    yield* pause(sys, 60);
    expect(yield* mask(sys, client)).toBe('OUT');
  });
});
