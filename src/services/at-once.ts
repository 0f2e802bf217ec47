import type { Task } from '../sim/kernel/task.ts';
import type { World } from '../sim/schedule/world.ts';
import { MSG_DONTWAIT, MSG_NOSIGNAL } from '../sys/constants.ts';
import { Sys } from '../sys/sys.ts';
import type { Syscall } from '../sys/syscall.ts';
import type { Peer } from './serve.ts';

/** A syscall of a service in the middle of a step, as a part of it: it may not sleep. */
export function atOnce(sys: Sys, call: Syscall<number>): number {
  const task = Sys.ownerOf(sys) as Task;
  return (task.surroundings as World).callWithin(task, call) as number;
}

/** Wakes the connection that waits on this eventfd, before anybody else may come between. */
export function wakeAtOnce(sys: Sys, wakeFd: number): void {
  atOnce(sys, sys.write(wakeFd, ONE));
}
const ONE = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** It ends with a RST: whoever is at the other end is told ECONNRESET. */
export function resetsAtEnd(sys: Sys, fd: number): void {
  atOnce(sys, sys.setsockopt(fd, 'SO_LINGER', 0));
}

/** Ends another's connection: its task, which reads there or waits to be woken, finds it so. */
export function endAtOnce(sys: Sys, { fd, wakeFd }: Pick<Peer, 'fd' | 'wakeFd'>): void {
  atOnce(sys, sys.shutdown(fd, 'rdwr'));
  wakeAtOnce(sys, wakeFd);
}

/**
 * Sends what there is room for, within this step: in the next one the descriptor may be another's.
 * Gives what is left.
 */
export function sendAtOnce(sys: Sys, fd: number, bytes: Uint8Array): Uint8Array {
  const sent = atOnce(sys, sys.send(fd, bytes, MSG_DONTWAIT | MSG_NOSIGNAL));
  return bytes.subarray(Math.max(0, sent));
}
