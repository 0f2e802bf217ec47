import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathOf } from '../../sim/kernel/unix-socket.ts';

/**
 * Names of AF_UNIX sockets as programs know them, and as they really are: paths stand in a
 * directory of the run's own, abstract names begin with its name, so that runs side by side do not
 * meet.
 */
export class RealUnixNames {
  #directory: string | undefined;
  readonly #virtual = new Map<string, string>();
  /** Names that leave no room for the directory. */
  readonly #long: string[] = [];

  #place(): string {
    this.#directory ??= mkdtempSync(join(tmpdir(), 'heddle-'));
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
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
    this.#directory = undefined;
  }
}
