import type { Internal, Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';
import type { NodeQueues } from './queues.ts';

/** A program that connects again whenever it is cut off would never be done. */
const ROUNDS_MAX = 20;
/** undici's clock, which goes on by half a second whenever its one timer fires. */
const UNDICI_TICK = 'onTick';
/** Twice as many as its longest time-out needs, which are 300 s unless somebody asks for more. */
const UNDICI_TICKS_MAX = 1_200;

/**
 * Close what a run has left open, so that the next one finds nothing of it: sockets and servers as
 * their owners close them, so that agents let go of theirs; then timers and immediates. What that
 * queues runs at once, in a network that is down.
 */
export function closeLeftovers(
  loops: readonly GuestLoop[],
  queues: NodeQueues,
  internals: Internals,
): void {
  const { owner_symbol: ownerSymbol } = internals.requireBuiltin('internal/async_hooks').symbols;
  let tick: Internal;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    let found = 0;
    for (const loop of loops) {
      for (const handle of [...loop.handles.values()] as Internal[]) {
        found++;
        closeOwner(handle[ownerSymbol]);
        handle.close();
      }
    }
    const timers = queues.fireNone();
    tick ??= timers.find((timer) => timer._onTimeout?.name === UNDICI_TICK);
    for (const loop of loops) found += loop.closeAll();
    loops[0]?.drain();
    queues.clearImmediates();
    if (found + timers.length === 0) break;
  }
  if (tick !== undefined) forgetTimeouts(tick, queues);
}

/**
 * undici keeps time-outs in a list of its own, and with them connections that are long gone; it
 * winds its clock up only when the first comes into that list. So its clock goes on until none is
 * left.
 */
function forgetTimeouts(tick: Internal, queues: NodeQueues): void {
  for (let count = 0; count < UNDICI_TICKS_MAX; count++) {
    attempt(() => tick._onTimeout());
    if (!queues.fireNone().includes(tick)) return;
  }
}

/** A socket is destroyed, a server or a datagram socket closed. */
function closeOwner(owner: Internal): void {
  if (typeof owner?.destroy === 'function') attempt(() => owner.destroy());
  else if (typeof owner?.close === 'function') attempt(() => owner.close());
}

/** What it throws is nobody's any more. */
function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // The run is over.
  }
}
