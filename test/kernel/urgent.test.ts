import { expect } from 'vitest';
import * as c from '../../src/sys/constants.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';
import { bytes, heard, laws, mask, pause, tcpPair } from './harness.ts';

/** A connection on which `abcX` was sent with X urgent, and `de` behind it. */
function* urgent(sys: Sys, inline = false): Program<{ client: number; server: number }> {
  const { client, server } = yield* tcpPair(sys);
  if (inline) yield* sys.setsockopt(server, 'SO_OOBINLINE', 1);
  expect(yield* sys.send(client, bytes('abcX'), c.MSG_OOB)).toBe(4);
  yield* sys.send(client, bytes('de'));
  yield* pause(sys);
  return { client, server };
}

laws('TCP urgent data', (law) => {
  law('12.29 the last byte of an OOB send: PRI until it is read with MSG_OOB', function* (sys) {
    const { server } = yield* urgent(sys);
    expect(yield* mask(sys, server)).toBe('IN|PRI|OUT');
    expect(yield* sys.select({ except: [server] }, 0)).toEqual({
      read: [],
      write: [],
      except: [server],
    });
    expect(yield* heard(sys, server, 9, c.MSG_OOB | c.MSG_PEEK)).toBe('X');
    expect(yield* heard(sys, server, 9, c.MSG_OOB)).toBe('X');
    expect(yield* mask(sys, server)).toBe('IN|OUT');
    expect(yield* heard(sys, server, 9, c.MSG_OOB)).toBe('EINVAL');
  });

  law('12.29 normal reads stop at the mark and then step over it', function* (sys) {
    const { server } = yield* urgent(sys);
    expect(yield* sys.ioctl(server, c.FIONREAD)).toBe(3);
    expect(yield* heard(sys, server, 2)).toBe('ab');
    expect(yield* heard(sys, server, 9)).toBe('c');
    expect(yield* mask(sys, server)).toBe('IN|PRI|OUT');
    expect(yield* heard(sys, server, 9, c.MSG_PEEK)).toBe('de');
    expect(yield* heard(sys, server, 9)).toBe('de');
    expect(yield* mask(sys, server)).toBe('OUT');
  });

  law('12.29 without one MSG_OOB is EINVAL', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.send(client, bytes('abc'));
    yield* pause(sys);
    expect(yield* heard(sys, server, 9, c.MSG_OOB)).toBe('EINVAL');
  });

  law('12.29 with SO_OOBINLINE it stays in the stream', function* (sys) {
    const { server } = yield* urgent(sys, true);
    expect(yield* heard(sys, server, 9, c.MSG_OOB)).toBe('EINVAL');
    expect(yield* heard(sys, server, 9)).toBe('abc');
    expect(yield* heard(sys, server, 9)).toBe('Xde');
  });

  law('12.29 a lone urgent byte: PRI and nothing to read', function* (sys) {
    const { client, server } = yield* tcpPair(sys);
    yield* sys.send(client, bytes('X'), c.MSG_OOB);
    yield* pause(sys);
    expect(yield* mask(sys, server)).toBe('PRI|OUT');
    expect(yield* heard(sys, server, 9, c.MSG_OOB)).toBe('X');
    expect(yield* heard(sys, server)).toBe('EAGAIN');
  });

  law('12.29 a recv of nothing with MSG_OOB takes it, a peek does not', function* (sys) {
    const { server } = yield* urgent(sys);
    expect(yield* heard(sys, server, 0, c.MSG_OOB | c.MSG_PEEK)).toBe('');
    expect(yield* mask(sys, server)).toBe('IN|PRI|OUT');
    expect(yield* heard(sys, server, 0, c.MSG_OOB)).toBe('');
    expect(yield* heard(sys, server, 9, c.MSG_OOB)).toBe('EINVAL');
  });

  law('12.29 one that is answered with RST shows all the same, and cannot be had', function* (sys) {
    for (const [before, sent] of [
      ['', 'X'],
      ['', 'abX'],
      ['ab', 'X'],
    ] as const) {
      const { client, server } = yield* tcpPair(sys);
      yield* sys.send(client, bytes(before));
      yield* pause(sys);
      yield* sys.shutdown(server, 'rdwr');
      yield* sys.send(client, bytes(sent), c.MSG_OOB);
      yield* pause(sys);
      expect(yield* mask(sys, server)).toBe('IN|PRI|OUT|RDHUP|HUP|ERR');
      expect(yield* heard(sys, server, 9, c.MSG_OOB)).toBe('ENOTCONN');
      expect(yield* sys.ioctl(server, c.FIONREAD)).toBe(before.length);
      expect(yield* heard(sys, server, 9)).toBe(before || 'ECONNRESET');
      expect(yield* mask(sys, server)).toMatch(/PRI/);
      yield* heard(sys, server, 9);
      expect(yield* mask(sys, server)).toMatch(/PRI/);
    }
  });
});
