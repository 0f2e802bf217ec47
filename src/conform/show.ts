import { pollMaskText } from '../sys/constants.ts';
import { errnoCode } from '../sys/errno.ts';
import type { Address, EpollEvent, PollReady, TimerSpec } from '../sys/sys.ts';

/** A result in the form in which two kernels are compared: JSON. */
export type Shown =
  | string
  | number
  | boolean
  | { readonly [key: string]: Shown }
  | readonly Shown[];

/** From here on, ports are the kernel's own choice. */
const EPHEMERAL_FIRST = 10_000;

/** What both kernels have to agree on: everything but the number of an ephemeral port. */
export function show(result: unknown): Shown {
  if (typeof result === 'number') return result < 0 ? errnoCode(-result) : result;
  if (result instanceof Uint8Array) return bytesText(result);
  if (Array.isArray(result)) return result.map(showElement);
  if (typeof result === 'object' && result !== null) {
    if (isAddress(result)) return addressText(result);
    if ('valueMs' in result) return timerText(result as TimerSpec);
    return Object.fromEntries(Object.entries(result).map(([key, value]) => [key, show(value)]));
  }
  return String(result);
}

function showElement(element: unknown): Shown {
  if (typeof element !== 'object' || element === null) return show(element);
  if ('revents' in element) {
    const { fd, revents } = element as PollReady;
    return `${fd}:${pollMaskText(revents)}`;
  }
  const { data, events } = element as EpollEvent;
  return `${data}:${pollMaskText(events)}`;
}

function isAddress(value: object): value is Address {
  return 'port' in value || 'path' in value;
}

function addressText(address: Address): string {
  // An abstract name that the kernel has given is its own choice too.
  if ('path' in address)
    return /^\0[0-9a-f]{5}$/.test(address.path) ? 'autobound' : `unix:${address.path}`;
  // # getsockname: an ephemeral address is shown as such
  // The kernel picks the port; and what getsockname says of an address that was given back depends
  // on which of its caches it was left in.
  return address.port >= EPHEMERAL_FIRST ? 'ephemeral' : `${address.host}:${address.port}`;
}

/** How much is left is the clocks' affair. */
function timerText({ valueMs, intervalMs }: TimerSpec): string {
  return `${valueMs > 0 ? 'armed' : 'disarmed'}, every ${intervalMs} ms`;
}

function bytesText(bytes: Uint8Array): string {
  const hex = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${bytes.length} bytes${bytes.length === 0 ? '' : ` ${hex}`}`;
}
