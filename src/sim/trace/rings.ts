import { errnoCode } from '../../sys/errno.ts';
import { OP } from '../../sys/ops.ts';
import type { RingCompletion, RingEntry } from '../../sys/sys.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { addressText } from '../kernel/addresses.ts';
import { bytesText } from '../kernel/calls/text.ts';
import type { Process } from '../kernel/process.ts';
import type { Task } from '../kernel/task.ts';
import { resultText } from './describe.ts';

/** An answer in words, and whether it took fewer bytes than were given. */
export interface Told {
  readonly text: string;
  readonly short: boolean;
}

function isShort(given: unknown, taken: unknown): boolean {
  if (!(given instanceof Uint8Array) || typeof taken !== 'number') return false;
  return taken >= 0 && taken < given.length;
}

/**
 * What was asked of rings: a completion says by nothing but a number of the program's own what it
 * is the completion of.
 */
export class RingRequests {
  readonly #asked = new WeakMap<Process, Map<string, RingEntry>>();

  /** What a syscall gave; of completions, with what had been asked: `send fd 5: 1 of 12 B`. */
  answerOf(task: Task, call: Syscall<unknown>, result: unknown): Told {
    if (call.op === OP.ringSubmit && typeof result === 'number') {
      for (const entry of (call.data as readonly RingEntry[]).slice(0, result)) {
        this.#of(task).set(keyOf(call, entry), entry);
      }
    }
    if (call.op !== OP.ringWait || !Array.isArray(result) || result.length === 0) {
      return { text: resultText(call, result), short: isShort(call.data, result) };
    }
    const completions = result as readonly RingCompletion[];
    const told = completions.map((one) => this.#completion(task, call, one));
    return {
      text: told.map(({ text }) => text).join(', '),
      short: told.some(({ short }) => short),
    };
  }

  #completion(task: Task, call: Syscall<unknown>, completion: RingCompletion): Told {
    const asked = this.#of(task);
    const key = keyOf(call, completion);
    const entry = asked.get(key);
    asked.delete(key);
    if (entry === undefined) return { text: resultText(call, [completion]), short: false };
    const what = 'fd' in entry ? `${entry.op} fd ${entry.fd}` : entry.op;
    const bytes = 'bytes' in entry ? entry.bytes : undefined;
    return {
      text: `${what}: ${outcomeText(entry, completion)}`,
      short: isShort(bytes, completion.result),
    };
  }

  #of({ process }: Task): Map<string, RingEntry> {
    let asked = this.#asked.get(process);
    if (asked === undefined) {
      asked = new Map();
      this.#asked.set(process, asked);
    }
    return asked;
  }
}

function keyOf(call: Syscall<unknown>, { data }: { readonly data: number }): string {
  return `${call.a0} ${data}`;
}

function outcomeText(entry: RingEntry, { result, bytes, address }: RingCompletion): string {
  if (result < 0) return errnoCode(-result);
  if (bytes !== undefined) return bytes.length === 0 ? 'end of stream' : bytesText(bytes);
  if ('bytes' in entry) {
    const offered = entry.bytes.length;
    return result < offered ? `${result} of ${offered} B` : `${result} B`;
  }
  if (entry.op === 'accept') {
    return `fd ${result}${address === undefined ? '' : `  ← ${addressText(address)}`}`;
  }
  return result === 0 ? 'ok' : String(result);
}
