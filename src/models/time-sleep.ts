/**
 * A coroutine that sleeps without its loop's knowledge (seed 004, which warns of it in words).
 *
 * One thread. Each connection has a coroutine over streams, which takes a while over each answer.
 * `time.sleep` stops the thread, and with it every other coroutine and the loop itself: nobody is
 * accepted, read or answered until it is over. So it is with work that takes the processor.
 */
import { type Program, SOMAXCONN, type Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import {
  type Coro,
  type EventLoop,
  run,
  type StreamReader,
  type StreamWriter,
  startServer,
} from './userland/asyncio/index.ts';
import { onceThereIsRoom } from './userland/asyncio/patience.ts';
import { exceptOSError } from './userland/errors.ts';

const HOST = '127.0.0.1';
/** Longer than anybody may keep a loop. */
export const WORK_MS = 50;

function* handle(reader: StreamReader, writer: StreamWriter, work: () => Coro): Coro {
  try {
    while (true) {
      const data = yield* reader.read(65535);
      if (data.length === 0) break;
      yield* work();
      yield* writer.write(data);
      yield* writer.drain();
    }
  } catch (error) {
    exceptOSError(error);
  } finally {
    yield* writer.close();
  }
}

function server(
  sys: Sys,
  { port }: ServerOptions,
  work: (sys: Sys, loop: EventLoop) => Coro,
): Program {
  return run(sys, function* runServer(loop): Coro {
    const handler = (reader: StreamReader, writer: StreamWriter): Coro =>
      handle(reader, writer, () => work(sys, loop));
    const made = yield* onceThereIsRoom(loop, () =>
      startServer(loop, handler, { host: HOST, port }, SOMAXCONN),
    );
    yield* made.serveForever();
  });
}

/** `time.sleep`. */
export function asWritten(sys: Sys, options: ServerOptions): Program {
  return server(sys, options, function* (sys) {
    yield* sys.nanosleep({ ms: WORK_MS });
  });
}

/** `await asyncio.sleep`: the coroutine waits, and the loop goes on. */
export function corrected(sys: Sys, options: ServerOptions): Program {
  return server(sys, options, (_sys, loop) => loop.sleep(WORK_MS));
}
