import type { AsyncContext } from '../async.ts';
import type { Internal } from '../internals.ts';
import type { GuestLoop } from '../loop.ts';

/** What Node's FileHandle finds in the place of the one of C++. */
export class FileHandle {
  readonly fd: number;
  readonly #binding: Internal;
  readonly #context: AsyncContext;

  constructor(binding: Internal, loop: GuestLoop, fd: number) {
    this.fd = fd;
    this.#binding = binding;
    this.#context = loop.contexts.begin('FILEHANDLE', this);
  }

  getAsyncId(): number {
    return this.#context.id;
  }

  close(): Promise<void> {
    return this.#binding.close(this.fd, this.#binding.kUsePromises);
  }

  releaseFD(): number {
    return this.fd;
  }
}
