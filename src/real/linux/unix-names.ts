import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathOf } from '../../sim/kernel/unix-socket.ts';
import type { Journal } from './journal.ts';

/**
 * Names of AF_UNIX sockets as programs know them, and as they really are: paths stand in a
 * directory of the run's own, abstract names begin with its name, so that runs side by side do not
 * meet.
 */
export class RealUnixNames {
  readonly #journal: Journal;
  #directory: string | undefined;
  /** It was made by this run, so it goes with it; in a replay there is none. */
  #made: string | undefined;
  readonly #virtual = new Map<string, string>();
  /** Names that leave no room for the directory. */
  readonly #long: string[] = [];

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  #place(): string {
    this.#directory ??= this.#journal.told('directory of names', () => {
      this.#made = mkdtempSync(join(tmpdir(), 'heddle-'));
      return this.#made;
    });
    return this.#directory;
  }

  /** What stands for `name`, of a length that the kernel takes if it takes that of `name`. */
  toReal(name: string): string {
    if (name === '' || pathOf({ path: name }) === undefined) return name;
    const isAbstract = name.startsWith('\0');
    const rest = isAbstract ? name.slice(1) : name;
    const put = (last: string): string => `${isAbstract ? '\0' : ''}${this.#place()}/${last}`;
    const plain = put(rest.replaceAll('/', '%'));
    const real = pathOf({ path: plain }) === undefined ? put(`~${this.#numberOf(name)}`) : plain;
    this.#virtual.set(real, name);
    return real;
  }

  #numberOf(name: string): number {
    const known = this.#long.indexOf(name);
    return known >= 0 ? known : this.#long.push(name) - 1;
  }

  toVirtual(real: string): string {
    return this.#virtual.get(real) ?? real;
  }

  dispose(): void {
    if (this.#made !== undefined) rmSync(this.#made, { recursive: true, force: true });
    this.#directory = undefined;
    this.#made = undefined;
  }
}
