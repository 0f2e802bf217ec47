import { describe, expect, it } from 'vitest';
import type { FaultName } from '../../src/sim/kernel/choices.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import * as c from '../../src/sys/constants.ts';
import type { InetAddress, Program, Sys } from '../../src/sys/sys.ts';
import { bytes, HERE, heard, laws, mask, outcome, pause, text } from './harness.ts';

interface Bound {
  readonly fd: number;
  readonly address: InetAddress;
}

function* udp(sys: Sys): Program<Bound> {
  const fd = yield* sys.socket('inet', 'dgram', { nonblock: true });
  yield* sys.bind(fd, { host: HERE, port: 0 });
  return { fd, address: (yield* sys.getsockname(fd)) as InetAddress };
}

/** An address at which nobody receives. */
function* deaf(sys: Sys): Program<InetAddress> {
  const { fd, address } = yield* udp(sys);
  yield* sys.close(fd);
  return address;
}

laws('UDP', (law) => {
  law('2 OUT always, IN with a queued datagram', function* (sys) {
    const a = yield* udp(sys);
    const b = yield* udp(sys);
    expect(yield* mask(sys, b.fd)).toBe('OUT');
    yield* sys.sendto(a.fd, bytes(0), b.address);
    expect(yield* mask(sys, b.fd)).toBe('IN|OUT');
  });

  law(
    '13.1 without destination EDESTADDRREQ; port 0 EINVAL; listen and accept EOPNOTSUPP',
    function* (sys) {
      const fd = yield* sys.socket('inet', 'dgram');
      expect(yield* outcome(sys.send(fd, bytes(1)))).toBe('EDESTADDRREQ');
      expect(yield* outcome(sys.sendto(fd, bytes(1), { host: HERE, port: 0 }))).toBe('EINVAL');
      expect(yield* outcome(sys.listen(fd))).toBe('EOPNOTSUPP');
      expect(yield* outcome(sys.accept(fd))).toBe('EOPNOTSUPP');
    },
  );

  law('13.1 sendto binds a port; a port that is bound is EADDRINUSE', function* (sys) {
    const { address } = yield* udp(sys);
    const fd = yield* sys.socket('inet', 'dgram');
    yield* sys.sendto(fd, bytes(1), address);
    const own = (yield* sys.getsockname(fd)) as InetAddress;
    expect(own.port).toBeGreaterThan(0);
    expect(yield* outcome(sys.bind(fd, { host: HERE, port: 0 }))).toBe('EINVAL');
    const other = yield* sys.socket('inet', 'dgram');
    expect(yield* outcome(sys.bind(other, address))).toBe('EADDRINUSE');
  });

  law(
    '13.2 connected: receives only from its peer, and keeps what was queued before',
    function* (sys) {
      const a = yield* udp(sys);
      const b = yield* udp(sys);
      const d = yield* udp(sys);
      yield* sys.sendto(d.fd, bytes('before'), a.address);
      yield* sys.connect(a.fd, b.address);
      yield* sys.sendto(d.fd, bytes('stranger'), a.address);
      yield* sys.sendto(b.fd, bytes('peer'), a.address);
      yield* pause(sys);
      expect(yield* heard(sys, a.fd)).toBe('before');
      expect(yield* heard(sys, a.fd)).toBe('peer');
      expect(yield* heard(sys, a.fd)).toBe('EAGAIN');
      expect(yield* sys.getpeername(a.fd)).toEqual(b.address);
    },
  );

  law(
    'of two that share an address by SO_REUSEADDR the last to be bound receives',
    function* (sys) {
      const fds: number[] = [];
      let address: InetAddress = { host: HERE, port: 0 };
      for (let i = 0; i < 2; i++) {
        const fd = yield* sys.socket('inet', 'dgram', { nonblock: true });
        yield* sys.setsockopt(fd, 'SO_REUSEADDR', 1);
        yield* sys.bind(fd, address);
        address = (yield* sys.getsockname(fd)) as InetAddress;
        fds.push(fd);
      }
      const [first, last] = fds as [number, number];
      const sender = yield* udp(sys);
      yield* sys.sendto(sender.fd, bytes('to both'), address);
      yield* pause(sys);
      expect(yield* heard(sys, first)).toBe('EAGAIN');
      expect(yield* heard(sys, last)).toBe('to both');
    },
  );

  law('13.2 AF_UNSPEC disconnects', function* (sys) {
    const a = yield* udp(sys);
    const b = yield* udp(sys);
    yield* sys.connect(a.fd, b.address);
    yield* sys.connect(a.fd, null);
    expect(yield* outcome(sys.getpeername(a.fd))).toBe('ENOTCONN');
    expect(yield* outcome(sys.send(a.fd, bytes(1)))).toBe('EDESTADDRREQ');
  });

  const askers: readonly [string, (sys: Sys, fd: number) => Program<unknown>][] = [
    ['send', (sys, fd) => outcome(sys.send(fd, bytes(1)))],
    ['recv', (sys, fd) => heard(sys, fd)],
    ['SO_ERROR', (sys, fd) => outcome(sys.getsockopt(fd, 'SO_ERROR'))],
  ];
  for (const [name, ask] of askers) {
    law(`13.3 a refusal is told to the connected sender once, by ${name}`, function* (sys) {
      const { fd } = yield* udp(sys);
      yield* sys.connect(fd, yield* deaf(sys));
      expect(yield* sys.send(fd, bytes(1))).toBe(1);
      yield* pause(sys);
      expect(yield* mask(sys, fd)).toBe('OUT|ERR');
      expect(yield* ask(sys, fd)).toBe(name === 'SO_ERROR' ? 111 : 'ECONNREFUSED');
      expect(yield* heard(sys, fd)).toBe('EAGAIN');
    });
  }

  law('13.3 an unconnected sender hears nothing', function* (sys) {
    const { fd } = yield* udp(sys);
    yield* sys.sendto(fd, bytes(1), yield* deaf(sys));
    yield* pause(sys);
    expect(yield* mask(sys, fd)).toBe('OUT');
    expect(yield* heard(sys, fd)).toBe('EAGAIN');
  });

  law('13.4 boundaries, truncation, empty datagrams; FIONREAD is the first one', function* (sys) {
    const a = yield* udp(sys);
    const b = yield* udp(sys);
    for (const part of ['abcd', '', 'e']) yield* sys.sendto(a.fd, bytes(part), b.address);
    yield* pause(sys);
    expect(yield* sys.ioctl(b.fd, c.FIONREAD)).toBe(4);
    const first = yield* sys.recvfrom(b.fd, 2, c.MSG_TRUNC);
    expect([text(first.bytes), first.length, first.address]).toEqual(['ab', 4, a.address]);
    expect(yield* heard(sys, b.fd)).toBe('');
    expect(yield* heard(sys, b.fd)).toBe('e');
    expect(yield* heard(sys, b.fd)).toBe('EAGAIN');
  });

  law('13.5 shutdown unconnected is ENOTCONN yet takes effect', function* (sys) {
    const a = yield* udp(sys);
    expect(yield* outcome(sys.shutdown(a.fd, 'rdwr'))).toBe('ENOTCONN');
    expect(yield* mask(sys, a.fd)).toBe('IN|OUT|RDHUP|HUP');
    expect(yield* outcome(sys.sendto(a.fd, bytes(1), a.address))).toBe('EPIPE');
  });

  law(
    '13.5 after shutdown(RD) recv is EAGAIN when empty, blocking 0, and queued data is readable',
    function* (sys) {
      const a = yield* udp(sys);
      const b = yield* udp(sys);
      yield* sys.connect(a.fd, b.address);
      yield* sys.sendto(b.fd, bytes('queued'), a.address);
      yield* pause(sys);
      yield* sys.shutdown(a.fd, 'rd');
      expect(yield* mask(sys, a.fd)).toBe('IN|OUT|RDHUP');
      expect(yield* heard(sys, a.fd)).toBe('queued');
      expect(yield* heard(sys, a.fd)).toBe('EAGAIN');
      yield* sys.ioctl(a.fd, c.FIONBIO, 0);
      expect(yield* heard(sys, a.fd)).toBe('');
    },
  );

  law('13 a datagram that fits into no packet is EMSGSIZE', function* (sys) {
    const a = yield* udp(sys);
    expect(yield* sys.sendto(a.fd, bytes(65_507), a.address)).toBe(65_507);
    expect(yield* outcome(sys.sendto(a.fd, bytes(65_508), a.address))).toBe('EMSGSIZE');
  });

  law(
    '6 a queued datagram: an IN edge for the receiver, an OUT edge for the sender',
    function* (sys) {
      const a = yield* udp(sys);
      const b = yield* udp(sys);
      const epoll = yield* sys.epollCreate();
      yield* sys.epollCtl(epoll, 'add', a.fd, c.EPOLLOUT | c.EPOLLET);
      yield* sys.epollCtl(epoll, 'add', b.fd, c.EPOLLIN | c.EPOLLET);
      yield* sys.epollWait(epoll, 8, 0);
      yield* sys.sendto(a.fd, bytes(1), b.address);
      yield* pause(sys);
      const fds = (yield* sys.epollWait(epoll, 8, 0)).map(({ data }) => data);
      expect(fds.sort()).toEqual([a.fd, b.fd]);
    },
  );

  law('14.7 a blocking recvfrom sleeps until a datagram comes', function* (sys) {
    const a = yield* udp(sys);
    const b = yield* udp(sys);
    yield* sys.ioctl(b.fd, c.FIONBIO, 0);
    let from: unknown;
    yield* sys.spawn(function* (own) {
      from = (yield* own.recvfrom(b.fd, 9)).address;
    });
    yield* pause(sys);
    expect(from).toBeUndefined();
    yield* sys.sendto(a.fd, bytes(1), b.address);
    yield* pause(sys);
    expect(from).toEqual(a.address);
  });

  law('13.2 AF_UNSPEC gives back what the program had not chosen itself', function* (sys) {
    const seen: unknown[] = [];
    const { address: peer } = yield* udp(sys);
    for (const address of [null, { host: HERE, port: 0 }, { host: '0.0.0.0', port: 7300 }]) {
      const fd = yield* sys.socket('inet', 'dgram');
      if (address !== null) yield* sys.bind(fd, address);
      yield* sys.connect(fd, peer);
      yield* sys.connect(fd, null);
      seen.push(yield* sys.getsockname(fd));
    }
    expect(seen).toEqual([
      { host: '0.0.0.0', port: 0 },
      { host: HERE, port: 0 },
      { host: '0.0.0.0', port: 7300 },
    ]);
  });

  law('13.3 port 0 may be connected to, and refuses', function* (sys) {
    const fd = yield* sys.socket('inet', 'dgram', { nonblock: true });
    expect(yield* sys.connect(fd, { host: HERE, port: 0 })).toBe(0);
    expect(yield* outcome(sys.getpeername(fd))).toBe('ENOTCONN');
    expect(yield* sys.send(fd, bytes(1))).toBe(1);
    yield* pause(sys);
    expect(yield* outcome(sys.send(fd, bytes(1)))).toBe('ECONNREFUSED');
  });

  law('there are no urgent datagrams: send EOPNOTSUPP, recv pays no heed', function* (sys) {
    const { fd, address } = yield* udp(sys);
    expect(yield* outcome(sys.sendto(fd, bytes(1), address, c.MSG_OOB))).toBe('EOPNOTSUPP');
    yield* sys.sendto(fd, bytes('a'), address);
    yield* pause(sys);
    expect(yield* heard(sys, fd, 9, c.MSG_OOB)).toBe('a');
  });
});

/** What arrives of five numbered datagrams in a random run with these faults. */
function arrivals(faults: readonly FaultName[], seed: number): string {
  let seen = '';
  const numbered = scenario(
    'numbered',
    (world) => {
      world.process('p').spawn('p', function* (sys) {
        const a = yield* udp(sys);
        const b = yield* udp(sys);
        for (const part of '12345') yield* sys.sendto(a.fd, bytes(part), b.address);
        yield* pause(sys);
        for (;;) {
          const got = yield* heard(sys, b.fd);
          if (got === 'EAGAIN') break;
          seen += got;
        }
      });
    },
    { faults },
  );
  const strategy = new RandomWalk(seed);
  strategy.begin();
  const { failure } = new Run(numbered, { strategy }).execute();
  expect(failure).toBeUndefined();
  return seen;
}

describe('UDP under faults', () => {
  const seeds = Array.from({ length: 200 }, (_, i) => i + 1);
  const outcomes = (faults: readonly FaultName[]): string[] =>
    seeds.map((seed) => arrivals(faults, seed));

  it('without faults every datagram arrives once and in order', () => {
    expect(new Set(outcomes([]))).toEqual(new Set(['12345']));
  });

  it('may lose datagrams, and keeps the order of the others', () => {
    const seen = outcomes(['drop']);
    expect(seen.some((each) => each.length < 5)).toBe(true);
    for (const each of seen) expect([...each].sort().join('')).toBe(each);
  });

  it('may bring a datagram twice', () => {
    expect(outcomes(['duplicate']).some((each) => /(.)\1/.test(each))).toBe(true);
  });

  it('may let one overtake another, and loses none', () => {
    const seen = outcomes(['reorder']);
    expect(seen.some((each) => each !== '12345')).toBe(true);
    for (const each of seen) expect([...each].sort().join('')).toBe('12345');
  });
});
