import { describe, expect, it } from 'vitest';
import { killing } from './kills.ts';
import { hasRedis } from './server.ts';

describe.skipIf(!hasRedis())('a campaign over Redis', () => {
  it('loses nothing, and counts nothing twice, when workers, coordinator and Redis are killed', async () => {
    const kills = { workers: 4, coordinators: 2, redis: 1 };
    const { killed, end, saved, calmEnd, calmSaved } = await killing(kills, 2_500, 7);
    expect(killed.length).toBeGreaterThan(0);
    expect(end).toEqual(calmEnd);
    expect(saved).toEqual(calmSaved);
    expect(Object.keys(saved)).toHaveLength(2);
  });
});
