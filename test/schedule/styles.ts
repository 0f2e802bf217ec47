// The same echo service twice: with generator functions and with async functions.

import { type Scenario, type ScenarioOptions, scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import type { Strategy } from '../../src/sim/schedule/strategy.ts';
import { EPOLLIN, type Program, type Sys } from '../../src/sys/index.ts';

const PORT = 7000;
const ADDRESS = { host: '127.0.0.1', port: PORT };

export type Style = 'generator' | 'async';

export interface EchoPlan {
  readonly clients: number;
  readonly messages: readonly string[];
}

/** A strategy whose run has begun. */
export function walk(seed: number): Strategy {
  const strategy = new RandomWalk(seed);
  strategy.begin();
  return strategy;
}

/** One task of the given style with a body, and nothing else. */
export function alone(body: (sys: Sys) => Promise<unknown> | Program<unknown>): Scenario {
  return scenario('one task', (world) => {
    world.process('p').spawn('task', body);
  });
}

export function echoIn(style: Style, plan: EchoPlan, options: ScenarioOptions = {}): Scenario {
  return scenario(
    `echo with ${style} functions`,
    (world) => {
      world
        .process('server')
        .spawn('server', (sys) =>
          style === 'async' ? asyncServer(sys, plan.clients) : generatorServer(sys, plan.clients),
        );
      for (let i = 0; i < plan.clients; i++) {
        world
          .process(`client#${i + 1}`)
          .spawn(
            'client',
            (sys) => (style === 'async' ? asyncClient(sys, plan) : generatorClient(sys, plan)),
            { afterListen: PORT },
          );
      }
    },
    options,
  );
}

function* generatorServer(sys: Sys, clients: number): Program {
  const listener = yield* sys.socket('inet', 'stream');
  yield* sys.bind(listener, ADDRESS);
  yield* sys.listen(listener);
  const epoll = yield* sys.epollCreate();
  yield* sys.epollCtl(epoll, 'add', listener, EPOLLIN);
  for (let closed = 0; closed < clients; ) {
    for (const { data } of yield* sys.epollWait(epoll, 4)) {
      if (data === listener) {
        const { fd } = yield* sys.accept(listener);
        yield* sys.epollCtl(epoll, 'add', fd, EPOLLIN);
        yield* sys.spawn(function* (child) {
          yield* child.nanosleep({ us: fd });
        });
        continue;
      }
      const bytes = yield* sys.recv(data, 16);
      if (bytes.length > 0) yield* sys.send(data, bytes);
      else {
        yield* sys.close(data);
        closed++;
      }
    }
  }
}

function* generatorClient(sys: Sys, { messages }: EchoPlan): Program {
  const fd = yield* sys.socket('inet', 'stream');
  yield* sys.connect(fd, ADDRESS);
  for (const message of messages) {
    const bytes = new TextEncoder().encode(message);
    yield* sys.send(fd, bytes);
    for (let got = 0; got < bytes.length; ) got += (yield* sys.recv(fd, 64)).length;
  }
  try {
    yield* sys.recv(99, 1);
  } catch {
    yield* sys.nanosleep({ ms: 1 });
  }
  yield* sys.close(fd);
}

async function asyncServer(sys: Sys, clients: number): Promise<void> {
  const listener = await sys.socket('inet', 'stream');
  await sys.bind(listener, ADDRESS);
  await sys.listen(listener);
  const epoll = await sys.epollCreate();
  await sys.epollCtl(epoll, 'add', listener, EPOLLIN);
  for (let closed = 0; closed < clients; ) {
    for (const { data } of await sys.epollWait(epoll, 4)) {
      if (data === listener) {
        const { fd } = await sys.accept(listener);
        await sys.epollCtl(epoll, 'add', fd, EPOLLIN);
        await sys.spawn(async (child) => {
          await child.nanosleep({ us: fd });
        });
        continue;
      }
      const bytes = await sys.recv(data, 16);
      if (bytes.length > 0) await sys.send(data, bytes);
      else {
        await sys.close(data);
        closed++;
      }
    }
  }
}

async function asyncClient(sys: Sys, { messages }: EchoPlan): Promise<void> {
  const fd = await sys.socket('inet', 'stream');
  await sys.connect(fd, ADDRESS);
  for (const message of messages) {
    const bytes = new TextEncoder().encode(message);
    await sys.send(fd, bytes);
    for (let got = 0; got < bytes.length; ) got += (await sys.recv(fd, 64)).length;
  }
  try {
    await sys.recv(99, 1);
  } catch {
    await sys.nanosleep({ ms: 1 });
  }
  await sys.close(fd);
}
