import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Arrival, runOnNode } from '../../src/real/node/index.ts';
import { ECHO_SCENARIOS } from '../../src/scenarios/echo.ts';
import { RECEIVE_BUFFER_BYTES } from '../../src/sim/kernel/tcp-options.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import { FIONREAD, POLLOUT, type Program, type Sys } from '../../src/sys/index.ts';
import kernelScenarios from '../real-linux/scenarios.ts';
import {
  connected,
  HOST,
  openListener,
  outcome,
  readinessEcho,
  sequentialEcho,
} from './programs.ts';

const PORT = 7000;

/** Sockets and listeners that keep the runtime busy. */
const handles = (): string[] =>
  process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'));

let before: string[] = [];
beforeEach(() => {
  before = handles();
});
afterEach(() => {
  expect(handles(), 'handles are left').toEqual(before);
});

describe('any scenario runs on real sockets', () => {
  it.each(kernelScenarios.map((each) => [each.name, each] as const))('%s', async (_, each) => {
    expect((await runOnNode(each)).failure?.message).toBeUndefined();
  });

  const corrected = ECHO_SCENARIOS.filter(({ name }) => name.includes('(corrected)'));

  it.each(corrected.map((each) => [each.name, each] as const))(
    'and is judged as in the simulated kernel: %s',
    async (_, each) => {
      const simulated = new Run(each, { strategy: new Calm(), faults: [] }).execute();
      expect((await runOnNode(each)).failure?.law).toBe(simulated.failure?.law);
    },
  );

  it('with inputs drawn by a strategy', async () => {
    const served = ECHO_SCENARIOS.filter(({ name }) => name.startsWith('epoll-level (corrected)'));
    expect(served).toHaveLength(1);
    for (let seed = 0; seed < 5; seed++) {
      for (const each of served) {
        const strategy = new Arrival(new RandomWalk(seed));
        expect((await runOnNode(each, { strategy })).failure?.message).toBeUndefined();
      }
    }
  });
});

describe('back-pressure', () => {
  it('a sender stalls while nobody reads, holds little, and everything arrives in the end', async () => {
    const size = 64 << 20;
    const chunk = new Uint8Array(1 << 20);
    let stalledAt = 0;
    let queued = 0;
    let received = 0;
    const { failure } = await runOnNode(
      scenario('nobody reads', (world) => {
        world.process('reader').spawn(
          'reader',
          function* (sys) {
            const { fd } = yield* sys.accept(yield* openListener(sys, PORT));
            while (stalledAt === 0) {
              yield* sys.nanosleep({ ms: 10 });
              queued = Math.max(queued, yield* sys.ioctl(fd, FIONREAD));
            }
            for (;;) {
              const { length } = yield* sys.recv(fd, chunk.length);
              if (length === 0) break;
              received += length;
            }
          },
          { daemon: false },
        );
        world.process('sender').spawn(
          'sender',
          function* (sys) {
            const fd = yield* connected(sys, PORT);
            yield* sys.ioctl(fd, 0x5421, 1);
            for (let sent = 0; sent < size; ) {
              const taken = yield* outcome(sys.send(fd, chunk.subarray(0, size - sent)));
              if (taken !== 'EAGAIN') sent += taken as number;
              else {
                const ready = yield* sys.poll([{ fd, events: POLLOUT }], 300);
                if (ready.length === 0) stalledAt = sent;
              }
            }
            yield* sys.close(fd);
          },
          { afterListen: PORT },
        );
      }),
    );
    expect(failure?.message).toBeUndefined();
    expect(stalledAt).toBeGreaterThan(0);
    // The machine's own buffers take a few megabytes.
    expect(stalledAt).toBeLessThan(size / 2);
    expect(queued).toBeLessThanOrEqual(RECEIVE_BUFFER_BYTES);
    expect(received).toBe(size);
  });
});

describe('time', () => {
  it('is real: sleeps and timeouts last as long as they say', async () => {
    const lasted: number[] = [];
    const started = performance.now();
    const { failure, timeMs } = await runOnNode(
      scenario('sleeps', (world) => {
        world.process('p').spawn('p', function* (sys) {
          for (const wait of [sys.nanosleep({ ms: 30 }), sys.poll([], 20), sys.select({}, 10)]) {
            const from = yield* sys.clockGettime();
            yield* wait as unknown as Program;
            lasted.push((yield* sys.clockGettime()) - from);
          }
        });
      }),
    );
    expect(failure?.message).toBeUndefined();
    expect(lasted[0]).toBeGreaterThanOrEqual(30);
    expect(lasted[1]).toBeGreaterThanOrEqual(20);
    expect(lasted[2]).toBeGreaterThanOrEqual(10);
    expect(performance.now() - started).toBeGreaterThanOrEqual(60);
    expect(timeMs).toBeGreaterThanOrEqual(60);
  });

  it("daemons' timers that are due soon are waited for, others are not", async () => {
    let ticks = 0;
    await runOnNode(
      scenario('a daemon', (world) => {
        world.process('server').spawn(
          'server',
          function* (sys) {
            for (;;) {
              yield* sys.nanosleep({ ms: ticks < 3 ? 10 : 60_000 });
              ticks++;
            }
          },
          { daemon: true },
        );
      }),
      { settleMsMax: 500 },
    );
    expect(ticks).toBe(3);
  });

  it('a task that spins does not keep the others, or the network, from moving', async () => {
    let isServed = false;
    const { failure } = await runOnNode(
      scenario('spinning', (world) => {
        world.process('spinner').spawn('spinner', function* (sys) {
          while (!isServed) yield* sys.gettid();
        });
        world.process('yielder').spawn('yielder', function* (sys) {
          while (!isServed) yield* sys.schedYield();
        });
        world
          .process('server')
          .spawn('server', (sys) => sequentialEcho(sys, { port: PORT, connections: 1 }));
        world.process('client').spawn(
          'client',
          function* (sys) {
            const fd = yield* connected(sys, PORT);
            yield* sys.send(fd, new Uint8Array(3));
            yield* sys.recv(fd, 3);
            yield* sys.nanosleep({ ms: 5 });
            isServed = true;
          },
          { afterListen: PORT },
        );
      }),
    );
    expect(failure?.message).toBeUndefined();
  });
});

describe('how a run ends', () => {
  const deaf = scenario('nobody answers', (world) => {
    world.process('server').spawn('server', function* (sys) {
      yield* sys.accept(yield* openListener(sys, PORT));
      yield* sys.poll([]);
    });
    world.process('client').spawn(
      'client',
      function* (sys) {
        yield* sys.recv(yield* connected(sys, PORT), 1);
      },
      { afterListen: PORT },
    );
  });

  it('a deadlock, when nothing has happened for a while', async () => {
    const { failure } = await runOnNode(deaf, { idleMsMax: 50 });
    expect(failure?.kind).toBe('deadlock');
    expect(failure?.message).toContain('client waits recv fd 3');
  });

  it('a livelock, when its time is up: who could still move, and what the others waited for', async () => {
    const spinning = scenario('no end', (world) => {
      world.process('p').spawn('p', function* (sys) {
        for (;;) yield* sys.schedYield();
      });
      world.process('q').spawn('q', function* (sys) {
        yield* sys.nanosleep({ s: 100 });
      });
    });
    const { failure } = await runOnNode(spinning, { timeMsMax: 50 });
    expect(failure?.kind).toBe('livelock');
    expect(failure?.message).toBe(
      'the run did not end within 50 ms of real time: p could still move, q waited nanosleep; raise timeMsMax if the scenario is that long',
    );
    expect((await runOnNode(spinning, { stepsMax: 100 })).failure?.kind).toBe('livelock');
  });

  it('a death, a broken law, a law that throws', async () => {
    const dying = scenario('dying', (world) => {
      world.process('server').spawn('server', function* (sys) {
        yield* openListener(sys, PORT);
        yield* sys.recv(9, 1);
      });
    });
    expect((await runOnNode(dying)).failure?.message).toBe(
      'server died: recv EBADF (bad file descriptor)',
    );
    for (const check of [
      () => false,
      () => {
        throw new Error('no');
      },
    ]) {
      const lying = scenario('lying', (world) => {
        world.process('server').spawn('server', (sys: Sys) => openListener(sys, PORT));
        world.always('the moon is cheese', check);
      });
      expect((await runOnNode(lying)).failure?.law).toBe('the moon is cheese');
    }
  });

  it('async programs run, and their deaths are noticed', async () => {
    const heard: string[] = [];
    const { failure } = await runOnNode(
      scenario('async', (world) => {
        world
          .process('server')
          .spawn('server', (sys) =>
            readinessEcho(sys, { port: PORT, connections: 2, kind: 'poll' }),
          );
        for (const name of ['a', 'b']) {
          world.process(name).spawn(
            name,
            async (sys) => {
              const fd = await sys.socket('inet', 'stream');
              await sys.connect(fd, { host: HOST, port: PORT });
              await sys.send(fd, new TextEncoder().encode(name));
              heard.push(new TextDecoder().decode(await sys.recv(fd, 8)));
              await sys.close(fd);
            },
            { afterListen: PORT },
          );
        }
      }),
    );
    expect(failure?.message).toBeUndefined();
    expect(heard.sort()).toEqual(['a', 'b']);
    const dying = scenario('dying', (world) => {
      world.process('p').spawn('p', async (sys) => {
        await sys.nanosleep({ ms: 1 });
        throw new Error('enough');
      });
    });
    expect((await runOnNode(dying)).failure?.message).toBe('p died: Error: enough');
  });
});

describe('a server run until it is told to stop', () => {
  const heard = (socket: Socket): Promise<string> =>
    new Promise((resolve, reject) => {
      let all = '';
      socket.on('data', (chunk) => {
        all += String(chunk);
      });
      socket.on('end', () => resolve(all));
      socket.on('error', reject);
    });

  it('serves clients that are not of its world, then closes everything', async () => {
    const stop = new AbortController();
    let portKnown: (port: number) => void;
    const port = new Promise<number>((resolve) => {
      portKnown = resolve;
    });
    const running = runOnNode(
      scenario('serve', (world) => {
        world.process('server').spawn('server', function* (sys) {
          const listener = yield* openListener(sys, 0);
          const name = yield* sys.getsockname(listener);
          if ('port' in name) portKnown(name.port);
          for (;;) {
            const { fd } = yield* sys.accept(listener);
            const bytes = yield* sys.recv(fd, 100);
            yield* sys.send(fd, bytes);
            yield* sys.close(fd);
          }
        });
      }),
      { mapPorts: false, untilAborted: true, signal: stop.signal, record: true },
    );
    for (const word of ['one', 'two']) {
      const socket = connect(await port, HOST, () => socket.write(word));
      expect(await heard(socket)).toBe(word);
    }
    const idle = connect(await port, HOST);
    const closed = new Promise((resolve) => idle.on('error', resolve).on('close', resolve));
    await new Promise((resolve) => setTimeout(resolve, 250));
    stop.abort();
    const { aborted, failure } = await running;
    expect(aborted).toBe(true);
    expect(failure).toBeUndefined();
    await closed;
  });

  it('stops any run, which then is not judged', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    const endless = scenario('endless', (world) => {
      world.process('p').spawn('p', function* (sys) {
        yield* sys.nanosleep({ s: 1000 });
      });
      world.finally('never', () => false);
    });
    const { aborted, failure } = await runOnNode(endless, { signal: stop.signal });
    expect([aborted, failure]).toEqual([true, undefined]);
  });
});
