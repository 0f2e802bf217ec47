import { Redis } from 'ioredis';
import { createClient } from 'redis';

/** By ioredis. */
export const ioredis = (more = {}) => new Redis({ host: 'cache', ...more });

/** By node-redis. */
export async function nodeRedis(more = {}) {
  const client = createClient({ url: 'redis://app:secret@cache', ...more });
  await client.connect();
  return client;
}
