/** Ctrl-C once: stop at the next slice and say what is known so far. */
export class Interrupt {
  seen = false;
  #resolve: (() => void) | undefined;
  /** Resolved when it is seen. */
  readonly came: Promise<void> = new Promise((resolve) => {
    this.#resolve = resolve;
  });
  readonly #listener = (): void => {
    this.seen = true;
    this.#resolve?.();
  };

  constructor() {
    process.once('SIGINT', this.#listener);
  }

  release(): void {
    process.off('SIGINT', this.#listener);
  }
}
