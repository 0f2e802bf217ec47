import { readSync, writeSync } from 'node:fs';
import { outsideOfRuns } from '../sim/schedule/runtime/realm-run.ts';
import { InternalError } from '../sys/errors.ts';
import { pause } from './real.ts';

// biome-ignore lint/suspicious/noExplicitAny: a binding of Node's own, which has no types
type Binding = any;

const READ_BYTES = 1 << 16;
/** An engine that takes so long to take in what it is sent has stopped. */
const WRITE_MS_MAX = 30_000;

/** A connection to an engine, as it is used in the middle of a step. */
export interface Pipe {
  /** What has come; empty if nothing has, undefined if nothing ever will. */
  read(): Uint8Array | undefined;
  /** All of it, whatever the engine says meanwhile. */
  write(bytes: Uint8Array): void;
  close(): void;
}

/**
 * A connection to an engine on a Unix socket, read and written in the middle of a step: libuv
 * connects such a socket at once, and its descriptor never blocks.
 */
export class EnginePipe implements Pipe {
  readonly #handle: Binding;
  readonly #fd: number;
  /** What came while there was no room to write. */
  readonly #early: Uint8Array[] = [];
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES);
  #ended = false;

  /** To be called outside of any run. Undefined where nobody listens. */
  static open(path: string): EnginePipe | undefined {
    const { Pipe, PipeConnectWrap, constants } = (
      process as unknown as { binding: (name: string) => Binding }
    ).binding('pipe_wrap');
    const handle = new Pipe(constants.SOCKET);
    const request = new PipeConnectWrap();
    // It comes in a later turn of the real event loop, and says what is known already.
    request.oncomplete = () => {};
    handle.connect(request, path);
    const pipe = new EnginePipe(handle);
    // A socket that is not connected cannot be read at all (EINVAL).
    if (pipe.#take() !== undefined) return pipe;
    pipe.close();
    return undefined;
  }

  private constructor(handle: Binding) {
    this.#handle = handle;
    this.#fd = handle.fd;
  }

  read(): Uint8Array | undefined {
    return this.#early.shift() ?? this.#take();
  }

  #take(): Uint8Array | undefined {
    if (this.#ended) return undefined;
    const limit = Error.stackTraceLimit;
    // EAGAIN is an exception here, and nobody reads its stack.
    Error.stackTraceLimit = 0;
    try {
      const count = outsideOfRuns(() => readSync(this.#fd, this.#buffer));
      if (count > 0) return new Uint8Array(this.#buffer.subarray(0, count));
      this.#ended = true;
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return NOTHING;
      this.#ended = true;
      return undefined;
    } finally {
      Error.stackTraceLimit = limit;
    }
  }

  write(bytes: Uint8Array): void {
    let pauses = 0;
    for (let at = 0; at < bytes.length && !this.#ended; ) {
      try {
        const from = at;
        at += outsideOfRuns(() => writeSync(this.#fd, bytes, from));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
        const come = this.#take();
        if (come !== undefined && come.length > 0) {
          this.#early.push(come);
          continue;
        }
        pause(1);
        if (++pauses > WRITE_MS_MAX) {
          throw new InternalError(`an engine has taken nothing for ${WRITE_MS_MAX} ms`);
        }
      }
    }
  }

  close(): void {
    this.#ended = true;
    this.#handle.close();
  }
}

const NOTHING = new Uint8Array(0);
