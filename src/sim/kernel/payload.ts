/** V8 keeps typed arrays of up to this many bytes on its heap, where a copy costs least of all. */
const ON_HEAP_BYTES_MAX = 64;
/** A copy of more bytes than this takes so long that a buffer of its own no longer counts. */
const SHARED_BYTES_MAX = 4096;
/** Sixteen of the longest copies that share it. */
const SLAB_BYTES = 65_536;

let slab = new Uint8Array(0);
let used = 0;

/**
 * Room for a payload of `size` bytes, which nobody else will write to.
 *
 * # recv and read: the buffer behind the bytes is shared
 * Payloads of 65 to 4,096 bytes lie side by side in buffers of 64 KiB, as Node's pooled Buffers do:
 * whoever looks at `bytes.buffer` has to mind `bytes.byteOffset` (a multiple of 8), and a payload
 * that is kept keeps its whole buffer. A buffer for each would cost several times what the copy
 * does.
 */
export function newPayload(size: number): Uint8Array {
  if (size <= ON_HEAP_BYTES_MAX || size > SHARED_BYTES_MAX) return new Uint8Array(size);
  // A slab whose buffer a program has transferred away has no length.
  if (used + size > slab.length) {
    slab = new Uint8Array(SLAB_BYTES);
    used = 0;
  }
  const at = used;
  used += (size + 7) & ~7;
  return new Uint8Array(slab.buffer, at, size);
}

/** A copy of `size` bytes of `bytes` from `from`. */
export function copyPayload(bytes: Uint8Array, from: number, size: number): Uint8Array {
  const part = from === 0 && size === bytes.length ? bytes : bytes.subarray(from, from + size);
  if (size <= ON_HEAP_BYTES_MAX) return new Uint8Array(part);
  const copy = newPayload(size);
  copy.set(part);
  return copy;
}
