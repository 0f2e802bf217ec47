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
  readonly #bound = new Map<string, string>();
  readonly #connecting = new Map<string, string>();

  /** A syscall had its turn. */
  saw(task: Task, call: Syscall<unknown>, result: unknown): void {
    if (call.op === OP.bind && result === 0) {
      const address = call.data as Address;
      if (isInet(address) && address.port !== 0) {
        this.#bound.set(addressText(address), `${task.process.name}:${address.port}`);
      }
    } else if (call.op === OP.connect && result !== BLOCKED) {
      const address = ownAddress(task, call);
      if (address === undefined || !isInet(address)) return;
      const text = addressText(address);
      if (!this.#bound.has(text)) this.#connecting.set(text, task.name);
    }
  }

  /** A text with names in place of addresses. */
  named(text: string): string {
    return text
      .replace(ADDRESS, (address) => this.#nameOf(address))
      .replace(/(?<=\S)→(?=\S)/g, ' → ');
  }

  #nameOf(address: string): string {
    const port = address.slice(address.lastIndexOf(':'));
    // An empty host is every address, as 0.0.0.0 is.
    const bound =
      this.#bound.get(address) ?? this.#bound.get(`0.0.0.0${port}`) ?? this.#bound.get(port);
    if (bound !== undefined) return bound;
    const name = this.#connecting.get(address);
    if (name === undefined) return address;
    let count = 0;
    for (const other of this.#connecting.values()) if (other === name) count++;
    return count > 1 ? `${name}${port}` : name;
  }
}

const ADDRESS = /\b(?:\d{1,3}\.){3}\d{1,3}:\d+\b|(?<= ):\d+\b/g;
