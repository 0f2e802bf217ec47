/** A number that V8 keeps in place has so many bits to spare. */
const WORD_BITS = 30;

/** Ports from `first` on, a bit each: a Set would take 30 bytes of every connection. */
export class PortSet {
  readonly #first: number;
  readonly #words: number[] = [];

  constructor(first: number) {
    this.#first = first;
  }

  add(port: number): void {
    const { word, bit } = this.#placeOf(port);
    while (this.#words.length <= word) this.#words.push(0);
    this.#words[word] = (this.#words[word] as number) | bit;
  }

  delete(port: number): void {
    const { word, bit } = this.#placeOf(port);
    if (word < this.#words.length) this.#words[word] = (this.#words[word] as number) & ~bit;
  }

  has(port: number): boolean {
    const { word, bit } = this.#placeOf(port);
    return ((this.#words[word] ?? 0) & bit) !== 0;
  }

  #placeOf(port: number): { word: number; bit: number } {
    const at = port - this.#first;
    return { word: Math.floor(at / WORD_BITS), bit: 1 << (at % WORD_BITS) };
  }
}
