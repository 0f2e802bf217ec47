import { SharedObject } from '../../../sys/memory.ts';

/**
 * Names for kernel objects that are the same in every run of a scenario, as far as that can be had:
 * shared memory has a name of its own, everything else is named after whoever touches it first.
 */
export class ObjectNames {
  readonly #names = new Map<unknown, string>();
  readonly #counts = new Map<string, number>();

  begin(): void {
    this.#names.clear();
    this.#counts.clear();
  }

  /** @param toucher spawn path of the task, or label of the event, that touches the object now */
  nameOf(object: unknown, toucher: string): string {
    if (object instanceof SharedObject) return object.name;
    let name = this.#names.get(object);
    if (name === undefined) {
      const ordinal = (this.#counts.get(toucher) ?? 0) + 1;
      this.#counts.set(toucher, ordinal);
      name = `${toucher}/${ordinal}`;
      this.#names.set(object, name);
    }
    return name;
  }
}
