import type { Description } from './file.ts';

/** A description on its way, with the bytes of a stream from `from` to `to`. */
interface Passed {
  readonly from: number;
  readonly to: number;
  readonly description: Description;
  /** What the sender says of it. */
  readonly about: unknown;
}

/**
 * SCM_RIGHTS of unix(7): descriptions that travel with the bytes to one end of a stream. A read
 * takes no bytes from behind those of a message with one (unix_stream_read_generic).
 */
export class UnixRights {
  #sent = 0;
  #received = 0;
  readonly #passed: Passed[] = [];

  /** So many bytes were sent; a description that goes with them has a reference for that. */
  send(bytes: number, description?: Description, about?: unknown): void {
    const from = this.#sent;
    this.#sent += bytes;
    if (description !== undefined) this.#passed.push({ from, to: this.#sent, description, about });
  }

  /** How many bytes a read may take. */
  most(bytesMax: number): number {
    const [next] = this.#passed;
    return next === undefined ? bytesMax : Math.min(bytesMax, next.to - this.#received);
  }

  /** So many bytes were read: the description that came with them, and its reference. */
  receive(bytes: number): Passed | undefined {
    this.#received += bytes;
    const [next] = this.#passed;
    return next !== undefined && next.from < this.#received ? this.#passed.shift() : undefined;
  }

  /** Nobody will read them. */
  drop(): void {
    for (const { description } of this.#passed.splice(0)) description.drop();
  }
}
