import { describe, expect, it } from 'vitest';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { arms, passes } from './arms.ts';
import {
  connected,
  eagerClient,
  openListener,
  outcome,
  pattern,
  readinessEcho,
  Seen,
  sequentialEcho,
  type WaitKind,
} from './programs.ts';

const PORT = 7000;
const MEGABYTE = 1 << 20;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);

describe.each(arms)('an echo server on $name', (arm) => {
  it.each<WaitKind>(['select', 'poll', 'epoll'])(
    'under %s gives a megabyte back, byte for byte, to a client that reads slowly',
    async (kind) => {
      const message = pattern(MEGABYTE);
      const seen = new Seen();
      await passes(
        arm,
        scenario('a megabyte', (world) => {
          world
            .process('server')
            .spawn('server', (sys) => readinessEcho(sys, { port: PORT, connections: 1, kind }));
          world
            .process('client')
            .spawn(
              'client',
              (sys) => eagerClient(sys, { port: PORT, bytes: message, seen, pauseMs: 1 }),
              { afterListen: PORT },
            );
        }),
      );
      expect(Buffer.compare(seen.bytes, message)).toBe(0);
      expect(seen.shortSends).toBeGreaterThan(0);
      expect(seen.fullSends).toBeGreaterThan(0);
      expect(seen.roomAgain).toBeGreaterThan(0);
    },
  );

  it('blocking, one after the other, serves those who wait in the queue', async () => {
    const clients = Array.from({ length: 5 }, (_, i) => ({
      message: pattern(10_000 + i, i),
      seen: new Seen(),
    }));
    await passes(
      arm,
      scenario('a queue', (world) => {
        world.process('server').spawn('server', (sys) =>
          // Nobody but one has a place in the queue at first.
          sequentialEcho(sys, { port: PORT, connections: clients.length, pauseMs: 5, backlog: 0 }),
        );
        for (const [i, { message, seen }] of clients.entries()) {
          world
            .process(`client${i}`)
            .spawn('client', (sys) => eagerClient(sys, { port: PORT, bytes: message, seen }), {
              afterListen: PORT,
            });
        }
      }),
    );
    for (const { message, seen } of clients) {
      expect(Buffer.compare(seen.bytes, message)).toBe(0);
    }
  });

  it('serves 500 connections at once', async () => {
    const count = 500;
    let answered = 0;
    await passes(
      arm,
      scenario('five hundred', (world) => {
        world
          .process('server')
          .spawn('server', (sys) =>
            readinessEcho(sys, { port: PORT, connections: count, kind: 'epoll' }),
          );
        world.process('clients').spawn(
          'clients',
          function* (sys) {
            const fds: number[] = [];
            for (let i = 0; i < count; i++) fds.push(yield* connected(sys, PORT));
            for (const fd of fds) yield* sys.send(fd, bytes(`client ${fd}`));
            for (const fd of fds) {
              if (text(yield* sys.recv(fd, 64)) === `client ${fd}`) answered++;
            }
            for (const fd of fds) yield* sys.close(fd);
          },
          { afterListen: PORT },
        );
      }),
    );
    expect(answered).toBe(count);
  });

  it('goes on answering a client that has ended its stream', async () => {
    let answer = '';
    let then: unknown;
    await passes(
      arm,
      scenario('half-close', (world) => {
        world.process('server').spawn('server', function* (sys) {
          const listener = yield* openListener(sys, PORT);
          const { fd } = yield* sys.accept(listener);
          let all = '';
          for (;;) {
            const part = yield* sys.recv(fd, 64);
            if (part.length === 0) break;
            all += text(part);
          }
          yield* sys.nanosleep({ ms: 10 });
          yield* sys.send(fd, bytes(`${all}, and goodbye`));
          yield* sys.close(fd);
        });
        world.process('client').spawn(
          'client',
          function* (sys) {
            const fd = yield* connected(sys, PORT);
            yield* sys.send(fd, bytes('hello'));
            yield* sys.shutdown(fd, 'wr');
            for (;;) {
              const part = yield* sys.recv(fd, 64);
              if (part.length === 0) break;
              answer += text(part);
            }
            then = yield* outcome(sys.send(fd, bytes('more')));
            yield* sys.close(fd);
          },
          { afterListen: PORT },
        );
      }),
    );
    expect(answer).toBe('hello, and goodbye');
    expect(then).toBe('EPIPE');
  });
});
