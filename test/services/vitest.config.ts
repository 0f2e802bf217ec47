import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/**
 * `npm run services`: needs the servers of PostgreSQL and Redis installed (not started), and the
 * registry once, to install the drivers of the examples and of package.json beside this file.
 */
const config: ViteUserConfig = defineConfig({
  root: join(import.meta.dirname, '../..'),
  resolve: {
    alias: [
      { find: /^heddle$/, replacement: join(import.meta.dirname, '../../src/index.ts') },
      { find: /^heddle\/(.+)$/, replacement: join(import.meta.dirname, '../../src/$1.ts') },
    ],
  },
  test: {
    include: ['test/services/**/*.svc.ts'],
    setupFiles: ['test/services/setup.ts'],
    pool: 'forks',
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
    watch: false,
  },
});

export default config;
