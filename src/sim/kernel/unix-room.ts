/** A page of x86-64, by which larger messages are counted. */
const PAGE_BYTES = 4096;
/** SKB_DATA_ALIGN(sizeof(struct skb_shared_info)): behind the bytes of every message. */
const SHARED_INFO_BYTES = 320;
/** sizeof(struct sk_buff), as the cache gives it out. */
const HEAD_BYTES = 256;
const CACHE_LINE_BYTES = 64;
/** kmalloc gives powers of two; the least that fits with what stands behind. */
const KMALLOC_BYTES_MIN = 256;
/** SKB_MAX_HEAD(0): more bytes of a stream's message lie in pages of their own. */
const STREAM_LINEAR_BYTES_MAX: number = PAGE_BYTES - SHARED_INFO_BYTES;
/** SKB_MAX_ALLOC: likewise for messages that are kept whole. */
const WHOLE_LINEAR_BYTES_MAX: number = 4 * PAGE_BYTES - SHARED_INFO_BYTES;
/** UNIX_SKB_FRAGS_SZ. */
const FRAGMENTS_BYTES = 32_768;

/** A longer send on a stream is several messages. */
export const STREAM_MESSAGE_BYTES_MAX: number = STREAM_LINEAR_BYTES_MAX + FRAGMENTS_BYTES;

const pages = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;

/**
 * What a message of so many bytes takes of its sender's buffer (skb->truesize, as
 * sock_alloc_send_pskb makes it), so that empty ones cannot go on for ever.
 */
export function roomOf(bytes: number, isStream: boolean): number {
  const linearMax = isStream ? STREAM_LINEAR_BYTES_MAX : WHOLE_LINEAR_BYTES_MAX;
  const paged = bytes <= linearMax ? 0 : Math.min(bytes, pages(bytes - linearMax));
  const linear = Math.ceil((bytes - paged) / CACHE_LINE_BYTES) * CACHE_LINE_BYTES;
  let head = KMALLOC_BYTES_MIN;
  while (head < linear + SHARED_INFO_BYTES) head *= 2;
  return HEAD_BYTES + head + pages(paged);
}
