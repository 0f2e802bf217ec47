import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Processes, not worker threads: koffi crashes in workers.
    pool: 'forks',
    testTimeout: 30_000,
    watch: false,
    globals: false,
  },
});

export default config;
