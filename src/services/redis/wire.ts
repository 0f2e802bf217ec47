/** RESP, Redis' protocol, versions 2 and 3 ("Redis serialization protocol specification"). */

const CR = 13;
const LF = 10;
/** Longer ones Redis does not take either. */
const BULK_MAX = 512 * 1024 * 1024;

/** Puts together what comes in pieces. */
export class Stream {
  #rest: Buffer = Buffer.alloc(0);

  push(bytes: Uint8Array): void {
    this.#rest = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes]);
  }

  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  /** The next reply; undefined until it is whole. */
  reply(): Buffer | undefined {
    const end = replyEnd(this.#rest, 0);
    return end === undefined ? undefined : this.#cut(end);
  }

  /**
   * The next command, as its words; empty where there is none on its line, undefined until it is
   * whole. Throws a RangeError at what is none.
   */
  command(): Buffer[] | undefined {
    const rest = this.#rest;
    const line = rest.indexOf(LF);
    if (line < 0) return undefined;
    if (rest[0] !== ARRAY) {
      const text = this.#cut(line + 1)
        .toString('latin1')
        .trim();
      return text === '' ? [] : text.split(/\s+/).map((word) => Buffer.from(word, 'latin1'));
    }
    const words: Buffer[] = [];
    let at = line + 1;
    for (let left = numberAt(rest, 0); left > 0; left--) {
      const end = rest.indexOf(LF, at);
      if (end < 0) return undefined;
      const length = numberAt(rest, at);
      if (rest[at] !== BULK || !(length >= 0 && length <= BULK_MAX)) {
        throw new RangeError('expected a bulk string');
      }
      at = end + 1 + length + 2;
      if (rest.length < at) return undefined;
      words.push(rest.subarray(end + 1, end + 1 + length));
    }
    this.#cut(at);
    return words;
  }

  #cut(end: number): Buffer {
    const cut = this.#rest.subarray(0, end);
    this.#rest = this.#rest.subarray(end);
    return cut;
  }
}

const ARRAY = 0x2a;
const BULK = 0x24;

/** Of the line that begins there with a letter for its type. */
function numberAt(bytes: Buffer, at: number): number {
  return Number(bytes.toString('latin1', at + 1, bytes.indexOf(CR, at)));
}

/** Where a reply ends that begins there; undefined while it is not whole. */
function replyEnd(bytes: Buffer, from: number): number | undefined {
  let at = from;
  for (let left = 1; left > 0; left--) {
    const line = bytes.indexOf(LF, at);
    if (line < 0) return undefined;
    const type = String.fromCharCode(bytes[at] as number);
    const count = numberAt(bytes, at);
    at = line + 1;
    if ('$=!'.includes(type) && count >= 0) at += count + 2;
    else if ('*~>'.includes(type)) left += Math.max(0, count);
    else if (type === '%') left += 2 * count;
    // An attribute stands before what it is of.
    else if (type === '|') left += 2 * count + 1;
    if (bytes.length < at) return undefined;
  }
  return at;
}

/** A command as clients send it. */
export function encoded(words: readonly (Buffer | string)[]): Buffer {
  const parts = words.flatMap((word) => [
    Buffer.from(`$${Buffer.byteLength(word)}\r\n`),
    Buffer.from(word),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}

/** Whether it comes without having been asked for (RESP3). */
export const isPush = (reply: Buffer): boolean => reply[0] === 0x3e;
export const isError = (reply: Buffer): boolean => reply[0] === 0x2d;
