import { pinned } from './sql.ts';
import { type Message, message, textAt } from './wire.ts';

/** What is handed to the engine at once. */
export interface Batch {
  readonly bytes: readonly Uint8Array[];
  /** The statements that it carries out, as the client has written them. */
  readonly statements: readonly string[];
  /** ReadyForQuery that the engine owes for it: 0 where it ends in a Flush. */
  readonly readies: number;
  /** Where it ends in a Flush: answers to the messages since the last Sync. */
  readonly replies: number;
  /** It is none of the simple query protocol. */
  readonly isExtended: boolean;
}

/** Each has one answer, or an error stands for them all. */
const REPLIED = 'PBDEC';

/**
 * Puts together what belongs together: TCP may part a Parse from its Sync, and half of them would
 * leave the engine in the middle of something.
 */
export class Batches {
  #open: Message[] = [];
  /** The engine waits for rows of a COPY. */
  copying: 'simple' | 'extended' | undefined;
  /** Texts of prepared statements and what portals are bound to, by name. */
  readonly #prepared = new Map<string, string>();

  /** A batch that ends in this message; undefined while it goes on. */
  add(next: Message): Batch | undefined {
    const isSync = next.type === 'S' || next.type === 'H';
    // In the middle of a COPY the engine takes no notice of them.
    if (this.copying !== undefined && isSync && !this.#open.some(endsCopy)) return undefined;
    this.#open.push(next);
    if (!this.#isWhole(next)) return undefined;
    const messages = this.#open;
    this.#open = [];
    const rests = this.copying === 'simple';
    this.copying = undefined;
    const isFlush = next.type === 'H';
    return {
      bytes: messages.map(rewritten),
      statements: messages.flatMap((each) => this.#statement(each)),
      readies: isFlush || rests ? 0 : 1,
      replies: isFlush ? messages.filter(({ type }) => REPLIED.includes(type)).length : 0,
      isExtended: isSync,
    };
  }

  #isWhole(next: Message): boolean {
    return this.copying === 'simple' ? endsCopy(next) : 'QFSH'.includes(next.type);
  }

  #statement({ type, body }: Message): string[] {
    if (type === 'Q') return [textAt(body)];
    if (type === 'P') {
      const name = textAt(body);
      this.#prepared.set(name, textAt(body, Buffer.byteLength(name) + 1));
      return [];
    }
    if (type !== 'B') return [];
    const portal = textAt(body);
    const text = this.#prepared.get(textAt(body, Buffer.byteLength(portal) + 1));
    return text === undefined ? [] : [text];
  }
}

const endsCopy = ({ type }: Message): boolean => type === 'c' || type === 'f';

/** With what asks the machine's clock replaced. */
function rewritten({ type, whole, body }: Message): Uint8Array {
  if (type === 'Q') {
    const text = textAt(body);
    const made = pinned(text);
    return made === text ? whole : message('Q', made);
  }
  if (type !== 'P') return whole;
  const name = textAt(body);
  const at = Buffer.byteLength(name) + 1;
  const text = textAt(body, at);
  const made = pinned(text);
  if (made === text) return whole;
  return message('P', name, made, body.subarray(at + Buffer.byteLength(text) + 1));
}
