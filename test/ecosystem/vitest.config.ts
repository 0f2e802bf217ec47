import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/**
 * `npm run ecosystem`: needs the registry once, to install what is in package.json beside this
 * file.
 */
const config: ViteUserConfig = defineConfig({
  root: join(import.meta.dirname, '../..'),
  resolve: { alias: { heddle: join(import.meta.dirname, '../../src/index.ts') } },
  test: {
    include: ['test/ecosystem/*.eco.ts'],
    pool: 'forks',
    testTimeout: 600_000,
    watch: false,
    // As of all that runs by the clock of this machine; .ci/run prints which tests needed it.
    retry: process.env['CI'] === undefined ? 0 : 2,
  },
});

export default config;
