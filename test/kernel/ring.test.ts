import { expect } from 'vitest';
import * as c from '../../src/sys/constants.ts';
import { errnoCode } from '../../src/sys/errno.ts';
import type { Program, RingCompletion, RingEntry, Sys } from '../../src/sys/sys.ts';
import { bytes, HERE, laws, mask, outcome, pause, reported, tcpPair, text } from './harness.ts';

const OURS = 'a ring needs memory that is shared with the kernel';

const shown = ({ data, result, bytes: got }: RingCompletion): string =>
  `${data}:${result < 0 ? errnoCode(-result) : got === undefined ? result : text(got)}`;

/** Submit, then tell what has completed without waiting. */
function* submit(sys: Sys, ring: number, ...entries: RingEntry[]): Program<string> {
  yield* sys.ringSubmit(ring, entries);
  return yield* completed(sys, ring);
}

function* completed(sys: Sys, ring: number): Program<string> {
  return (yield* sys.ringWait(ring, 0, 0)).map(shown).join(' ');
}

/** A connection whose descriptors may sleep, so that requests on them wait. */
function* blockingPair(sys: Sys): Program<{ listener: number; client: number; server: number }> {
  const { listener, client, server } = yield* tcpPair(sys);
  for (const fd of [listener, client, server]) yield* sys.ioctl(fd, c.FIONBIO, 0);
  return { listener, client, server };
}

laws('completion ring', (law) => {
  const only = (name: string, body: (sys: Sys) => Program<unknown>): void =>
    law.simulated(OURS, name, body);

  only('what can be done at once is complete when submit returns, in order', function* (sys) {
    const ring = yield* sys.ringSetup(8);
    const [readFd, writeFd] = yield* sys.pipe();
    const entries: RingEntry[] = [
      { op: 'nop', data: 1 },
      { op: 'write', fd: writeFd, bytes: bytes('ab'), data: 2 },
      { op: 'read', fd: readFd, bytesMax: 9, data: 3 },
      { op: 'close', fd: readFd, data: 4 },
    ];
    expect(yield* submit(sys, ring, ...entries)).toBe('1:0 2:2 3:ab 4:0');
  });

  only('recv waits for data and completes once', function* (sys) {
    const { client, server } = yield* blockingPair(sys);
    const ring = yield* sys.ringSetup(8);
    const recv: RingEntry = { op: 'recv', fd: server, bytesMax: 9, data: 7 };
    expect(yield* submit(sys, ring, recv)).toBe('');
    yield* sys.send(client, bytes('hello'));
    expect(yield* mask(sys, ring)).toBe('IN|OUT');
    expect(yield* completed(sys, ring)).toBe('7:hello');
    yield* sys.send(client, bytes('more'));
    expect(yield* completed(sys, ring)).toBe('');
  });

  only('the end of a stream is 0 bytes, errors are results', function* (sys) {
    const { client, server } = yield* blockingPair(sys);
    const ring = yield* sys.ringSetup(8);
    yield* sys.close(client);
    expect(yield* submit(sys, ring, { op: 'recv', fd: server, bytesMax: 9, data: 1 })).toBe('1:');
    const bad: RingEntry[] = [
      { op: 'recv', fd: 99, bytesMax: 1, data: 2 },
      { op: 'recv', fd: ring, bytesMax: 1, data: 3 },
    ];
    expect(yield* submit(sys, ring, ...bad)).toBe('2:EBADF 3:ENOTSOCK');
  });

  only('accept waits for a connection and gives its descriptor and address', function* (sys) {
    const listener = yield* sys.socket('inet', 'stream');
    yield* sys.bind(listener, { host: HERE, port: 7000 });
    yield* sys.listen(listener);
    const ring = yield* sys.ringSetup(8);
    expect(yield* submit(sys, ring, { op: 'accept', fd: listener, data: 1 })).toBe('');
    const client = yield* sys.socket('inet', 'stream');
    yield* sys.connect(client, { host: HERE, port: 7000 });
    const [accepted] = yield* sys.ringWait(ring);
    expect(accepted?.address).toEqual(yield* sys.getsockname(client));
    yield* sys.send(client, bytes('x'));
    expect(text(yield* sys.recv(accepted?.result as number, 9))).toBe('x');
  });

  only('connect completes with its outcome', function* (sys) {
    const listener = yield* sys.socket('inet', 'stream');
    yield* sys.bind(listener, { host: HERE, port: 7000 });
    yield* sys.listen(listener);
    const ring = yield* sys.ringSetup(8);
    const entries: RingEntry[] = [];
    for (const port of [7000, 7001]) {
      const fd = yield* sys.socket('inet', 'stream');
      entries.push({ op: 'connect', fd, address: { host: HERE, port }, data: port });
    }
    yield* sys.ringSubmit(ring, entries);
    const done = yield* sys.ringWait(ring, 2);
    expect(done.map(shown)).toEqual(['7000:0', '7001:ECONNREFUSED']);
  });

  only('send that meets a full buffer waits for room', function* (sys) {
    const [a, b] = yield* sys.socketpair();
    const ring = yield* sys.ringSetup(8);
    const big = bytes(200_000);
    expect(yield* submit(sys, ring, { op: 'send', fd: a, bytes: big, data: 1 })).toBe('1:200000');
    expect(yield* submit(sys, ring, { op: 'send', fd: a, bytes: big, data: 2 })).toBe('2:36544');
    expect(yield* submit(sys, ring, { op: 'send', fd: a, bytes: big, data: 3 })).toBe('');
    let left = 236_544;
    while (left > 0) left -= (yield* sys.recv(b, 300_000)).length;
    expect(yield* completed(sys, ring)).toBe('3:200000');
  });

  only('poll completes with the mask, once', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    const ring = yield* sys.ringSetup(8);
    const poll: RingEntry = { op: 'poll', fd: readFd, events: c.POLLIN, data: 1 };
    expect(yield* submit(sys, ring, poll)).toBe('');
    yield* sys.write(writeFd, bytes(1));
    expect(yield* completed(sys, ring)).toBe(`1:${c.POLLIN}`);
    yield* sys.write(writeFd, bytes(1));
    expect(yield* completed(sys, ring)).toBe('');
  });

  only('a wake-up whose cause is gone completes nothing', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    const ring = yield* sys.ringSetup(8);
    expect(yield* submit(sys, ring, { op: 'read', fd: readFd, bytesMax: 9, data: 1 })).toBe('');
    yield* sys.write(writeFd, bytes('a'));
    yield* sys.read(readFd, 1);
    expect(yield* completed(sys, ring)).toBe('');
    yield* sys.write(writeFd, bytes('b'));
    expect(yield* completed(sys, ring)).toBe('1:b');
  });

  only('timeout completes with ETIME, or with 0 after so many completions', function* (sys) {
    const ring = yield* sys.ringSetup(8);
    yield* sys.ringSubmit(ring, [
      { op: 'timeout', ms: 10, data: 1 },
      { op: 'timeout', ms: 1000, completions: 1, data: 2 },
    ]);
    const done = yield* sys.ringWait(ring, 2);
    expect(done.map(shown)).toEqual(['1:ETIME', '2:0']);
    expect(yield* sys.clockGettime()).toBe(10);
  });

  only('cancel ends a request with ECANCELED; one that is not there is ENOENT', function* (sys) {
    const { server } = yield* blockingPair(sys);
    const ring = yield* sys.ringSetup(8);
    yield* submit(sys, ring, { op: 'recv', fd: server, bytesMax: 9, data: 1 });
    const cancel = (target: number): RingEntry => ({ op: 'cancel', target, data: 2 });
    expect(yield* submit(sys, ring, cancel(1))).toBe('1:ECANCELED 2:0');
    expect(yield* submit(sys, ring, cancel(1))).toBe('2:ENOENT');
    yield* submit(sys, ring, { op: 'timeout', ms: 50, data: 3 });
    expect(yield* submit(sys, ring, cancel(3))).toBe('3:ECANCELED 2:0');
    yield* pause(sys, 60);
    expect(yield* completed(sys, ring)).toBe('');
  });

  only('on a non-blocking descriptor nothing waits: EAGAIN', function* (sys) {
    const { listener, server } = yield* tcpPair(sys);
    const ring = yield* sys.ringSetup(8);
    const entries: RingEntry[] = [
      { op: 'recv', fd: server, bytesMax: 1, data: 1 },
      { op: 'accept', fd: listener, data: 2 },
      { op: 'poll', fd: server, events: c.POLLIN, data: 3 },
    ];
    expect(yield* submit(sys, ring, ...entries)).toBe('1:EAGAIN 2:EAGAIN');
  });

  only('a request under way keeps its object: close does not end it', function* (sys) {
    const { client, server } = yield* blockingPair(sys);
    const ring = yield* sys.ringSetup(8);
    yield* submit(sys, ring, { op: 'recv', fd: server, bytesMax: 9, data: 1 });
    yield* sys.close(server);
    yield* sys.send(client, bytes('late'));
    expect(yield* completed(sys, ring)).toBe('1:late');
    yield* pause(sys);
    expect(yield* mask(sys, client)).toContain('RDHUP');
  });

  only('closing the ring lets go of all its requests', function* (sys) {
    const { client, server } = yield* blockingPair(sys);
    const ring = yield* sys.ringSetup(8);
    yield* submit(sys, ring, { op: 'recv', fd: server, bytesMax: 9, data: 1 });
    yield* sys.close(server);
    expect(yield* mask(sys, client)).toBe('OUT');
    yield* sys.close(ring);
    expect(yield* mask(sys, client)).toContain('RDHUP');
  });

  only('a ring can be watched: readable with a completion', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    const ring = yield* sys.ringSetup(8);
    const epoll = yield* sys.epollCreate();
    yield* sys.epollCtl(epoll, 'add', ring, c.EPOLLIN);
    yield* sys.ringSubmit(ring, [{ op: 'read', fd: readFd, bytesMax: 9, data: 1 }]);
    expect(yield* reported(sys, epoll)).toBe('');
    yield* sys.write(writeFd, bytes('a'));
    expect(yield* reported(sys, epoll)).toBe(`${ring}:IN`);
  });

  only('a wait sleeps until enough is complete, or its time is up', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    const ring = yield* sys.ringSetup(8);
    yield* sys.ringSubmit(ring, [
      { op: 'nop', data: 1 },
      { op: 'read', fd: readFd, bytesMax: 9, data: 2 },
    ]);
    yield* sys.spawn(function* (own) {
      yield* own.nanosleep({ ms: 5 });
      yield* own.write(writeFd, bytes('x'));
    });
    expect((yield* sys.ringWait(ring, 2)).map(shown)).toEqual(['1:0', '2:x']);
    const before = yield* sys.clockGettime();
    expect(yield* sys.ringWait(ring, 1, 8)).toEqual([]);
    expect((yield* sys.clockGettime()) - before).toBe(8);
  });

  only('only as many entries as there is room for are taken at a time', function* (sys) {
    const ring = yield* sys.ringSetup(3);
    const entries = Array.from({ length: 6 }, (_, data): RingEntry => ({ op: 'nop', data }));
    expect(yield* sys.ringSubmit(ring, entries)).toBe(4);
    expect(yield* sys.ringWait(ring, 4)).toHaveLength(4);
    expect(yield* outcome(sys.ringSetup(0))).toBe('EINVAL');
    expect(yield* outcome(sys.ringSubmit(yield* sys.eventfd(), []))).toBe('EOPNOTSUPP');
  });
});
