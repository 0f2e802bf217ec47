import type { Program, Sys } from '../../sys/index.ts';
import { isOSError } from '../userland/errors.ts';

const EVERYBODY = 0x7fffffff;

/**
 * The clients of one server, who may wait for each other: a counter in memory that they share, and
 * its futex.
 */
export class Company {
  readonly size: number;
  readonly #served: Int32Array = new Int32Array(1);

  constructor(size: number) {
    this.size = size;
  }

  /** One more of them has what it came for. */
  *served(sys: Sys): Program {
    sys.touches(this.#served);
    this.#served[0] = (this.#served[0] as number) + 1;
    if (this.#served[0] === this.size) yield* sys.futexWake(this.#served, 0, EVERYBODY);
  }

  /** Sleep until all of them have. */
  *allServed(sys: Sys): Program {
    for (;;) {
      sys.touches(this.#served);
      const served = this.#served[0] as number;
      if (served === this.size) return;
      try {
        yield* sys.futexWait(this.#served, 0, served);
      } catch (error) {
        if (!isOSError(error, 'EAGAIN', 'EINTR')) throw error;
      }
    }
  }
}
