import type { Op } from '../../sys/ops.ts';
import type { Hash, Row } from '../kernel/calls/row.ts';
import { ROWS } from '../kernel/calls/table.ts';

/**
 * A rolling 64-bit hash of all that happened in a run, in order: who did what, and with which
 * result, bytes included. Two runs with the same digest had the same trace, as far as a hash can
 * say; it is what the determinism check compares.
 */
export class Digest implements Hash {
  private a = 0x2545f491 | 0;
  private b = 0x1b873593 | 0;

  /** Mix in one 32-bit number. */
  mix(value: number): void {
    this.a = Math.imul(this.a ^ value, 0x9e3779b1);
    this.a ^= this.a >>> 15;
    this.b = Math.imul(this.b + value, 0x85ebca77) ^ (this.b >>> 13);
  }

  /** Mix in a pair, each number into a lane of its own, which then cross. */
  private mixTwo(x: number, y: number): void {
    const a = Math.imul(this.a ^ x, 0x9e3779b1);
    const b = Math.imul(this.b ^ y, 0x85ebca77);
    this.a = a ^ (b >>> 15);
    this.b = b ^ (a >>> 13);
  }

  /**
   * Mix in bytes, all of them: eight at a time, four in each lane, which then cross. No step of it
   * loses anything, so contents that differ in one place never come out alike.
   */
  mixBytes(bytes: Uint8Array): void {
    const { length } = bytes;
    let a = this.a ^ length;
    let b = this.b;
    let i = 0;
    for (; i + 8 <= length; i += 8) {
      a = Math.imul(a ^ wordAt(bytes, i), 0x9e3779b1);
      b = Math.imul(b ^ wordAt(bytes, i + 4), 0x85ebca77);
      a ^= b >>> 15;
      b ^= a >>> 13;
    }
    for (; i < length; i++) {
      a = Math.imul(a ^ (bytes[i] as number), 0x01000193);
      b = Math.imul(b, 0x85ebca77) ^ (a >>> 15);
    }
    this.a = a ^ (b >>> 15);
    this.b = b ^ (a >>> 13);
  }

  /** A step: a task's syscall and what it gave. */
  step(taskId: number, op: Op, a0: number, result: unknown): void {
    const isNumber = typeof result === 'number';
    this.mixTwo(taskId ^ (op << 16) ^ (a0 << 22), isNumber ? result : -1);
    if (!isNumber) (ROWS[op] as Row).hash(result, this);
  }

  mixText(text: string): void {
    for (let i = 0; i < text.length; i++) this.mix(text.charCodeAt(i));
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return hex(this.a) + hex(this.b);
  }
}

/** The four bytes from `at` on, the first the lowest. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
