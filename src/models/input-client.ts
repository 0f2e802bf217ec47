/**
 * A client that sends what is typed, line by line, and reads once for each (seed 001, `client.py`).
 *
 * One task, which waits for a line and then in recv. An empty line sends nothing, and nothing is
 * what comes back.
 */
import type { Program, Sys } from '../sys/index.ts';
import type { ClientOptions } from './model.ts';
import { exceptOSError, PythonError, tracebackText } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { Socket } from './userland/sockets.ts';
import { bytesText, concat, decode, encode, print, printError, writeAll } from './userland/text.ts';

const HOST = '127.0.0.1';
const PROMPT = encode('>>:');
const LINE_END = 0x0a;

class EOFError extends PythonError {
  override readonly name = 'EOFError';
}

/** Lines of descriptor 0; undefined at its end. */
class Stdin {
  #read: Uint8Array = new Uint8Array(0);

  *line(sys: Sys): Program<string | undefined> {
    for (;;) {
      const end = this.#read.indexOf(LINE_END);
      if (end >= 0) {
        const line = decode(this.#read.subarray(0, end));
        this.#read = this.#read.subarray(end + 1);
        return line;
      }
      const more = yield* sys.read(0, 1024);
      if (more.length === 0) return undefined;
      this.#read = concat(this.#read, more);
    }
  }
}

/** `input(">>:")`: EOFError at the end of what is typed. */
function* input(sys: Sys, stdin: Stdin): Program<string> {
  yield* writeAll(sys, 1, PROMPT);
  const line = yield* stdin.line(sys);
  if (line === undefined) throw new EOFError('EOF when reading a line');
  return line;
}

function* talk(sys: Sys, { port, answered }: ClientOptions): Program {
  const stdin = new Stdin();
  const s = yield* Socket.create(sys);
  yield* s.connect(sys, { host: HOST, port });
  while (true) {
    const msg = encode(yield* input(sys, stdin));
    yield* s.sendall(sys, msg);
    const data = yield* s.recv(sys, 1024);
    yield* print(sys, `Received ${bytesText(data)}`);
    answered(msg, data);
  }
}

/** Its loop has no end but that of what is typed, which is an exception. */
export function* asWritten(sys: Sys, options: ClientOptions): Program {
  try {
    yield* talk(sys, options);
  } catch (error) {
    if (!(error instanceof EOFError)) throw error;
    yield* printError(sys, tracebackText(error));
    yield* sys.exit(1);
  }
}

/** An empty line is nothing to send; an answer is as long as what it answers. */
export function* corrected(sys: Sys, { port, answered }: ClientOptions): Program {
  yield* openLog(sys);
  const stdin = new Stdin();
  let s: Socket | undefined;
  try {
    s = yield* Socket.create(sys);
    yield* s.connect(sys, { host: HOST, port });
    for (;;) {
      yield* writeAll(sys, 1, PROMPT);
      const line = yield* stdin.line(sys);
      if (line === undefined) return;
      if (line === '') continue;
      const msg = encode(line);
      yield* s.sendall(sys, msg);
      const data = yield* s.recvExactly(sys, msg.length);
      if (data === undefined) return;
      yield* say(sys, `Received ${bytesText(data)}`);
      answered(msg, data);
    }
  } catch (error) {
    exceptOSError(error);
  } finally {
    if (s !== undefined) yield* s.close(sys);
  }
}
