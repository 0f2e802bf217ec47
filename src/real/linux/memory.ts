import { MSG_TRUNC } from '../../sys/constants.ts';

/** More than any buffer of a socket holds: who asks for more gets what there is. */
const READ_BYTES_MAX = 2 ** 28;
/** asyncio asks for 256 KiB each time; a read of more than this gets memory of its own. */
const KEPT_BYTES = 2 ** 20;

let kept: Uint8Array | undefined;

/**
 * Memory for a read of at most `bytesMax` bytes, perhaps larger. It is the next read's too, so what
 * was read is copied out of it. MSG_TRUNC leaves memory of TCP as it is: that one is fresh.
 */
export function readRoom(bytesMax: number, flags: number): Uint8Array {
  if (bytesMax > KEPT_BYTES || (flags & MSG_TRUNC) !== 0) {
    return new Uint8Array(Math.min(bytesMax, READ_BYTES_MAX));
  }
  kept ??= new Uint8Array(KEPT_BYTES);
  return kept;
}

/** V8 keeps typed arrays of up to this many bytes on its heap. */
const ON_HEAP_BYTES_MAX = 64;
const small = new Uint8Array(ON_HEAP_BYTES_MAX + 1);

/**
 * The bytes where libc can read them, until the next call of this. V8 moves what is on its heap
 * elsewhere when its address is asked for, which costs several times what a copy does.
 */
export function offHeap(bytes: Uint8Array): Uint8Array {
  if (bytes.length > ON_HEAP_BYTES_MAX) return bytes;
  small.set(bytes);
  return small;
}
