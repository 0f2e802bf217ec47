/**
 * Completion-based asynchronous I/O (seed 004: the fifth of its five I/O models, which it names
 * without code).
 *
 * One task, which hands the kernel whole requests (accept, recv, send) and waits on a ring for what
 * has come of them: nobody asks whether a call would sleep, because the kernel does the sleeping.
 * Each connection has one request under way, and beside it the function that takes its outcome. A
 * connection costs a descriptor and that request; a round costs what is complete.
 */
import type { Program, RingCompletion, Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptOSError, isOSError } from './userland/errors.ts';
import { FULL_PAUSE_MS, isFull, openListener } from './userland/patience.ts';
import { Proactor, resultOf } from './userland/proactor.ts';
import { Socket } from './userland/sockets.ts';

const HOST = '127.0.0.1';

const bytesOf = ({ bytes }: RingCompletion): Uint8Array => bytes ?? new Uint8Array(0);

function* ignored(): Program {}

/**
 * What was received is sent, what was sent is done with, and an error is nobody's in particular.
 */
export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const listener = yield* Socket.create(sys);
  yield* listener.setsockopt(sys, 'SO_REUSEADDR', 1);
  yield* listener.bind(sys, { host: HOST, port });
  yield* listener.listen(sys);
  const proactor = yield* Proactor.create(sys);

  const accept = (): Program =>
    proactor.submit(sys, (data) => ({ op: 'accept', fd: listener.fileno(), data }), accepted);

  function* accepted(completion: RingCompletion): Program {
    yield* recv(resultOf('accept', completion));
    yield* accept();
  }

  function recv(fd: number): Program {
    return proactor.submit(
      sys,
      (data) => ({ op: 'recv', fd, bytesMax: 1024, data }),
      function* (completion): Program {
        if (resultOf('recv', completion) > 0) yield* send(fd, bytesOf(completion));
        else yield* proactor.submit(sys, (data) => ({ op: 'close', fd, data }), ignored);
      },
    );
  }

  function send(fd: number, bytes: Uint8Array): Program {
    return proactor.submit(
      sys,
      (data) => ({ op: 'send', fd, bytes, data }),
      function* (completion): Program {
        resultOf('send', completion);
        yield* recv(fd);
      },
    );
  }

  yield* accept();
  yield* proactor.run(sys);
}

/** What was not sent is handed in again, and an error ends its own connection. */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  const listener = yield* openListener(sys, { host: HOST, port });
  const proactor = yield* Proactor.create(sys);

  const accept = (): Program =>
    proactor.submit(sys, (data) => ({ op: 'accept', fd: listener.fileno(), data }), accepted);

  function* accepted(completion: RingCompletion): Program {
    try {
      yield* recv(resultOf('accept', completion));
    } catch (error) {
      if (isFull(error)) {
        yield* proactor.submit(sys, (data) => ({ op: 'timeout', ms: FULL_PAUSE_MS, data }), accept);
        return;
      }
      if (!isOSError(error, 'ECONNABORTED')) throw error;
    }
    yield* accept();
  }

  const close = (fd: number): Program =>
    proactor.submit(sys, (data) => ({ op: 'close', fd, data }), ignored);

  /** Go on with the outcome; an error is the end of the connection. */
  function orClose(fd: number, goOn: (completion: RingCompletion) => Program) {
    return function* (completion: RingCompletion): Program {
      try {
        yield* goOn(completion);
      } catch (error) {
        exceptOSError(error);
        yield* close(fd);
      }
    };
  }

  function recv(fd: number): Program {
    return proactor.submit(
      sys,
      (data) => ({ op: 'recv', fd, bytesMax: 1024, data }),
      orClose(fd, (completion) =>
        resultOf('recv', completion) > 0 ? send(fd, bytesOf(completion)) : close(fd),
      ),
    );
  }

  function send(fd: number, bytes: Uint8Array): Program {
    return proactor.submit(
      sys,
      (data) => ({ op: 'send', fd, bytes, data }),
      orClose(fd, (completion) => {
        const unsent = bytes.subarray(resultOf('send', completion));
        return unsent.length > 0 ? send(fd, unsent) : recv(fd);
      }),
    );
  }

  yield* accept();
  yield* proactor.run(sys);
}
