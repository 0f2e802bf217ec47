import { FAULT_STALL } from '../kernel/choices.ts';
import { TcpSocket } from '../kernel/tcp.ts';
import type { World } from '../schedule/world.ts';

/** What reports call {@link noLeakLaw}. @since 0.1.0 */
export const LAW_NO_LEAK = 'no descriptor is left of a connection that is over';

/**
 * When everything has come to rest, a process holds no socket whose connection is over: reset,
 * closed on both sides, or ended by the peer with nothing left to read. (A connection whose end is
 * still on its way is not over.)
 *
 * ```ts
 * noLeakLaw(world, 'server');
 * ```
 *
 * @since 0.1.0
 */
export function noLeakLaw(world: World, processName: string): void {
  world.finally(LAW_NO_LEAK, () => {
    const process = world.processNamed(processName);
    const left: string[] = [];
    for (const [fd, { file }] of process?.descriptors.entries() ?? []) {
      if (file instanceof TcpSocket && isOver(file, world.faults))
        left.push(`${fd} (${file.state})`);
    }
    return left.length === 0 || `${processName} still holds descriptor ${left.join(', ')}`;
  });
}

function isOver(socket: TcpSocket, faults: number): boolean {
  // While ways may stand still, the end may have come only now, or a server may still be about to
  // answer one that has gone.
  if (socket.peer === null || (faults & FAULT_STALL) !== 0) return false;
  // Nor while what it has sent is still under way: it may be waiting for room for the rest of its
  // answer.
  if ((socket.link?.bytesInFlight ?? 0) > 0) return false;
  return socket.state === 'CLOSE' || socket.state === 'CLOSE_WAIT';
}
