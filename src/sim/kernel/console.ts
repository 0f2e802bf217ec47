import { FileObject } from './file.ts';
import { READABLE, WRITABLE } from './readiness.ts';

const EMPTY = new Uint8Array(0);

/**
 * Descriptors 0, 1 and 2 of a process: reading gives end of file, writing is kept for the world's
 * `output`.
 */
export class Console extends FileObject {
  override readonly type = 'console';
  readonly #chunks: Uint8Array[] = [];
  /** Where to pass on what is written, instead of keeping it. */
  onWrite: ((bytes: Uint8Array) => void) | undefined;

  override get pollable(): boolean {
    return false;
  }

  override poll(): number {
    return READABLE | WRITABLE;
  }

  override read(): Uint8Array {
    return EMPTY;
  }

  override write(bytes: Uint8Array, from: number): number {
    if (this.onWrite === undefined) this.#chunks.push(bytes.slice(from));
    else this.onWrite(bytes.subarray(from));
    return bytes.length - from;
  }

  /** All that was written, as UTF-8. */
  get text(): string {
    const decoder = new TextDecoder();
    return this.#chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('');
  }

  override release(): void {}

  /**
   * What two tasks write to one console stands there in the order in which they did; no program can
   * read it back, so it is not told apart.
   */
  override touchesOfWrite(): void {}
}
