import type { LoopEvent } from '../wire.ts';
import { handleClass } from './handle-class.ts';
import type { Internal, Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';
import { LoopHandle } from './loop-handle.ts';
import type { Present } from './present.ts';

/**
 * `Signal`, as lib/internal/process/signal.js asks for it. In a thread Node listens to no signals,
 * as a thread has none; a simulated process has.
 */
export function replaceSignals(
  { internalBinding, requireBuiltin }: Internals,
  present: Present,
): void {
  const signals = internalBinding('signal_wrap');
  signals.Signal = handleClass(signals.Signal, SignalHandle, present);
  const { startListeningIfSignal, stopListeningIfSignal } =
    requireBuiltin('internal/process/signal');
  process.on('newListener', startListeningIfSignal);
  process.on('removeListener', stopListeningIfSignal);
}

/** A handle of libuv's unix/signal.c. Numbers are 0 or a negated errno. */
class SignalHandle extends LoopHandle {
  declare onsignal: Internal;

  constructor(loop: GuestLoop) {
    super(loop, 'SIGNALWRAP', 'signal');
  }

  start(signal: number): number {
    const errno = this.loop.callNumber(['signal', this.heddleId, signal, true]);
    this.working = errno === 0;
    return errno;
  }

  stop(): number {
    if (!this.working) return 0;
    this.working = false;
    return this.loop.callNumber(['signal', this.heddleId, 0, false]);
  }

  on(event: LoopEvent): void {
    if (event[0] !== 'signalled' || !this.working) return;
    this.context.run(() => this.onsignal(event[2]));
  }

  protected end(): void {
    this.stop();
  }
}
