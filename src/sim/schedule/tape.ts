const CAPACITY_FIRST = 512;

/** The decisions of a run as it goes: kind, number of alternatives and the one taken, in flat arrays. */
export class Tape {
  kinds: Uint8Array = new Uint8Array(CAPACITY_FIRST);
  arities: Int32Array = new Int32Array(CAPACITY_FIRST);
  choices: Int32Array = new Int32Array(CAPACITY_FIRST);
  length = 0;
  /** One more than the index of the last decision that was not calm. */
  calmFrom = 0;

  push(kind: number, arity: number, choice: number): void {
    const at = this.length++;
    if (at === this.choices.length) this.#grow();
    this.kinds[at] = kind;
    this.arities[at] = arity;
    this.choices[at] = choice;
    if (choice !== 0) this.calmFrom = at + 1;
  }

  #grow(): void {
    const capacity = this.choices.length * 2;
    const kinds = new Uint8Array(capacity);
    const arities = new Int32Array(capacity);
    const choices = new Int32Array(capacity);
    kinds.set(this.kinds);
    arities.set(this.arities);
    choices.set(this.choices);
    this.kinds = kinds;
    this.arities = arities;
    this.choices = choices;
  }

  /** The choices up to the last that was not calm: all that is needed to replay the run. */
  schedule(): number[] {
    return Array.from(this.choices.subarray(0, this.calmFrom));
  }
}
