import { type Realm, realm, type Scenario } from 'heddle';
import { expect } from 'vitest';
import type { Cache, Source } from './cache.ts';

type MakeCache = (source: Source) => Pick<Cache, 'get' | 'put'>;

/** A database of one row, whose calls begin and end in any order. */
function database(world: Realm): { source: Source; rows: Map<string, string>; loads: string[] } {
  const rows = new Map([['ann', 'old']]);
  const loads: string[] = [];
  const source = world.service<Source>('database', {
    load: async (key) => {
      loads.push(key);
      return rows.get(key) ?? '';
    },
    save: async (key, value) => void rows.set(key, value),
  });
  return { source, rows, loads };
}

export const staleValue = (make: MakeCache): Scenario =>
  realm('the cache keeps nothing that is out of date', async (world) => {
    const { source, rows } = database(world);
    const cache = make(source);
    await Promise.all([cache.get('ann'), cache.put('ann', 'new')]);
    expect(await cache.get('ann')).toBe(rows.get('ann'));
  });

export const stampede = (make: MakeCache): Scenario =>
  realm('who asks together waits for one load', async (world) => {
    const { source, loads } = database(world);
    const cache = make(source);
    await Promise.all([cache.get('ann'), cache.get('ann'), cache.get('ann')]);
    expect(loads).toHaveLength(1);
  });
