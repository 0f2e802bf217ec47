import type { World } from '../schedule/world.ts';

/** What reports call {@link mergedQueueLaw}. @since 0.1.0 */
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

/** Somebody whose messages go into the queue, as it knows itself. @since 0.2.0 */
export interface QueueClient {
  /** As {@link MergedQueueHistory} calls its source. */
  readonly name: string;
  /** The source that its messages are known by; undefined where it could not tell. */
  readonly source: string | undefined;
  /** All that it means to send. */
  readonly message: Uint8Array;
  /** What it got back, byte for byte what it had sent. */
  readonly received: Uint8Array;
}

/**
 * What was put into one queue from several sources, and what came out of it. Stamps tell which put
 * had ended before another began; puts that overlap may come out in either order.
 *
 * @since 0.1.0
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

  /** The server has taken an item of a client from the queue. */
  processed(source: string, item: Uint8Array): void {
    this.#processed.push({ source, item });
  }

  /**
   * What is wrong by what the clients themselves know, or undefined: what was processed for one is
   * what it sent, from the first byte on, and at least as much as it got back. A server that tells
   * of no message at all does not get past this.
   */
  faultOf(clients: readonly QueueClient[]): string | undefined {
    for (const { name, source, message, received } of clients) {
      if (source === undefined) continue;
      let count = 0;
      for (const processed of this.#processed) {
        if (processed.source !== source) continue;
        const { item } = processed;
        if (!isSame(item, message.subarray(count, count + item.length))) {
          return `what was processed of ${name} is not what it had sent, from byte ${count} on`;
        }
        count += item.length;
      }
      if (count < received.length) {
        return `${name} got ${received.length} B back, of which ${received.length - count} were never processed`;
      }
    }
    return undefined;
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
 *
 * ```ts
 * const history = new MergedQueueHistory();
 * mergedQueueLaw(world, history);
 * ```
 *
 * @param clients who sent the messages: with them the law does not hang on the server's word alone
 * @since 0.1.0
 */
export function mergedQueueLaw(
  world: World,
  history: MergedQueueHistory,
  clients: readonly QueueClient[] = [],
): void {
  world.finally(LAW_MERGED_QUEUE, () => history.fault ?? history.faultOf(clients) ?? true);
}
