export const EPOLL_CLOEXEC = 0o2000000;
/** sizeof(struct epoll_event), packed. */
export const EPOLL_EVENT_BYTES = 12;

/** A packed struct epoll_event: any JavaScript number goes there and back as a double's bits. */
export function epollEvent(events: number, data: number): Uint8Array {
  const bytes = new Uint8Array(EPOLL_EVENT_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, events, true);
  view.setFloat64(4, data, true);
  return bytes;
}
