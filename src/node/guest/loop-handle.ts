import type { HandleId, LoopEvent } from '../wire.ts';
import type { AsyncContext } from './async.ts';
import type { EventTarget, GuestLoop } from './loop.ts';

/**
 * What libuv's handles have in common that are no streams: one keeps its program alive while it is
 * open, at work, and referenced. What it keeps shows in no print of it.
 */
export abstract class LoopHandle implements EventTarget {
  readonly heddleId: HandleId;
  readonly #loop: GuestLoop;
  readonly #context: AsyncContext;
  readonly #what: string;
  #open = true;
  #working = false;
  #referenced = true;
  #counted = false;

  /**
   * @param provider as async_hooks names it
   * @param what for laws
   */
  constructor(loop: GuestLoop, provider: string, what: string) {
    this.#loop = loop;
    this.#what = what;
    this.heddleId = loop.nextHandleId();
    this.#context = loop.contexts.begin(provider, this);
    loop.handles.set(this.heddleId, this);
  }

  protected get loop(): GuestLoop {
    return this.#loop;
  }

  protected get context(): AsyncContext {
    return this.#context;
  }

  protected get isOpen(): boolean {
    return this.#open;
  }

  protected get working(): boolean {
    return this.#working;
  }

  protected set working(on: boolean) {
    this.#working = on;
    this.#count();
  }

  #count(): void {
    const counts = this.#open && this.#referenced && this.#working;
    if (counts === this.#counted) return;
    this.#counted = counts;
    this.#loop.references += counts ? 1 : -1;
  }

  abstract on(event: LoopEvent, bytes: Uint8Array): void;

  /** The kernel's side of it ends. */
  protected abstract end(): void;

  describe(): string {
    return this.#counted ? this.#what : '';
  }

  getAsyncId(): number {
    return this.#context.id;
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
    this.end();
    this.#open = false;
    this.working = false;
    this.#loop.handles.delete(this.heddleId);
    this.#loop.closeLater(() => {
      if (callback !== undefined) this.#context.run(() => callback.call(this));
      this.#context.end();
    });
  }
}
