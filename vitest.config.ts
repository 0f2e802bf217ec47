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
    // What runs on real sockets and in real time gets a second chance on a machine that does other things besides.
    retry: process.env['CI'] === undefined ? 0 : 2,
    watch: false,
    globals: false,
  },
});

export default config;
