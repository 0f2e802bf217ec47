import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** `npm run suites`: needs the registry once, to install what is in package.json beside it. */
const config: ViteUserConfig = defineConfig({
  root: join(import.meta.dirname, '../../..'),
  test: {
    include: ['test/ecosystem/suites/*.eco.ts'],
    pool: 'forks',
    testTimeout: 600_000,
    // Each is two processes, one after the other.
    maxConcurrency: 2,
    watch: false,
    // Natively these are tests by the clock of this machine; .ci/run prints which needed it.
    retry: process.env['CI'] === undefined ? 0 : 2,
  },
});

export default config;
