import { OP, type Op } from '../../sys/ops.ts';
import type { Accepted, EpollEvent, PollReady, SelectReady } from '../../sys/sys.ts';

/** Contents longer than this are digested by their first and last halves of it. */
const CONTENT_BYTES_MAX = 1024;

/**
 * A rolling 64-bit hash of all that happened in a run, in order: who did what, and with which result, bytes included. Two
 * runs with the same digest had the same trace, as far as a hash can say; it is what the determinism check compares.
 */
export class Digest {
  #a = 0x2545f491 | 0;
  #b = 0x1b873593 | 0;

  /** Mix in one 32-bit number. */
  mix(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x9e3779b1);
    this.#a ^= this.#a >>> 15;
    this.#b = Math.imul(this.#b + value, 0x85ebca77) ^ (this.#b >>> 13);
  }

  /** Mix in a pair, each number into a lane of its own, which then cross. */
  #mixTwo(x: number, y: number): void {
    const a = Math.imul(this.#a ^ x, 0x9e3779b1);
    const b = Math.imul(this.#b ^ y, 0x85ebca77);
    this.#a = a ^ (b >>> 15);
    this.#b = b ^ (a >>> 13);
  }

  mixBytes(bytes: Uint8Array): void {
    const { length } = bytes;
    this.mix(length);
    if (length <= CONTENT_BYTES_MAX) {
      this.#mixRange(bytes, 0, length);
      return;
    }
    this.#mixRange(bytes, 0, CONTENT_BYTES_MAX / 2);
    this.#mixRange(bytes, length - CONTENT_BYTES_MAX / 2, length);
  }

  /** Two lanes side by side, so that one multiplication does not wait for the other. */
  #mixRange(bytes: Uint8Array, from: number, to: number): void {
    let a = this.#a;
    let b = this.#b;
    let i = from;
    for (; i + 8 <= to; i += 8) {
      a = Math.imul(
        a ^
          ((bytes[i] as number) |
            ((bytes[i + 1] as number) << 8) |
            ((bytes[i + 2] as number) << 16) |
            ((bytes[i + 3] as number) << 24)),
        0x01000193,
      );
      b = Math.imul(
        b ^
          ((bytes[i + 4] as number) |
            ((bytes[i + 5] as number) << 8) |
            ((bytes[i + 6] as number) << 16) |
            ((bytes[i + 7] as number) << 24)),
        0x85ebca77,
      );
    }
    for (; i < to; i++) a = Math.imul(a ^ (bytes[i] as number), 0x01000193);
    this.#a = a ^ (a >>> 15);
    this.#b = b ^ (b >>> 13);
  }

  /** A step: a task's syscall and what it gave. */
  step(taskId: number, op: Op, a0: number, result: unknown): void {
    if (typeof result === 'number') {
      this.#mixTwo(taskId ^ (op << 16) ^ (a0 << 22), result);
      return;
    }
    this.#mixTwo(taskId ^ (op << 16) ^ (a0 << 22), -1);
    this.#mixResult(op, result);
  }

  #mixResult(op: Op, result: unknown): void {
    switch (op) {
      case OP.recv:
      case OP.read:
        this.mixBytes(result as Uint8Array);
        return;
      case OP.accept:
        this.mix((result as Accepted).fd);
        return;
      case OP.epollWait:
        for (const event of result as EpollEvent[]) this.mix(event.events ^ (event.data << 4));
        return;
      case OP.poll:
        for (const entry of result as PollReady[]) this.mix(entry.revents ^ (entry.fd << 4));
        return;
      case OP.select: {
        const { read, write, except } = result as SelectReady;
        this.mix(read.length ^ (write.length << 8) ^ (except.length << 16));
        for (const fd of read) this.mix(fd);
        for (const fd of write) this.mix(fd);
        for (const fd of except) this.mix(fd);
        return;
      }
      default:
        this.#mixText(JSON.stringify(result) ?? '');
    }
  }

  #mixText(text: string): void {
    for (let i = 0; i < text.length; i++) this.mix(text.charCodeAt(i));
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return hex(this.#a) + hex(this.#b);
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
