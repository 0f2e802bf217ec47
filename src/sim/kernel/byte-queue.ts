import { copyPayload, newPayload } from './payload.ts';

const NOTHING = new Uint8Array(0);

/**
 * Bytes waiting to be read, as the chunks in which they came. A read that takes exactly the first
 * chunk hands it over without copying; what a program gets is always its own. Chunks handed in
 * belong to the queue.
 */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  #first = 0;
  #end = 0;
  /** Bytes of the first chunk that were already taken. */
  #offset = 0;
  length = 0;
  /** How many bytes were taken out ever. */
  taken = 0;

  /** Chunks of which something is left. */
  get chunkCount(): number {
    return this.#end - this.#first;
  }

  /** Bytes of these, with those that were taken out already: whole chunks are let go of. */
  get bytesHeld(): number {
    return this.length + this.#offset;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks[this.#end++] = chunk;
    this.length += chunk.length;
  }

  /** Take out up to `bytesMax` bytes; empty when there are none. */
  take(bytesMax: number): Uint8Array {
    if (this.length === 0 || bytesMax <= 0) return NOTHING;
    const chunk = this.#chunks[this.#first] as Uint8Array;
    // Nearly always: all that is there is one chunk, and is wanted whole.
    if (this.length === chunk.length && this.length <= bytesMax && this.#offset === 0) {
      this.taken += this.length;
      this.length = 0;
      this.#chunks[this.#first] = NOTHING;
      this.#startAnew();
      return chunk;
    }
    const left = chunk.length - this.#offset;
    if (left >= bytesMax || this.#first + 1 === this.#end) {
      const size = left < bytesMax ? left : bytesMax;
      const whole = size === chunk.length;
      const taken = whole ? chunk : copyPayload(chunk, this.#offset, size);
      this.#drop(size);
      return taken;
    }
    const taken = this.peek(bytesMax);
    this.#drop(taken.length);
    return taken;
  }

  /** A copy of up to `bytesMax` bytes from the front, which stay. */
  peek(bytesMax: number): Uint8Array {
    const size = Math.min(bytesMax, this.length);
    const copy = newPayload(size);
    let filled = 0;
    let offset = this.#offset;
    for (let i = this.#first; filled < size; i++) {
      const chunk = this.#chunks[i] as Uint8Array;
      const part = chunk.subarray(offset, offset + size - filled);
      copy.set(part, filled);
      filled += part.length;
      offset = 0;
    }
    return copy;
  }

  /** Forget `size` bytes at the front. */
  #drop(size: number): void {
    this.length -= size;
    this.taken += size;
    let left = size + this.#offset;
    while (this.#first < this.#end) {
      const chunk = this.#chunks[this.#first] as Uint8Array;
      if (left < chunk.length) break;
      left -= chunk.length;
      this.#chunks[this.#first++] = NOTHING;
    }
    this.#offset = left;
    if (this.#first === this.#end) {
      this.#startAnew();
    } else if (this.#first > 1024) {
      this.#chunks = this.#chunks.slice(this.#first, this.#end);
      this.#end -= this.#first;
      this.#first = 0;
    }
  }

  /** Nothing is left. */
  #startAnew(): void {
    this.#first = 0;
    this.#end = 0;
    // A queue that once was long gives its slots back.
    if (this.#chunks.length > 64) this.#chunks = [];
  }

  clear(): void {
    this.#chunks = [];
    this.#first = 0;
    this.#end = 0;
    this.#offset = 0;
    this.length = 0;
  }
}
