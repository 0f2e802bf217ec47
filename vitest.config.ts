import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  // Examples import heddle as its users do.
  resolve: { alias: { heddle: join(import.meta.dirname, 'src/index.ts') } },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    // Processes, not worker threads: koffi crashes in workers.
    pool: 'forks',
    testTimeout: 30_000,
    watch: false,
    globals: false,
  },
});

export default config;
