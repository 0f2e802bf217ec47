import { EAFNOSUPPORT, EINVAL } from '../../sys/errno.ts';
import type { Address, InetAddress, UnixAddress } from '../../sys/sys.ts';

export function isInet(address: Address): address is InetAddress {
  return 'port' in address;
}

/** INADDR_ANY: all addresses of a machine. An empty host is another way to write it. */
export function isAnyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '';
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65535;
}

/** What every address of this machine stands for: 0.0.0.0. */
export const ANY_ADDRESS = '0.0.0.0';
const LOOPBACK = '127.0.0.1';

/** One of a host's own addresses in the one form in which such are compared. */
export function addressOn(host: string, name: string): string {
  if (isAnyAddress(name)) return ANY_ADDRESS;
  return name === host || name === 'localhost' ? LOOPBACK : name;
}

/** inet_rcv_saddr_equal: one that is any address meets every other. */
export function addressesMeet(one: string, other: string): boolean {
  return one === other || one === ANY_ADDRESS || other === ANY_ADDRESS;
}

/** sizeof(struct sockaddr_in). */
const INET_BYTES = 16;
const FAMILY_BYTES = 2;
/** sizeof(sun_path). */
const PATH_BYTES_MAX = 108;

/** Bytes of a path or an abstract name. */
const nameBytes = (path: string): number => new TextEncoder().encode(path).length;

/** Whether it fits into a struct sockaddr_un. */
export function isUnixName(path: string): boolean {
  return nameBytes(path) <= PATH_BYTES_MAX;
}

/**
 * The errno for an address of AF_UNIX where one of AF_INET is wanted: the family is looked at only
 * if it is as long as one of those (inet_bind_sk). A path ends in a NUL byte.
 */
export function wrongFamily({ path }: UnixAddress): number {
  const end = path === '' || path.startsWith('\0') ? 0 : 1;
  const isShort = FAMILY_BYTES + nameBytes(path) + end < INET_BYTES;
  return isShort || !isUnixName(path) ? -EINVAL : -EAFNOSUPPORT;
}

/** `127.0.0.1:7000`, `unix:/run/server`. */
export function addressText(address: Address): string {
  return isInet(address)
    ? `${address.host}:${address.port}`
    : `unix:${address.path || '(unnamed)'}`;
}
