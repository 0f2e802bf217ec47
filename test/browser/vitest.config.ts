/**
 * `npm run test:browser`: the viewer in Chromium. Needs a Chromium; on Debian: apt-get install
 * chromium.
 */
import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/browser/*.browser.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 300_000,
    watch: false,
    // As of all that runs by the clock of this machine; .ci/run prints which tests needed it.
    retry: process.env['CI'] === undefined ? 0 : 2,
  },
});

export default config;
