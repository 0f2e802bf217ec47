import { expect } from 'vitest';
import * as c from '../../src/sys/constants.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';
import {
  bytes,
  fill,
  heard,
  laws,
  listening,
  outcome,
  pause,
  reported,
  reset,
  tcpPair,
} from './harness.ts';

const ONE = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** Which edges an operation makes for those who watch `fd` for IN alone, and for OUT alone. */
function* edges(sys: Sys, fd: number, operation: Program<unknown>): Program<string> {
  const epolls: number[] = [];
  for (const events of [c.EPOLLIN, c.EPOLLOUT]) {
    const epoll = yield* sys.epollCreate();
    yield* sys.epollCtl(epoll, 'add', fd, events | c.EPOLLET, 0);
    yield* reported(sys, epoll);
    epolls.push(epoll);
  }
  yield* operation;
  yield* pause(sys);
  const seen: string[] = [];
  for (const epoll of epolls) seen.push((yield* reported(sys, epoll)).replace('0:', ''));
  return seen.filter((each) => each !== '').join(', ') || 'none';
}

laws('wake-ups', (law) => {
  law('6 pipe write: an IN edge for the read end, every time once it is watched', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe({ nonblock: true });
    const write = () => sys.write(writeFd, bytes(1)) as unknown as Program;
    expect(yield* edges(sys, readFd, write())).toBe('IN');
    expect(yield* edges(sys, readFd, write())).toBe('IN');
  });

  law('6 pipe write that says EAGAIN: an IN edge too', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe({ nonblock: true });
    yield* fill(sys, writeFd);
    const more = outcome(sys.write(writeFd, bytes(1)));
    expect(yield* edges(sys, readFd, more)).toBe('IN');
  });

  law(
    '6 pipe read: an OUT edge for the write end only if a slot of a full pipe is freed',
    function* (sys) {
      const [readFd, writeFd] = yield* sys.pipe({ nonblock: true });
      yield* sys.write(writeFd, bytes(4096));
      const read = (size: number) => sys.read(readFd, size) as unknown as Program;
      expect(yield* edges(sys, writeFd, read(4096))).toBe('none');
      yield* fill(sys, writeFd);
      expect(yield* edges(sys, writeFd, read(1))).toBe('none');
      expect(yield* edges(sys, writeFd, read(4095))).toBe('OUT');
    },
  );

  law('6 the end of a pipe is an edge for the other one, whatever was asked for', function* (sys) {
    const [readFd, writeFd] = yield* sys.pipe();
    expect(yield* edges(sys, readFd, sys.close(writeFd) as unknown as Program)).toBe('HUP, HUP');
    const [otherRead, otherWrite] = yield* sys.pipe();
    const closed = sys.close(otherRead) as unknown as Program;
    expect(yield* edges(sys, otherWrite, closed)).toBe('ERR, OUT|ERR');
  });

  law(
    '6 eventfd: an IN edge at every write, also of 0, and an OUT edge at every read',
    function* (sys) {
      const fd = yield* sys.eventfd(5);
      const write = sys.write(fd, new Uint8Array(8)) as unknown as Program;
      expect(yield* edges(sys, fd, write)).toBe('IN');
      expect(yield* edges(sys, fd, sys.read(fd, 8) as unknown as Program)).toBe('OUT');
      expect(yield* edges(sys, fd, sys.write(fd, ONE) as unknown as Program)).toBe('IN');
    },
  );

  law('6 unix send: an IN edge for the receiver, none for an empty one', function* (sys) {
    const [a, b] = yield* sys.socketpair('stream', { nonblock: true });
    expect(yield* edges(sys, b, sys.send(a, bytes(1)) as unknown as Program)).toBe('IN');
    expect(yield* edges(sys, b, sys.send(a, bytes(1)) as unknown as Program)).toBe('IN');
    expect(yield* edges(sys, b, sys.send(a, bytes(0)) as unknown as Program)).toBe('none');
  });

  law('6 unix receiver that finishes a message: an OUT edge for its sender', function* (sys) {
    const [a, b] = yield* sys.socketpair('stream', { nonblock: true });
    yield* sys.send(a, bytes(3));
    const recv = (size: number) => sys.recv(b, size) as unknown as Program;
    expect(yield* edges(sys, a, recv(2))).toBe('none');
    expect(yield* edges(sys, a, recv(1))).toBe('OUT');
  });

  law('6 unix shutdown and close: an edge for self and peer', function* (sys) {
    const [a, b] = yield* sys.socketpair();
    const shut = (fd: number) => sys.shutdown(fd, 'wr') as unknown as Program;
    expect(yield* edges(sys, a, shut(a))).toBe('OUT');
    expect(yield* edges(sys, b, shut(b))).toBe('IN|HUP, OUT|HUP');
    const closed = sys.close(b) as unknown as Program;
    expect(yield* edges(sys, a, closed)).toBe('IN|HUP, OUT|HUP');
  });

  law('6 TCP data: an IN edge for the receiver, nothing for the sender', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    const send = () => sys.send(server, bytes(1)) as unknown as Program;
    expect(yield* edges(sys, client, send())).toBe('IN');
    expect(yield* edges(sys, client, send())).toBe('IN');
    expect(yield* edges(sys, server, send())).toBe('none');
    expect(yield* edges(sys, server, heard(sys, client))).toBe('none');
  });

  law('6 TCP sender that had hit the full buffer: an OUT edge', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    let left = yield* fill(sys, client, 65_536);
    const drain = (function* () {
      while (left > 0) {
        const got = yield* outcome(sys.recv(server, 1_000_000));
        if (typeof got === 'string') yield* pause(sys, 10);
        else left -= got.length;
      }
      yield* pause(sys, 50);
    })();
    expect(yield* edges(sys, client, drain)).toBe('OUT');
  });

  law(
    "6 TCP FIN: an edge for its receiver; shutdown() and the FIN's acknowledgement for self",
    function* (sys) {
      const { client, server } = yield* tcpPair(sys);
      const shut = (fd: number) => sys.shutdown(fd, 'wr') as unknown as Program;
      expect(yield* edges(sys, client, shut(server))).toBe('IN, OUT');
      expect(yield* edges(sys, client, shut(client))).toBe('IN|HUP, OUT|HUP');
      const second = yield* tcpPair(sys);
      expect(yield* edges(sys, second.client, shut(second.client))).toBe('OUT');
    },
  );

  law('6 TCP RST: an edge with everything', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    expect(yield* edges(sys, client, reset(sys, server))).toBe('IN|HUP|ERR, OUT|HUP|ERR');
  });

  law('6 a connection that is made: OUT for the client, IN for the listener', function* (sys) {
    const { fd: listener, address } = yield* listening(sys);
    const client = yield* sys.socket('inet', 'stream', { nonblock: true });
    const connect = () => outcome(sys.connect(client, address));
    expect(yield* edges(sys, client, connect())).toBe('OUT');
    const next = yield* sys.socket('inet', 'stream', { nonblock: true });
    expect(yield* edges(sys, listener, outcome(sys.connect(next, address)))).toBe('IN');
  });

  law(
    '6 keys: RDNORM with IN and WRNORM with OUT, not of an eventfd or timerfd; WRBAND of AF_UNIX and UDP',
    function* (sys) {
      const [unixTo, unixFrom] = yield* sys.socketpair('stream', { nonblock: true });
      const [pipeTo, pipeFrom] = yield* sys.pipe({ nonblock: true });
      const { client: tcpTo, server: tcpFrom } = yield* tcpPair(sys);
      const counter = yield* sys.eventfd(0, { nonblock: true });
      const timer = yield* sys.timerfdCreate('monotonic', { nonblock: true });
      const ends: readonly (readonly [to: number, from: number])[] = [
        [unixTo, unixFrom],
        [pipeTo, pipeFrom],
        [tcpTo, tcpFrom],
        [counter, counter],
      ];
      const word = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
      const seen: number[][] = [];
      for (const bits of [c.POLLRDNORM, c.POLLRDBAND, c.POLLIN]) {
        const epoll = yield* sys.epollCreate();
        const watch = [...ends.map(([to]) => to), timer];
        for (const fd of watch)
          yield* sys.epollCtl(epoll, 'add', fd, bits | c.EPOLLET, watch.indexOf(fd));
        for (let round = 0; round < 2; round++) {
          yield* sys.timerfdSettime(timer, { valueMs: 1, intervalMs: 0 });
          for (const [, from] of ends) yield* sys.write(from, word);
          yield* pause(sys);
          seen.push((yield* sys.epollWait(epoll, 9, 0)).map(({ data }) => data).sort());
        }
        yield* sys.close(epoll);
      }
      expect(seen).toEqual([[0, 1, 2], [0, 1, 2], [], [], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]);
      const asked = c.POLLOUT | c.POLLWRNORM | c.POLLWRBAND;
      const udp = yield* sys.socket('inet', 'dgram');
      const writable: string[] = [];
      for (const fd of [unixFrom, udp, tcpFrom, pipeFrom, counter]) {
        const [ready] = yield* sys.poll([{ fd, events: asked }], 0);
        writable.push(c.pollMaskText(ready?.revents ?? 0));
      }
      expect(writable).toEqual([
        ...['OUT|WRNORM|WRBAND', 'OUT|WRNORM|WRBAND'],
        ...['OUT|WRNORM', 'OUT|WRNORM', 'OUT'],
      ]);
    },
  );
});
