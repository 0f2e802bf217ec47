import { elementAt, valueEnd } from '../../sim/trace/protocols/resp.ts';

const LF = 10;

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
    const end = valueEnd(this.#rest, 0);
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
    const head = rest[0] === ARRAY ? elementAt(rest, 0) : undefined;
    if (head === undefined) {
      const text = this.#cut(line + 1)
        .toString('latin1')
        .trim();
      return text === '' ? [] : text.split(/\s+/).map((word) => Buffer.from(word, 'latin1'));
    }
    const words: Buffer[] = [];
    let at = head.end;
    while (words.length < head.more) {
      const word = elementAt(rest, at);
      if (word === undefined) return undefined;
      if (word.type !== '$' || word.content === undefined) {
        throw new RangeError('expected a bulk string');
      }
      words.push(word.content as Buffer);
      at = word.end;
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
