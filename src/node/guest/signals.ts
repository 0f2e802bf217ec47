import type { HandleId, LoopEvent } from '../wire.ts';
import type { AsyncContext } from './async.ts';
import { handleClass } from './handle-class.ts';
import type { Internal, Internals } from './internals.ts';
import type { EventTarget, GuestLoop } from './loop.ts';
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
class SignalHandle implements EventTarget {
  readonly heddleId: HandleId;
  readonly #loop: GuestLoop;
  readonly #context: AsyncContext;
  #watches = false;
  #open = true;
  #referenced = true;
  #counted = false;
  declare onsignal: Internal;

  constructor(loop: GuestLoop) {
    this.#loop = loop;
    this.heddleId = loop.nextHandleId();
    this.#context = loop.contexts.begin('SIGNALWRAP', this);
    loop.handles.set(this.heddleId, this);
  }

  #count(): void {
    const counts = this.#open && this.#referenced && this.#watches;
    if (counts === this.#counted) return;
    this.#counted = counts;
    this.#loop.references += counts ? 1 : -1;
  }

  describe(): string {
    return this.#counted ? 'signal' : '';
  }

  getAsyncId(): number {
    return this.#context.id;
  }

  start(signal: number): number {
    const errno = this.#loop.callNumber(['signal', this.heddleId, signal, true]);
    this.#watches = errno === 0;
    this.#count();
    return errno;
  }

  stop(): number {
    if (!this.#watches) return 0;
    this.#watches = false;
    this.#count();
    return this.#loop.callNumber(['signal', this.heddleId, 0, false]);
  }

  on(event: LoopEvent): void {
    if (event[0] !== 'signalled' || !this.#watches) return;
    this.#context.run(() => this.onsignal(event[2]));
  }

  ref(): void {
    this.#referenced = true;
    this.#count();
  }

  unref(): void {
    this.#referenced = false;
    this.#count();
  }

  hasRef(): boolean {
    return this.#open && this.#referenced;
  }

  close(callback?: () => void): void {
    if (!this.#open) return;
    this.stop();
    this.#open = false;
    this.#loop.handles.delete(this.heddleId);
    this.#loop.closeLater(() => {
      if (callback !== undefined) this.#context.run(callback);
      this.#context.end();
    });
  }
}
