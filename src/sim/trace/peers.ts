import { OP } from '../../sys/ops.ts';
import type { Address } from '../../sys/sys.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { addressText, isInet } from '../kernel/addresses.ts';
import { BLOCKED } from '../kernel/calls/handler.ts';
import type { Task } from '../kernel/task.ts';
import { ownAddress } from '../schedule/sight.ts';

/**
 * Whose addresses are: a report says `server → client#1` and not `127.0.0.1:7000→127.0.0.1:32768`.
 * An address that was bound is its process's, with the port; one that connecting has given is its
 * task's, with the port only where the task has several.
 */
export class Peers {
  /** Who has bound an address, in order, and the step in which it did. */
  readonly #bound = new Map<string, { readonly process: string; readonly step: number }[]>();
  readonly #connecting = new Map<string, string>();

  /** A syscall had its turn. */
  saw(task: Task, call: Syscall<unknown>, result: unknown, step: number): void {
    if (call.op === OP.bind && result === 0) {
      const address = call.data as Address;
      if (isInet(address) && address.port !== 0) {
        const text = addressText(address);
        const bound = this.#bound.get(text) ?? [];
        const { name: process } = task.process;
        if (!bound.some((one) => one.process === process)) bound.push({ process, step });
        this.#bound.set(text, bound);
      }
    } else if (call.op === OP.connect && result !== BLOCKED) {
      const address = ownAddress(task, call);
      if (address === undefined || !isInet(address)) return;
      const text = addressText(address);
      if (!this.#bound.has(text)) this.#connecting.set(text, task.name);
    }
  }

  /**
   * A text with names in place of addresses, of a step or of the whole run: those who have bound an
   * address by then share its name.
   */
  named(text: string, step: number = Number.POSITIVE_INFINITY): string {
    return text
      .replace(ADDRESS, (address) => this.#nameOf(address, step))
      .replace(/(?<=\S)→(?=\S)/g, ' → ');
  }

  #nameOf(address: string, step: number): string {
    const port = address.slice(address.lastIndexOf(':'));
    // An empty host is every address, as 0.0.0.0 is.
    const bound =
      this.#bound.get(address) ?? this.#bound.get(`0.0.0.0${port}`) ?? this.#bound.get(port);
    if (bound !== undefined) {
      const by = bound.filter((one) => one.step <= step);
      return `${(by.length > 0 ? by : bound).map(({ process }) => process).join('/')}${port}`;
    }
    const name = this.#connecting.get(address);
    if (name === undefined) return address;
    let count = 0;
    for (const other of this.#connecting.values()) if (other === name) count++;
    return count > 1 ? `${name}${port}` : name;
  }
}

const ADDRESS = /\b(?:\d{1,3}\.){3}\d{1,3}:\d+\b|(?<= ):\d+\b/g;
