import type { World } from '../schedule/world.ts';

/** What reports call {@link servedLaw}. @since 0.1.0 */
export const LAW_SERVED = 'every client is served';

/** What a client tells about whether it has what it came for. @since 0.1.0 */
export interface ServedRecord {
  /** Of the client, for reports. */
  readonly name: string;
  /** It has what it came for, or has given up. */
  readonly done: boolean;
}

/**
 * Sooner or later every client has what it came for.
 *
 * ```ts
 * const records: ServedRecord[] = []; // one a client, which the clients keep up to date
 * servedLaw(world, records);
 * ```
 *
 * @since 0.1.0
 */
export function servedLaw(world: World, records: readonly ServedRecord[]): void {
  world.eventually(LAW_SERVED, () => {
    for (const record of records) if (!record.done) return `${record.name} was not served`;
    return true;
  });
}
