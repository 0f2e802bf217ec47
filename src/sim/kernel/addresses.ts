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

/** The errno for an address of AF_UNIX; an empty one is too short to be looked at. */
export function wrongFamily({ path }: UnixAddress): number {
  return path === '' ? -EINVAL : -EAFNOSUPPORT;
}

/** `127.0.0.1:7000`, `unix:/run/server`. */
export function addressText(address: Address): string {
  return isInet(address)
    ? `${address.host}:${address.port}`
    : `unix:${address.path || '(unnamed)'}`;
}
