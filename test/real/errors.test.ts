import { createServer, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { runOnNode } from '../../src/real/node/index.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { EPOLLIN, type Program, type Sys } from '../../src/sys/index.ts';
import { arms, passes } from './arms.ts';
import { connected, HOST, openListener, outcome, sequentialEcho } from './programs.ts';

const PORT = 7000;
const ONE = new Uint8Array([1]);
const POLLHUP = 0x10;
const POLLERR = 0x8;

/** A server that accepts one connection and then does `what`, and a client that does `then`. */
const pair = (what: (sys: Sys, fd: number) => Program, then: (sys: Sys, fd: number) => Program) =>
  scenario('a pair', (world) => {
    world.process('server').spawn('server', function* (sys) {
      const listener = yield* openListener(sys, PORT);
      const { fd } = yield* sys.accept(listener);
      yield* what(sys, fd);
    });
    world.process('client').spawn(
      'client',
      function* (sys) {
        yield* then(sys, yield* connected(sys, PORT));
      },
      { afterListen: PORT },
    );
  });

function* reset(sys: Sys, fd: number): Program {
  yield* sys.setsockopt(fd, 'SO_LINGER', 0);
  yield* sys.close(fd);
}

describe.each(arms)('errors on $name', (arm) => {
  it('a reset is ECONNRESET, once, and then the end of the stream', async () => {
    const seen: unknown[] = [];
    await passes(
      arm,
      pair(reset, function* (sys, fd) {
        seen.push(yield* outcome(sys.recv(fd, 1)));
        seen.push(yield* outcome(sys.recv(fd, 1)));
        seen.push(yield* outcome(sys.send(fd, ONE)));
      }),
    );
    expect(seen).toEqual(['ECONNRESET', new Uint8Array(0), 'EPIPE']);
  });

  it('a reset behind data comes after the data', async () => {
    const seen: unknown[] = [];
    await passes(
      arm,
      pair(
        function* (sys, fd) {
          yield* sys.send(fd, ONE);
          yield* sys.nanosleep({ ms: 5 });
          yield* reset(sys, fd);
        },
        function* (sys, fd) {
          yield* sys.nanosleep({ ms: 30 });
          seen.push(yield* outcome(sys.recv(fd, 8)));
          seen.push(yield* outcome(sys.recv(fd, 8)));
        },
      ),
    );
    expect(seen).toEqual([ONE, 'ECONNRESET']);
  });

  it('closing with unread data resets the peer, which epoll reports as ERR and HUP', async () => {
    const seen: unknown[] = [];
    await passes(
      arm,
      pair(
        function* (sys, fd) {
          yield* sys.poll([{ fd, events: EPOLLIN }]);
          yield* sys.close(fd);
        },
        function* (sys, fd) {
          yield* sys.send(fd, ONE);
          const epfd = yield* sys.epollCreate();
          yield* sys.epollCtl(epfd, 'add', fd, EPOLLIN);
          const [event] = yield* sys.epollWait(epfd, 8);
          seen.push((event?.events ?? 0) & (POLLERR | POLLHUP));
          seen.push(yield* sys.getsockopt(fd, 'SO_ERROR'));
        },
      ),
    );
    expect(seen).toEqual([POLLERR | POLLHUP, 104]);
  });

  it('nobody listens: ECONNREFUSED, blocking or not', async () => {
    const seen: unknown[] = [];
    await passes(
      arm,
      scenario('refused', (world) => {
        world.process('client').spawn('client', function* (sys) {
          const address = { host: HOST, port: PORT };
          const blocking = yield* sys.socket('inet', 'stream');
          seen.push(yield* outcome(sys.connect(blocking, address)));
          const fd = yield* sys.socket('inet', 'stream', { nonblock: true });
          seen.push(yield* outcome(sys.connect(fd, address)));
          yield* sys.select({ write: [fd] });
          seen.push(yield* sys.getsockopt(fd, 'SO_ERROR'));
        });
      }),
    );
    expect(seen).toEqual(['ECONNREFUSED', 'EINPROGRESS', 111]);
  });

  it('a port of this world that is taken: EADDRINUSE', async () => {
    const seen: unknown[] = [];
    await passes(
      arm,
      scenario('taken', (world) => {
        world.process('server').spawn('server', function* (sys) {
          yield* openListener(sys, PORT);
          seen.push(yield* outcome(openListener(sys, PORT)));
        });
      }),
    );
    expect(seen).toEqual(['EADDRINUSE']);
  });

  it('connections that are not yet accepted are reset with their listener', async () => {
    const seen: unknown[] = [];
    await passes(
      arm,
      scenario('gone', (world) => {
        world.process('server').spawn('server', function* (sys) {
          const listener = yield* openListener(sys, PORT);
          yield* sys.poll([{ fd: listener, events: EPOLLIN }]);
          yield* sys.close(listener);
        });
        world.process('client').spawn(
          'client',
          function* (sys) {
            const fd = yield* connected(sys, PORT);
            seen.push(yield* outcome(sys.recv(fd, 1)));
          },
          { afterListen: PORT },
        );
      }),
    );
    expect(seen).toEqual(['ECONNRESET']);
  });

  it('names: both ends agree on who they are, and a fixed port is what the program said', async () => {
    const seen: Record<string, unknown> = {};
    await passes(
      arm,
      scenario('names', (world) => {
        world
          .host('hub')
          .process('server')
          .spawn('server', function* (sys) {
            const listener = yield* sys.socket('inet', 'stream');
            yield* sys.bind(listener, { host: '0.0.0.0', port: PORT });
            seen['bound'] = yield* sys.getsockname(listener);
            yield* sys.listen(listener, 5);
            const { fd, address } = yield* sys.accept(listener);
            seen['accepted'] = address;
            seen['peer'] = yield* sys.getpeername(fd);
          });
        world
          .host('leaf')
          .process('client')
          .spawn(
            'client',
            function* (sys) {
              const fd = yield* connected(sys, PORT, 'hub');
              seen['client'] = yield* sys.getsockname(fd);
              seen['server'] = yield* sys.getpeername(fd);
              const nowhere = yield* sys.socket('inet', 'stream');
              const lost = sys.connect(nowhere, { host: 'nowhere', port: PORT });
              seen['nowhere'] = yield* outcome(lost);
            },
            { afterListen: PORT },
          );
      }),
    );
    expect(seen['bound']).toEqual({ host: '0.0.0.0', port: PORT });
    expect(seen['accepted']).toEqual(seen['client']);
    expect(seen['peer']).toEqual(seen['client']);
    expect(seen['client']).toMatchObject({ host: 'leaf' });
    expect(seen['server']).toEqual({ host: 'hub', port: PORT });
    expect(seen['nowhere']).toBe('EHOSTUNREACH');
  });
});

describe("the machine's own ports", () => {
  const listening = async (): Promise<{ server: Server; port: number }> => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    return { server, port: (server.address() as { port: number }).port };
  };

  it('listen(2) fails with EADDRINUSE where somebody else listens, and may be tried elsewhere', async () => {
    const { server, port } = await listening();
    const seen: unknown[] = [];
    const result = await runOnNode(
      scenario('taken by another', (world) => {
        world.process('server').spawn('server', function* (sys) {
          const fd = yield* sys.socket('inet', 'stream');
          yield* sys.bind(fd, { host: HOST, port });
          seen.push(yield* outcome(sys.listen(fd, 5)));
          const other = yield* sys.socket('inet', 'stream');
          yield* sys.bind(other, { host: HOST, port: 0 });
          seen.push(yield* sys.getsockname(other));
          yield* sys.listen(other, 5);
          const name = yield* sys.getsockname(other);
          seen.push('port' in name && name.port > 0);
        });
      }),
      { mapPorts: false },
    );
    server.close();
    expect(result.failure?.message).toBeUndefined();
    expect(seen).toEqual(['EADDRINUSE', { host: HOST, port: 0 }, true]);
  });

  it('a program reaches servers that are not of its world, and they are waited for', async () => {
    const server = createServer((socket) => setTimeout(() => socket.end('late'), 400));
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    const { port } = server.address() as { port: number };
    let heard = '';
    const result = await runOnNode(
      scenario('reaching out', (world) => {
        world.process('client').spawn('client', function* (sys) {
          const fd = yield* connected(sys, port);
          heard = new TextDecoder().decode(yield* sys.recv(fd, 64));
        });
      }),
      { mapPorts: false, idleMsMax: 50 },
    );
    server.close();
    expect(result.failure?.message).toBeUndefined();
    expect(heard).toBe('late');
  });

  it('where nobody listens refuse: ECONNREFUSED', async () => {
    const { server, port } = await listening();
    await new Promise((resolve) => server.close(resolve));
    let seen: unknown;
    const result = await runOnNode(
      scenario('reaching nobody', (world) => {
        world.process('client').spawn('client', function* (sys) {
          const fd = yield* sys.socket('inet', 'stream');
          seen = yield* outcome(sys.connect(fd, { host: HOST, port }));
        });
      }),
      { mapPorts: false },
    );
    expect(result.failure?.message).toBeUndefined();
    expect(seen).toBe('ECONNREFUSED');
  });

  it('are out of reach where ports are mapped', async () => {
    const { server, port } = await listening();
    let seen: unknown;
    await runOnNode(
      scenario('closed world', (world) => {
        world.process('client').spawn('client', function* (sys) {
          seen = yield* outcome(connected(sys, port));
        });
      }),
    );
    server.close();
    expect(seen).toBe('ECONNREFUSED');
  });

  it('runs with the same fixed port do not meet', async () => {
    const one = () =>
      scenario('one of many', (world) => {
        world
          .process('server')
          .spawn('server', (sys) => sequentialEcho(sys, { port: PORT, connections: 1 }));
        world.process('client').spawn(
          'client',
          function* (sys) {
            const fd = yield* connected(sys, PORT);
            yield* sys.send(fd, ONE);
            yield* sys.recv(fd, 1);
          },
          { afterListen: PORT },
        );
      });
    const results = await Promise.all(Array.from({ length: 10 }, () => runOnNode(one())));
    expect(results.map(({ failure }) => failure?.message)).toEqual(Array(10).fill(undefined));
  });
});
