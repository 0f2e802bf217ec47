import { PIPE_BUF, POLLERR, POLLHUP } from '../../sys/constants.ts';
import { EAGAIN, EBADF, EBUSY, EINVAL, EPERM, EPIPE } from '../../sys/errno.ts';
import { FileObject } from './file.ts';
import { newPayload } from './payload.ts';
import { READABLE, WRITABLE, WRITE_ENDS } from './readiness.ts';
import type { Task } from './task.ts';

const SLOT_BYTES = 4096;
const SLOTS_DEFAULT = 16;
/** round_pipe_size. */
const RESIZE_BYTES_MAX = 2 ** 31;
/** fs.pipe-max-size: who may grow a pipe beyond it has CAP_SYS_RESOURCE, and nobody here has. */
const GROWTH_BYTES_MAX = 2 ** 20;
const EMPTY = new Uint8Array(0);

/** Pages that no pipe uses at the moment; a fresh one costs several times what a write does. */
const freePages: Uint8Array[] = [];
/** As many as four full pipes hold. */
const FREE_PAGES_MAX = 64;

function givePage(page: Uint8Array): void {
  if (freePages.length < FREE_PAGES_MAX) freePages.push(page);
}

/** One page of a pipe: what was written into it and not yet read. */
interface Slot {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
}

/**
 * The buffer between the two ends of a pipe(7): 16 slots of a page each, as in Linux's fs/pipe.c. A
 * write first tops up the last page if its odd bytes fit there, then takes whole slots; a slot is
 * free again only when its page is empty. Hence a byte read from a full pipe frees nothing, and
 * POLLOUT needs a whole free slot.
 */
class PipeBuffer {
  readonly slots: Slot[] = [];
  slotsMax: number = SLOTS_DEFAULT;
  length = 0;
  readers = 1;
  writers = 1;
  /** Somebody polls this pipe, so every write makes an edge, not only one into an empty pipe. */
  polled = false;

  get full(): boolean {
    return this.slots.length >= this.slotsMax;
  }

  write(bytes: Uint8Array, from: number, hasSlept: boolean): number {
    const size = bytes.length - from;
    const atomic = size <= PIPE_BUF;
    let at = from;
    // Only as the write begins; after a sleep, what is left of it goes into whole slots.
    if (from === 0 && !hasSlept && this.topsUp(size)) {
      at += this.#fill(this.slots.at(-1) as Slot, bytes, at, size % SLOT_BYTES);
    }
    if (atomic && at < bytes.length && this.full) return at === from ? 0 : at - from;
    while (at < bytes.length && !this.full) {
      const slot: Slot = { bytes: freePages.pop() ?? new Uint8Array(SLOT_BYTES), start: 0, end: 0 };
      this.slots.push(slot);
      at += this.#fill(slot, bytes, at, SLOT_BYTES);
    }
    return at - from;
  }

  /** Whether a write of so many bytes begins by topping up the last page. */
  topsUp(size: number): boolean {
    const odd = size % SLOT_BYTES;
    const last = this.slots.at(-1);
    return last !== undefined && odd > 0 && last.end + odd <= SLOT_BYTES;
  }

  #fill(slot: Slot, bytes: Uint8Array, at: number, bytesMax: number): number {
    const part = bytes.subarray(at, Math.min(bytes.length, at + bytesMax));
    slot.bytes.set(part, slot.end);
    slot.end += part.length;
    this.length += part.length;
    return part.length;
  }

  read(bytesMax: number): Uint8Array {
    const size = Math.min(bytesMax, this.length);
    const out = newPayload(size);
    let filled = 0;
    while (filled < size) {
      const slot = this.slots[0] as Slot;
      const part = slot.bytes.subarray(slot.start, Math.min(slot.end, slot.start + size - filled));
      out.set(part, filled);
      filled += part.length;
      slot.start += part.length;
      if (slot.start === slot.end) {
        this.slots.shift();
        givePage(slot.bytes);
      }
    }
    this.length -= size;
    return out;
  }

  /**
   * F_SETPIPE_SZ (pipe_set_size): a power of two pages that holds what is queued. It is an unsigned
   * number.
   */
  resize(asked: number): number {
    const bytes = asked >>> 0;
    if (bytes > RESIZE_BYTES_MAX) return -EINVAL;
    let slots = 1;
    while (slots * SLOT_BYTES < bytes) slots *= 2;
    if (slots > this.slotsMax && slots * SLOT_BYTES > GROWTH_BYTES_MAX) return -EPERM;
    if (slots < this.slots.length) return -EBUSY;
    this.slotsMax = slots;
    return slots * SLOT_BYTES;
  }

  get bytesMax(): number {
    return this.slotsMax * SLOT_BYTES;
  }
}

/** What both ends answer alike. */
abstract class PipeEnd extends FileObject {
  override readonly type = 'pipe';
  readonly buffer: PipeBuffer;
  other: PipeEnd | null = null;

  constructor(buffer: PipeBuffer) {
    super();
    this.buffer = buffer;
  }

  override get counterpart(): PipeEnd | null {
    return this.other;
  }

  override look(): number {
    const { polled } = this.buffer;
    const mask = this.poll();
    this.buffer.polled = polled;
    return mask;
  }

  override bytesReadable(): number {
    return this.buffer.length;
  }

  get bytesMax(): number {
    return this.buffer.bytesMax;
  }

  resize(bytes: number): number {
    const result = this.buffer.resize(bytes);
    // pipe_resize_ring: there may be more room for writers now, and one of them looks.
    const writer = this instanceof PipeWriter ? this : this.other;
    if (result > 0) writer?.waits.wake(0, 1);
    return result;
  }
}

export class PipeReader extends PipeEnd {
  override get exclusiveReaders(): boolean {
    return true;
  }

  override poll(): number {
    const { buffer } = this;
    buffer.polled = true;
    return (buffer.length > 0 ? READABLE : 0) | (buffer.writers === 0 ? POLLHUP : 0);
  }

  override read(bytesMax: number): Uint8Array | number {
    const { buffer } = this;
    if (bytesMax === 0) return EMPTY;
    if (buffer.length === 0) return buffer.writers === 0 ? EMPTY : -EAGAIN;
    const wasFull = buffer.full;
    const bytes = buffer.read(bytesMax);
    if (wasFull && !buffer.full) this.other?.waits.wake(WRITABLE);
    return bytes;
  }

  /** What is left is for the next reader asleep here. */
  override readAfterSleep(): void {
    if (this.buffer.length > 0) this.waits.wake(READABLE);
  }

  override write(): number {
    return -EBADF;
  }

  override release(): void {
    this.buffer.readers = 0;
    this.waits.wake(0);
    this.other?.waits.wake(0);
  }

  /** Up to so many bytes of what is in it, which stay there. */
  peek(bytesMax: number): Uint8Array {
    const found: number[] = [];
    for (const { bytes, start, end } of this.buffer.slots) {
      found.push(...bytes.subarray(start, Math.min(end, start + bytesMax - found.length)));
    }
    return Uint8Array.from(found);
  }

  override describe(): string {
    return `pipe, read end  ${this.buffer.length} B queued`;
  }
}

export class PipeWriter extends PipeEnd {
  override get writersLine(): PipeWriter {
    return this;
  }

  override sleepWriting(task: Task): void {
    task.sleepOn(this.waits, WRITE_ENDS, true);
  }

  /** The room that is left is for the next writer asleep here. */
  override writeAfterSleep(): void {
    if (!this.buffer.full) this.waits.wake(WRITABLE);
  }

  /** pipe_write: one that ends tells the watchers of a pipe, whether it has written or not. */
  override writeInterrupted(): void {
    if (this.buffer.polled) this.other?.waits.wake(READABLE);
  }

  override get signalsBrokenPipe(): boolean {
    return true;
  }

  /** pipe(7): what is no longer than PIPE_BUF is written whole or not at all. */
  override takesParts(bytes: number): boolean {
    return bytes > PIPE_BUF;
  }

  override writeSleeps(bytes: number): boolean {
    return super.writeSleeps(bytes) && !this.buffer.topsUp(bytes);
  }

  override poll(): number {
    const { buffer } = this;
    return (buffer.full ? 0 : WRITABLE) | (buffer.readers === 0 ? POLLERR : 0);
  }

  override read(): number {
    return -EBADF;
  }

  override write(bytes: Uint8Array, from: number, hasSlept = false): number {
    const { buffer } = this;
    if (bytes.length === 0) return 0;
    if (buffer.readers === 0) return -EPIPE;
    const wasEmpty = buffer.length === 0;
    const taken = buffer.write(bytes, from, hasSlept);
    if (wasEmpty || buffer.polled) this.other?.waits.wake(READABLE);
    return taken === 0 ? -EAGAIN : taken;
  }

  override release(): void {
    this.buffer.writers = 0;
    this.waits.wake(0);
    this.other?.waits.wake(0);
  }

  override describe(): string {
    return `pipe, write end  ${this.buffer.length} B queued`;
  }
}

export function makePipe(): [PipeReader, PipeWriter] {
  const buffer = new PipeBuffer();
  const reader = new PipeReader(buffer);
  const writer = new PipeWriter(buffer);
  reader.other = writer;
  writer.other = reader;
  return [reader, writer];
}

export function isPipe(file: FileObject): file is PipeReader | PipeWriter {
  return file instanceof PipeEnd;
}
