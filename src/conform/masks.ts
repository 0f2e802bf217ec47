import * as c from '../sys/constants.ts';
import type { Shown } from './show.ts';

/** Bits on which both kernels have to agree; the NORM ones only accompany IN and OUT. */
export const MASK: number =
  c.POLLIN | c.POLLPRI | c.POLLOUT | c.POLLRDHUP | c.POLLHUP | c.POLLERR | c.POLLNVAL;

/** The readiness of every open descriptor, process by process; null for one that has ended. */
export function masksText(
  processes: readonly ((readonly [fd: number, revents: number])[] | null)[],
): Shown {
  const text = ([fd, revents]: readonly [number, number]): string =>
    `${fd}:${c.pollMaskText(revents & MASK)}`;
  return processes.map((fds) => (fds === null ? 'ended' : fds.map(text).join(' '))).join(' / ');
}
