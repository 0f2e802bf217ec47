/** V8 keeps 64 bytes on its own heap: the tape of a short run costs no malloc. */
const CAPACITY_FIRST = 32;
/** A tape that is full grows by this factor. */
const GROWTH = 4;

/** The alternatives taken in a run, as it goes, in one flat array. */
export class Tape {
  /** 16 bits are enough until a decision has more alternatives than that. */
  choices: Uint16Array | Int32Array = new Uint16Array(CAPACITY_FIRST);
  length = 0;
  /** One more than the index of the last decision that was not calm. */
  calmFrom = 0;

  push(choice: number): void {
    const at = this.length;
    if (at === this.choices.length || choice > 0xffff) this.#makeRoom(choice);
    this.choices[at] = choice;
    this.length = at + 1;
    if (choice !== 0) this.calmFrom = at + 1;
  }

  #makeRoom(choice: number): void {
    const { choices, length } = this;
    const wide = choice > 0xffff || choices instanceof Int32Array;
    const capacity = length === choices.length ? length * GROWTH : choices.length;
    if (capacity === choices.length && choices instanceof Int32Array) return;
    this.choices = wide ? new Int32Array(capacity) : new Uint16Array(capacity);
    this.choices.set(choices);
  }

  /** The choices up to the last that was not calm: all that is needed to replay the run. */
  schedule(): number[] {
    return Array.from(this.choices.subarray(0, this.calmFrom));
  }
}
