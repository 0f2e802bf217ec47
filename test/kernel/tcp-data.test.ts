import { expect } from 'vitest';
import * as c from '../../src/sys/constants.ts';
import { bytes, heard, laws, mask, outcome, pause, reset, tcpPair } from './harness.ts';

laws('TCP data and closing', (law) => {
  law('12.17 a stream of bytes: sends coalesce, MSG_PEEK leaves them', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    for (const part of ['ab', 'cd', 'ef']) yield* sys.send(client, bytes(part));
    yield* pause(sys);
    expect(yield* sys.ioctl(server, c.FIONREAD)).toBe(6);
    expect(yield* heard(sys, server, 3, c.MSG_PEEK)).toBe('abc');
    expect(yield* heard(sys, server, 5)).toBe('abcde');
    expect(yield* heard(sys, server)).toBe('f');
    expect(yield* heard(sys, server)).toBe('EAGAIN');
  });

  law("12.17 what was received is the program's own, however long it is", function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    const kept: Uint8Array[] = [];
    for (const [i, size] of [1, 64, 65, 100, 4096, 4097, 66].entries()) {
      const sent = new Uint8Array(size).fill(i + 1);
      yield* sys.send(client, sent);
      // What becomes of the sender's bytes afterwards is its own affair.
      sent.fill(255);
      yield* pause(sys);
      const half = yield* sys.recv(server, size >> 1);
      kept.push(half, yield* sys.recv(server, size));
      half.fill(100 + i);
    }
    const halves = kept.map((part) => [...new Set(part)]);
    expect(halves.filter((_, i) => i % 2 === 1)).toEqual([[1], [2], [3], [4], [5], [6], [7]]);
    expect(halves.filter((_, i) => i % 2 === 0).slice(1)).toEqual(
      [101, 102, 103, 104, 105, 106].map((byte) => [byte]),
    );
  });

  law('12.17 recv of 0 bytes is EAGAIN when empty, read of 0 bytes is 0', function* (sys) {
    const { client } = yield* tcpPair(sys);
    expect(yield* heard(sys, client, 0)).toBe('EAGAIN');
    expect(yield* sys.read(client, 0)).toEqual(bytes(0));
  });

  law('12.18 send of nothing gives 0', function* (sys) {
    const { client } = yield* tcpPair(sys);
    expect(yield* sys.send(client, bytes(0))).toBe(0);
  });

  law(
    '12.19 after shutdown(WR) send is EPIPE; the peer gets the data, the end, and may go on',
    function* (sys) {
      const { client, server } = yield* tcpPair(sys);
      yield* sys.send(client, bytes('last'));
      yield* sys.shutdown(client, 'wr');
      expect(yield* outcome(sys.shutdown(client, 'wr'))).toBe(0);
      expect(yield* outcome(sys.send(client, bytes(1)))).toBe('EPIPE');
      yield* pause(sys);
      expect(yield* heard(sys, server)).toBe('last');
      expect(yield* heard(sys, server)).toBe('');
      yield* sys.send(server, bytes('reply'));
      yield* pause(sys);
      expect(yield* heard(sys, client)).toBe('reply');
    },
  );

  law('12.19 repeated shutdown is ENOTCONN once the connection is closed', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.shutdown(client, 'wr');
    yield* pause(sys);
    yield* sys.shutdown(server, 'wr');
    yield* pause(sys);
    expect(yield* outcome(sys.shutdown(server, 'wr'))).toBe('ENOTCONN');
  });

  law(
    '12.20 shutdown(RD): recv 0 when empty, later data is still readable, the peer may send',
    function* (sys) {
      const { client, server } = yield* tcpPair(sys);
      yield* sys.shutdown(client, 'rd');
      expect(yield* heard(sys, client)).toBe('');
      expect(yield* sys.send(server, bytes('late'))).toBe(4);
      yield* pause(sys);
      expect(yield* heard(sys, client)).toBe('late');
      expect(yield* heard(sys, client)).toBe('');
    },
  );

  law('12.21 after shutdown(RDWR) data that arrives is answered with RST', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.shutdown(client, 'rdwr');
    yield* pause(sys);
    yield* sys.send(server, bytes(1));
    yield* pause(sys);
    expect(yield* sys.getsockopt(client, 'SO_ERROR')).toBe(104);
    expect(yield* outcome(sys.send(server, bytes(1)))).toBe('EPIPE');
  });

  law('12.22 close with unread data is RST', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.send(client, bytes('unread'));
    yield* pause(sys);
    yield* sys.close(server);
    yield* pause(sys);
    expect(yield* heard(sys, client)).toBe('ECONNRESET');
    expect(yield* heard(sys, client)).toBe('');
  });

  law('12.23 close with SO_LINGER 0 is RST, at the last reference', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    const copy = yield* sys.dup(server);
    yield* reset(sys, server);
    expect(yield* heard(sys, client)).toBe('EAGAIN');
    yield* sys.close(copy);
    yield* pause(sys);
    expect(yield* heard(sys, client)).toBe('ECONNRESET');
  });

  law(
    '12.24 close is FIN; data sent to it later is answered with RST, after a first send that succeeds',
    function* (sys) {
      const { client, server } = yield* tcpPair(sys);
      yield* sys.close(server);
      yield* pause(sys);
      expect(yield* mask(sys, client)).toBe('IN|OUT|RDHUP');
      expect(yield* sys.send(client, bytes(1))).toBe(1);
      yield* pause(sys);
      expect(yield* outcome(sys.send(client, bytes(1)))).toBe('EPIPE');
    },
  );

  law('12.25 RST in CLOSE_WAIT is EPIPE, and recv goes on giving the end', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.close(server);
    yield* pause(sys);
    yield* sys.send(client, bytes(1));
    yield* pause(sys);
    expect(yield* heard(sys, client)).toBe('');
    expect(yield* sys.getsockopt(client, 'SO_ERROR')).toBe(32);
    expect(yield* heard(sys, client)).toBe('');
  });

  law('12.25 what was received before an RST stays readable before the error', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.send(server, bytes('first'));
    yield* pause(sys);
    yield* reset(sys, server);
    expect(yield* heard(sys, client)).toBe('first');
    expect(yield* heard(sys, client)).toBe('ECONNRESET');
    expect(yield* heard(sys, client)).toBe('');
  });

  law('12.28 SO_ERROR reads and clears; ERR goes with it, HUP stays', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* reset(sys, server);
    expect(yield* mask(sys, client)).toContain('ERR');
    expect(yield* sys.getsockopt(client, 'SO_ERROR')).toBe(104);
    expect(yield* sys.getsockopt(client, 'SO_ERROR')).toBe(0);
    expect(yield* mask(sys, client)).toBe('IN|OUT|RDHUP|HUP');
  });

  law('12.28 an error is told once: send after it is EPIPE', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* reset(sys, server);
    expect(yield* outcome(sys.send(client, bytes(1)))).toBe('ECONNRESET');
    expect(yield* outcome(sys.send(client, bytes(1)))).toBe('EPIPE');
  });

  law('12 getpeername is ENOTCONN once the connection is gone', function* (sys) {
    const { client, server, address } = yield* tcpPair(sys);
    expect(yield* sys.getpeername(client)).toEqual(address);
    yield* reset(sys, server);
    expect(yield* outcome(sys.getpeername(client))).toBe('ENOTCONN');
  });

  law('12 simultaneous close: both get their end, and both are CLOSE', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.shutdown(client, 'wr');
    yield* sys.shutdown(server, 'wr');
    yield* pause(sys);
    for (const fd of [client, server]) {
      expect(yield* heard(sys, fd)).toBe('');
      expect(yield* mask(sys, fd)).toBe('IN|OUT|RDHUP|HUP');
    }
  });
});
