/**
 * Promises that bodies left rejected and unhandled.
 *
 * Node reports them at the end of a macrotask, and by default dies of them. A run judges them
 * itself, once, when it is over: one that is handled later in the run is no mistake, and whether it
 * is must not depend on where a schedule puts the end of a step. Node tells of them through
 * `process.emit`, so while it is asked to look, that is where they are caught.
 */
export class Rejections {
  readonly #found = new Map<unknown, unknown>();
  #watching = false;
  /** What stood in place of the inherited `process.emit`, if anything did. */
  #before: PropertyDescriptor | undefined;

  /** From now on rejections are this run's, and nobody else hears of them. */
  watch(): void {
    this.#watching = true;
    this.#before = Object.getOwnPropertyDescriptor(process, 'emit');
    const found = this.#found;
    const emit = process.emit;
    const watched = (event: string, ...args: unknown[]): boolean => {
      if (event === 'unhandledRejection') found.set(args[1], args[0]);
      else if (event === 'rejectionHandled') found.delete(args[0]);
      else return Reflect.apply(emit, process, [event, ...args]);
      return true;
    };
    process.emit = watched as typeof process.emit;
  }

  unwatch(): void {
    if (!this.#watching) return;
    this.#watching = false;
    if (this.#before === undefined) Reflect.deleteProperty(process, 'emit');
    else Object.defineProperty(process, 'emit', this.#before);
  }

  /** The reasons, in the order of the rejections. */
  collect(): readonly unknown[] {
    if (!this.#watching) {
      const lookNow = (process as unknown as { _tickCallback?: () => void })._tickCallback;
      if (lookNow === undefined) return [];
      this.watch();
      try {
        lookNow();
      } finally {
        this.unwatch();
      }
    }
    return [...this.#found.values()];
  }
}
