/**
 * `npm run test:campaign`: campaigns over a real Redis, which the tests start themselves. On
 * Debian: apt-get install redis-server.
 */
import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    root: join(import.meta.dirname, '../../..'),
    include: ['test/campaign/redis/*.redis.ts'],
    pool: 'forks',
    // One file after the other: each has processes of its own.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    watch: false,
    // As of all that runs by the clock of this machine; .ci/run prints which tests needed it.
    retry: process.env['CI'] === undefined ? 0 : 2,
  },
});

export default config;
