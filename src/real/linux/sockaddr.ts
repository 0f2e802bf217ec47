import { EINVAL } from '../../sys/errno.ts';
import type { Address, InetAddress } from '../../sys/sys.ts';

const AF_UNIX = 1;
export const AF_INET = 2;
const INET_BYTES = 16;
/** sizeof(struct sockaddr_un). */
export const SOCKADDR_BYTES_MAX = 110;
const UNIX_PATH_AT = 2;

/** connect(2) with this dissolves a connection. */
export const UNSPECIFIED: Uint8Array = new Uint8Array(INET_BYTES);

/** struct sockaddr_in of a dotted address. */
export function encodeInet({ host, port }: InetAddress): Uint8Array {
  const bytes = new Uint8Array(INET_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port);
  host.split('.').forEach((part, i) => {
    bytes[4 + i] = Number(part);
  });
  return bytes;
}

/** struct sockaddr_un; -EINVAL for a path that does not fit. */
export function encodeUnix(path: string): Uint8Array | number {
  const name = new TextEncoder().encode(path);
  const isPath = name.length > 0 && name[0] !== 0;
  const bytes = new Uint8Array(UNIX_PATH_AT + name.length + (isPath ? 1 : 0));
  if (bytes.length > SOCKADDR_BYTES_MAX) return -EINVAL;
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, true);
  bytes.set(name, UNIX_PATH_AT);
  return bytes;
}

/** What libc has written: `length` bytes of a socket address. */
export function decode(bytes: Uint8Array, length: number): Address {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint16(0, true) === AF_INET) {
    return { host: bytes.subarray(4, 8).join('.'), port: view.getUint16(2) };
  }
  const name = bytes.subarray(UNIX_PATH_AT, Math.max(UNIX_PATH_AT, length));
  const text = new TextDecoder().decode(name);
  return { path: text.startsWith('\0') ? text : text.replace(/\0.*$/s, '') };
}
