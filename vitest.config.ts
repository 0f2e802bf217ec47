import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  // Examples import heddle as its users do.
  resolve: {
    alias: [
      { find: /^heddle$/, replacement: join(import.meta.dirname, 'src/index.ts') },
      { find: /^heddle\/(.+)$/, replacement: join(import.meta.dirname, 'src/$1.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    // The first example fails, and is meant to: README.md shows how. The packages of `npm run
    // ecosystem` have tests of their own.
    exclude: ['examples/first/**', '**/node_modules/**'],
    setupFiles: ['test/setup.ts'],
    // Processes, not worker threads: koffi crashes in workers.
    pool: 'forks',
    maxWorkers: availableParallelism(),
    // Only against hanging: how long a test takes is nobody's law.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // What runs on real sockets and in real time gets a second chance on a machine that does other
    // things besides.
    retry: process.env['CI'] === undefined ? 0 : 2,
    watch: false,
    globals: false,
  },
});

export default config;
