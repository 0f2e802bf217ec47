import type { World } from '../schedule/world.ts';

/** What reports call {@link mergedQueueLaw}. */
export const LAW_MERGED_QUEUE = 'every message is processed once, in the order in which it came';

interface Put {
  readonly item: Uint8Array;
  readonly begin: number;
  /** Infinity until it has ended. */
  end: number;
}

interface Processed {
  readonly source: string;
  readonly item: Uint8Array;
}

/**
 * What was put into one queue from several sources, and what came out of it. Stamps tell which put
 * had ended before another began; puts that overlap may come out in either order.
 */
export class MergedQueueHistory {
  readonly #puts = new Map<string, Put[]>();
  readonly #processed: Processed[] = [];
  #stamp = 0;

  /** A source begins to put `item`; call what is returned when it has. */
  putting(source: string, item: Uint8Array): () => void {
    const put: Put = { item, begin: this.#stamp++, end: Number.POSITIVE_INFINITY };
    const earlier = this.#puts.get(source);
    if (earlier === undefined) this.#puts.set(source, [put]);
    else earlier.push(put);
    return () => {
      put.end = this.#stamp++;
    };
  }

  processed(source: string, item: Uint8Array): void {
    this.#processed.push({ source, item });
  }

  /** What is wrong with what came out, or undefined. */
  get fault(): string | undefined {
    const next = new Map<string, number>();
    let latestBegin = -1;
    let latest = '';
    for (const { source, item } of this.#processed) {
      const index = next.get(source) ?? 0;
      next.set(source, index + 1);
      const put = this.#puts.get(source)?.[index];
      const name = `message ${index + 1} of ${source}`;
      if (put === undefined) return `${name} was processed and never put`;
      if (!isSame(put.item, item)) return `${name} is not the one that was processed in its place`;
      if (put.end < latestBegin) {
        return `${name} was processed after ${latest}, which was put only when it was already there`;
      }
      if (put.begin > latestBegin) {
        latestBegin = put.begin;
        latest = name;
      }
    }
    for (const [source, puts] of this.#puts) {
      const count = next.get(source) ?? 0;
      // One whose put has not ended need not be there.
      if (puts[count] !== undefined && puts[count].end !== Number.POSITIVE_INFINITY) {
        return `message ${count + 1} of ${source} was put and never processed`;
      }
    }
    return undefined;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/**
 * What is processed is an interleaving of what the sources put: nothing lost, twice or invented,
 * and nothing overtakes.
 */
export function mergedQueueLaw(world: World, history: MergedQueueHistory): void {
  world.finally(LAW_MERGED_QUEUE, () => history.fault ?? true);
}
