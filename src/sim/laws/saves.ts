import type { HostHandle, World } from '../schedule/world.ts';

/** Moments of the run, as far as saves are told apart by them. */
interface Save {
  readonly value: string;
  readonly begunAt: number;
  /** Infinity until whoever asked was told that it is done. */
  toldAt: number;
}

/**
 * What was asked to be saved, and who was told that it is.
 *
 * ```ts
 * const saves = new SaveHistory();
 * const told = saves.begin('one'); // before the call that saves it
 * told(); // after it
 * ```
 *
 * @since 0.2.0
 */
export class SaveHistory {
  readonly #saves: Save[] = [];
  #now = 0;

  /** Somebody asks for `value` to be saved; no two are the same. To be called again when told. */
  begin(value: string): () => void {
    const save: Save = { value, begunAt: this.#now++, toldAt: Number.POSITIVE_INFINITY };
    this.#saves.push(save);
    return () => {
      save.toldAt = this.#now++;
    };
  }

  /** @internal */
  named(value: string): Save | undefined {
    return this.#saves.find((save) => save.value === value);
  }

  /** @internal */
  get told(): readonly Save[] {
    return this.#saves.filter(({ toldAt }) => toldAt !== Number.POSITIVE_INFINITY);
  }
}

/** What reports call {@link durableLaw}. @since 0.2.0 */
export const LAW_DURABLE = 'what was said to be saved is there after a crash';

/** What {@link durableLaw} is told of a store. @since 0.2.0 */
export interface DurableStore {
  /** What was saved with it. */
  readonly saves: SaveHistory;
  /** All values that a reader finds on the disk now. */
  readonly found: () => readonly string[];
  /** Whether a save takes the place of those before it, or is kept beside them. */
  readonly keeps: 'last' | 'all';
}

/**
 * After each crash of a host: what somebody was told is saved is there, or with `keeps: 'last'`
 * what was saved no earlier; and nothing is there that nobody has saved.
 *
 * ```ts
 * const db = world.host('db');
 * const saves = new SaveHistory();
 * const found = () => {
 *   const bytes = db.readFile('/state');
 *   return bytes === undefined ? [] : [new TextDecoder().decode(bytes)];
 * };
 * durableLaw(world, db, { saves, found, keeps: 'last' });
 * ```
 *
 * @since 0.2.0
 */
export function durableLaw(world: World, host: HostHandle, store: DurableStore): void {
  afterEachCrash(world, host, LAW_DURABLE, () => lost(store));
}

function lost({ saves, found, keeps }: DurableStore): true | string {
  const values = found();
  const there = values.map((value) => saves.named(value));
  const strange = there.indexOf(undefined);
  if (strange >= 0) return `there is ${quoted(values[strange])}, which nobody has saved`;
  for (const { value, begunAt } of saves.told) {
    if (values.includes(value)) continue;
    if (keeps === 'last' && there.some((save) => save !== undefined && save.toldAt > begunAt))
      continue;
    const found = values.length === 0 ? 'nothing' : values.map(quoted).join(', ');
    return `${quoted(value)} was said to be saved, and there is ${found}`;
  }
  return true;
}

/** What reports call {@link atomicReplaceLaw}. @since 0.2.0 */
export const LAW_ATOMIC_REPLACE = 'after a crash a file that is replaced is the old or the new one';

/**
 * After each crash of a host: the file, if it is there, holds one of the values that were to be
 * saved in it, whole. Whether it is there, {@link durableLaw} says.
 *
 * ```ts
 * const saves = new SaveHistory();
 * atomicReplaceLaw(world, world.host('db'), { path: '/state', saves });
 * ```
 *
 * @since 0.2.0
 */
export function atomicReplaceLaw(
  world: World,
  host: HostHandle,
  { path, saves }: { readonly path: string; readonly saves: SaveHistory },
): void {
  afterEachCrash(world, host, LAW_ATOMIC_REPLACE, () => {
    const bytes = host.readFile(path);
    if (bytes === undefined) return true;
    const value = new TextDecoder().decode(bytes);
    return saves.named(value) !== undefined || `${path} holds ${quoted(value)}`;
  });
}

function afterEachCrash(
  world: World,
  host: HostHandle,
  law: string,
  check: () => true | string,
): void {
  let crashes = 0;
  world.always(law, () => {
    const { crashCount } = host;
    if (crashCount === crashes) return true;
    crashes = crashCount;
    return check();
  });
}

/** A line of a report. */
const QUOTED_MAX = 40;

const quoted = (value = ''): string =>
  JSON.stringify(value.length > QUOTED_MAX ? `${value.slice(0, QUOTED_MAX)}…` : value);
