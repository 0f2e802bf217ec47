/**
 * `npm run test:tshark`: captures, read by Wireshark's own reader. Needs tshark; on Debian: apt-get
 * install tshark.
 */
import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/tshark/*.tshark.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    watch: false,
  },
});

export default config;
