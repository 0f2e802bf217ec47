const CAPACITY_FIRST = 512;

/** The alternatives taken in a run, as it goes, in one flat array. */
export class Tape {
  choices: Int32Array = new Int32Array(CAPACITY_FIRST);
  length = 0;
  /** One more than the index of the last decision that was not calm. */
  calmFrom = 0;

  push(choice: number): void {
    const at = this.length;
    if (at === this.choices.length) this.#grow();
    this.choices[at] = choice;
    this.length = at + 1;
    if (choice !== 0) this.calmFrom = at + 1;
  }

  #grow(): void {
    const choices = new Int32Array(this.choices.length * 2);
    choices.set(this.choices);
    this.choices = choices;
  }

  /** The choices up to the last that was not calm: all that is needed to replay the run. */
  schedule(): number[] {
    return Array.from(this.choices.subarray(0, this.calmFrom));
  }
}
