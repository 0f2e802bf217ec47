import { ANY_MARK } from './conflict-bits.ts';

/**
 * The kernel objects that a step will touch, and whether it only reads them. Two steps conflict
 * when they touch the same object and not both only read it; steps that do not conflict may be
 * swapped and nobody can tell.
 */
export class Footprint {
  private readonly objects: unknown[] = [];
  private readonly written: boolean[] = [];
  private size = 0;
  private all = false;
  /** The marks of all objects, and of those that are written: see conflict-bits.ts. */
  private marks = 0;
  private marksWritten = 0;

  get count(): number {
    return this.size;
  }

  /** It touches nothing that anybody else could. */
  get empty(): boolean {
    return this.size === 0 && !this.all;
  }

  /** It may touch any object there is. */
  get everything(): boolean {
    return this.all;
  }

  clear(): void {
    this.size = 0;
    this.all = false;
    this.marks = 0;
    this.marksWritten = 0;
  }

  /** @param mark its mark, the same whenever it is given; without one it might be any object */
  read(object: unknown, mark: number = ANY_MARK): void {
    this.objects[this.size] = object;
    this.written[this.size++] = false;
    this.marks |= mark;
  }

  /** @param mark see {@link read} */
  write(object: unknown, mark: number = ANY_MARK): void {
    this.objects[this.size] = object;
    this.written[this.size++] = true;
    this.marks |= mark;
    this.marksWritten |= mark;
  }

  /** All that `other` holds as well. */
  add(other: Footprint): void {
    for (let i = 0; i < other.size; i++) {
      this.objects[this.size] = other.objects[i];
      this.written[this.size++] = other.written[i] as boolean;
    }
    this.marks |= other.marks;
    this.marksWritten |= other.marksWritten;
    if (other.all) this.all = true;
  }

  touchEverything(): void {
    this.all = true;
  }

  objectAt(index: number): unknown {
    return this.objects[index];
  }

  writtenAt(index: number): boolean {
    return this.written[index] as boolean;
  }

  touches(object: unknown): boolean {
    for (let i = 0; i < this.size; i++) if (this.objects[i] === object) return true;
    return this.all;
  }

  conflictsWith(other: Footprint): boolean {
    if (this.all || other.all) return true;
    // Objects without a mark in common are not the same. This settles it nearly always, and looks
    // at none of them.
    if (((this.marksWritten & other.marks) | (this.marks & other.marksWritten)) === 0) return false;
    const mine = this.objects;
    const theirs = other.objects;
    const count = this.size;
    const theirCount = other.size;
    // What many touch, an epoll that watches them, comes last: so the search begins at the end.
    for (let i = count - 1; i >= 0; i--) {
      const object = mine[i];
      for (let j = theirCount - 1; j >= 0; j--) {
        if (theirs[j] === object && (this.written[i] || other.written[j])) return true;
      }
    }
    return false;
  }
}
