type Properties = ReadonlyMap<PropertyKey, PropertyDescriptor>;
/** Whether a property is somebody else's affair. */
type Except = (key: PropertyKey) => boolean;

/** What an object was like, and as what messages know it. */
interface Watched {
  readonly name: string;
  readonly properties: Properties;
  readonly except: Except;
}

/**
 * Objects that all programs of a thread share, as they were before any of them ran: to be put back
 * when one is over.
 */
export class Pristine {
  readonly #watched = new Map<object, Watched>();

  /** Note what it is like now; `except` are properties that are somebody else's affair. */
  watch(object: object, name: string, except: Except = NONE): void {
    if (this.#watched.has(object)) return;
    const properties = new Map<PropertyKey, PropertyDescriptor>();
    for (const key of Reflect.ownKeys(object)) {
      if (!except(key)) properties.set(key, descriptorOf(object, key));
    }
    this.#watched.set(object, { name, properties, except });
  }

  /** A class: itself, and what its objects share. */
  watchClass(made: object, name: string): void {
    this.watch(made, name);
    const { prototype } = made as { prototype?: unknown };
    if (isObject(prototype)) this.watch(prototype, `${name}.prototype`);
  }

  /** Put everything back; gives the first that cannot be, or undefined. */
  restore(): string | undefined {
    for (const [object, watched] of this.#watched) {
      const key = restored(object, watched);
      if (key !== undefined) return `${watched.name}.${String(key)}`;
    }
    return undefined;
  }
}

const NONE: Except = () => false;

const descriptorOf = (object: object, key: PropertyKey): PropertyDescriptor =>
  Reflect.getOwnPropertyDescriptor(object, key) as PropertyDescriptor;

export const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

/** Gives the property that cannot be put back, or undefined. */
function restored(object: object, { properties, except }: Watched): PropertyKey | undefined {
  const keys = Reflect.ownKeys(object);
  for (const key of keys) {
    if (properties.has(key) || except(key)) continue;
    if (!Reflect.deleteProperty(object, key)) return key;
  }
  for (const [key, was] of properties) {
    const is = Reflect.getOwnPropertyDescriptor(object, key);
    if (is !== undefined && isSame(is, was)) continue;
    if (!Reflect.defineProperty(object, key, was)) return key;
  }
  return undefined;
}

function isSame(a: PropertyDescriptor, b: PropertyDescriptor): boolean {
  return (
    Object.is(a.value, b.value) &&
    a.get === b.get &&
    a.set === b.set &&
    a.writable === b.writable &&
    a.enumerable === b.enumerable &&
    a.configurable === b.configurable
  );
}
