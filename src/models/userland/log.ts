/**
 * The log of a server that means to stay: each line is one write, so that lines of two threads do
 * not run together; and where nobody reads it, lines are lost instead of clients.
 */
import { F_GETFL, F_SETFL, O_NONBLOCK, PIPE_BUF, type Program, type Sys } from '../../sys/index.ts';
import { exceptOSError } from './errors.ts';
import { encode } from './text.ts';

/** Descriptors 1 and 2. */
type LogFd = 1 | 2;

/**
 * From now on the descriptor takes a line at once or not at all.
 *
 * # O_NONBLOCK is the description's: whoever shares it (a shell, another process) has it too. A
 * service has its log for itself.
 */
export function* openLog(sys: Sys, fd: LogFd = 1): Program {
  try {
    const flags = yield* sys.fcntl(fd, F_GETFL);
    yield* sys.fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  } catch (error) {
    exceptOSError(error); // It may be closed.
  }
}

/** One line. A longer one than a pipe takes at once (PIPE_BUF) is cut. */
export function* say(sys: Sys, line: string, fd: LogFd = 1): Program {
  const bytes = encode(`${line}\n`);
  if (bytes.length > PIPE_BUF) bytes[PIPE_BUF - 1] = 0x0a;
  try {
    yield* sys.write(fd, bytes.subarray(0, PIPE_BUF));
  } catch (error) {
    exceptOSError(error);
  }
}
