import type { World } from '../schedule/world.ts';

/** What reports call {@link servedLaw}. */
export const LAW_SERVED = 'every client is served';

/** What a client tells about whether it has what it came for. */
export interface ServedRecord {
  readonly name: string;
  /** It has what it came for, or has given up. */
  readonly done: boolean;
}

/** Sooner or later every client has what it came for. */
export function servedLaw(world: World, records: readonly ServedRecord[]): void {
  world.eventually(LAW_SERVED, () => {
    for (const record of records) if (!record.done) return `${record.name} was not served`;
    return true;
  });
}
