/**
 * The echo service that the benchmarks run: an epoll server, and clients that send a message and
 * wait for it.
 */
import { Run } from '../src/sim/schedule/run.ts';
import { type Scenario, scenario } from '../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../src/sim/schedule/strategies/random-walk.ts';
import type { Strategy } from '../src/sim/schedule/strategy.ts';
import type { Body, Program, Sys } from '../src/sys/index.ts';
import { EPOLLIN } from '../src/sys/index.ts';

export const PORT = 7000;
export const CLIENTS = 8;
export const MESSAGES = 16;
export const MESSAGE_BYTES = 64;

const bytesOf = (size: number): Uint8Array => new Uint8Array(size).fill(65);

export const message: Uint8Array = bytesOf(MESSAGE_BYTES);

export function* epollServer(sys: Sys): Program {
  const listener = yield* sys.socket('inet', 'stream', { nonblock: true });
  yield* sys.bind(listener, { host: '0.0.0.0', port: PORT });
  yield* sys.listen(listener, 128);
  const epoll = yield* sys.epollCreate();
  yield* sys.epollCtl(epoll, 'add', listener, EPOLLIN);
  for (;;) {
    const events = yield* sys.epollWait(epoll, 64);
    for (const { data: fd } of events) {
      if (fd === listener) {
        const accepted = yield* sys.accept(listener, { nonblock: true });
        yield* sys.epollCtl(epoll, 'add', accepted.fd, EPOLLIN);
        continue;
      }
      const bytes = yield* sys.recv(fd, 1024);
      if (bytes.length === 0) yield* sys.close(fd);
      else yield* sys.send(fd, bytes);
    }
  }
}

/** The body of a client that sends so many messages. */
type Visitor = (sys: Sys, messages: number) => ReturnType<Body>;

/** Clients that send messages of so many bytes. */
export function clientOf(size: number): (sys: Sys, messages: number) => Program {
  const sent = bytesOf(size);
  return function* (sys, messages) {
    const fd = yield* sys.socket('inet', 'stream');
    yield* sys.connect(fd, { host: '127.0.0.1', port: PORT });
    for (let i = 0; i < messages; i++) {
      yield* sys.send(fd, sent);
      for (let got = 0; got < size; ) got += (yield* sys.recv(fd, 1024)).length;
    }
    yield* sys.close(fd);
  };
}

export const client: (sys: Sys, messages: number) => Program = clientOf(MESSAGE_BYTES);

export async function epollServerAsync(sys: Sys): Promise<void> {
  const listener = await sys.socket('inet', 'stream', { nonblock: true });
  await sys.bind(listener, { host: '0.0.0.0', port: PORT });
  await sys.listen(listener, 128);
  const epoll = await sys.epollCreate();
  await sys.epollCtl(epoll, 'add', listener, EPOLLIN);
  for (;;) {
    const events = await sys.epollWait(epoll, 64);
    for (const { data: fd } of events) {
      if (fd === listener) {
        const accepted = await sys.accept(listener, { nonblock: true });
        await sys.epollCtl(epoll, 'add', accepted.fd, EPOLLIN);
        continue;
      }
      const bytes = await sys.recv(fd, 1024);
      if (bytes.length === 0) await sys.close(fd);
      else await sys.send(fd, bytes);
    }
  }
}

export async function clientAsync(sys: Sys, messages: number): Promise<void> {
  const fd = await sys.socket('inet', 'stream');
  await sys.connect(fd, { host: '127.0.0.1', port: PORT });
  for (let i = 0; i < messages; i++) {
    await sys.send(fd, message);
    for (let got = 0; got < MESSAGE_BYTES; ) got += (await sys.recv(fd, 1024)).length;
  }
  await sys.close(fd);
}

/**
 * `clients` clients and one server on the loopback network; each client sends `messages` messages,
 * one after the other.
 */
export function echo(
  clients: number = CLIENTS,
  messages: number = MESSAGES,
  server: Body = epollServer,
  visitor: Visitor = client,
): Scenario {
  return scenario(
    `${clients} x ${messages} echo`,
    (world) => {
      world.process('server').spawn('server', (sys) => server(sys));
      for (let i = 0; i < clients; i++) {
        const body: Body = (sys) => visitor(sys, messages);
        world.process('clients').spawn('client', body, { afterListen: PORT });
      }
    },
    { network: { mode: 'loopback' }, stepsMax: Number.MAX_SAFE_INTEGER },
  );
}

/** A slice of `runs` runs of generator tasks; its units are steps. */
export function stepsOf(
  given: Scenario,
  runs: number,
  strategy: Strategy = new RandomWalk(1),
): () => number {
  return () => {
    let steps = 0;
    for (let i = 0; i < runs; i++) {
      strategy.begin();
      const result = new Run(given, { strategy }).execute();
      if (result.failure !== undefined) throw new Error(result.failure.message);
      steps += result.steps;
    }
    return steps;
  };
}
