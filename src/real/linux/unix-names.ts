import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Names of AF_UNIX sockets as programs know them, and as they really are: paths stand in a directory of the run's own, abstract
 * names begin with its name, so that runs side by side do not meet.
 */
export class RealUnixNames {
  #directory: string | undefined;
  readonly #virtual = new Map<string, string>();

  #place(): string {
    this.#directory ??= mkdtempSync(join(tmpdir(), 'heddle-'));
    return this.#directory;
  }

  toReal(name: string): string {
    if (name === '') return name;
    const isAbstract = name.startsWith('\0');
    const rest = isAbstract ? name.slice(1) : name;
    const real = `${isAbstract ? '\0' : ''}${this.#place()}/${rest.replaceAll('/', '%')}`;
    this.#virtual.set(real, name);
    return real;
  }

  toVirtual(real: string): string {
    return this.#virtual.get(real) ?? real;
  }

  dispose(): void {
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
    this.#directory = undefined;
  }
}
