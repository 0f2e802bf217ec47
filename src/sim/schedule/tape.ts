/** A hundred short runs fit into it. */
const ROOM = 65_536;
/** What is left of the room is handed on as long as a short run fits into it. */
const REST_MIN = 1024;
/** A tape that is full grows by this factor. */
const GROWTH = 4;

/** Room that the last tape has left over: the next takes it, so that a run allocates none. */
let spare: Uint16Array | null = null;

/** The alternatives taken in a run, as it goes, in one flat array. */
export class Tape {
  /** 16 bits are enough until a decision has more alternatives than that. */
  choices: Uint16Array | Int32Array = spare ?? new Uint16Array(ROOM);
  length = 0;
  /** One more than the index of the last decision that was not calm. */
  calmFrom = 0;

  constructor() {
    spare = null;
  }

  push(choice: number): void {
    const at = this.length;
    if (at === this.choices.length || choice > 0xffff) this.makeRoom(choice);
    this.choices[at] = choice;
    this.length = at + 1;
    if (choice !== 0) this.calmFrom = at + 1;
  }

  private makeRoom(choice: number): void {
    const { choices, length } = this;
    const wide = choice > 0xffff || choices instanceof Int32Array;
    const capacity =
      length === choices.length ? Math.max(length * GROWTH, REST_MIN) : choices.length;
    if (capacity === choices.length && choices instanceof Int32Array) return;
    this.choices = wide ? new Int32Array(capacity) : new Uint16Array(capacity);
    this.choices.set(choices);
  }

  /** The run is over: what it has not used of its room is the next tape's. */
  close(): void {
    const { choices, length } = this;
    this.choices = choices.subarray(0, length);
    if (choices instanceof Uint16Array && choices.length - length >= REST_MIN) {
      spare = choices.subarray(length);
    }
  }

  /** The choices up to the last that was not calm: all that is needed to replay the run. */
  schedule(): number[] {
    return Array.from(this.choices.subarray(0, this.calmFrom));
  }
}
