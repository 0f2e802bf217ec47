/** Ctrl-C once: stop at the next slice and say what is known so far. */
export class Interrupt {
  seen = false;
  readonly #listener = (): void => {
    this.seen = true;
  };

  constructor() {
    process.once('SIGINT', this.#listener);
  }

  release(): void {
    process.off('SIGINT', this.#listener);
  }
}
