/** Where the values are: a database, another server. */
export interface Source {
  load(key: string): Promise<string>;
  save(key: string, value: string): Promise<void>;
}

/** A read-through cache: what it does not have, it loads and keeps. */
export class Cache {
  readonly #source: Source;
  readonly #values = new Map<string, string>();

  constructor(source: Source) {
    this.#source = source;
  }

  async get(key: string): Promise<string> {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const value = await this.#source.load(key);
    this.#values.set(key, value);
    return value;
  }

  async put(key: string, value: string): Promise<void> {
    await this.#source.save(key, value);
    this.#values.delete(key);
  }
}

/** Fixed: a key has one load at a time, and a load that a `put` has overtaken is not kept. */
export class SharedCache implements Pick<Cache, 'get' | 'put'> {
  readonly #source: Source;
  readonly #values = new Map<string, string>();
  readonly #loads = new Map<string, Promise<string>>();

  constructor(source: Source) {
    this.#source = source;
  }

  async get(key: string): Promise<string> {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const underWay = this.#loads.get(key);
    if (underWay !== undefined) return underWay;
    const load = this.#source.load(key);
    this.#loads.set(key, load);
    try {
      const value = await load;
      if (this.#loads.get(key) === load) this.#values.set(key, value);
      return value;
    } finally {
      if (this.#loads.get(key) === load) this.#loads.delete(key);
    }
  }

  async put(key: string, value: string): Promise<void> {
    await this.#source.save(key, value);
    this.#values.delete(key);
    this.#loads.delete(key);
  }
}
