import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/**
 * What runs, in part at least, on the sockets and by the clock of this machine: programs of Node's
 * natively as well, and processes and threads, whose runs are bounded by the wall's clock.
 */
const real = [
  'test/campaign/dashboard.test.ts',
  'test/campaign/local.test.ts',
  'test/cli/**/*.test.ts',
  'test/conformance/**/*.test.ts',
  'test/kernel/**/*.test.ts',
  'test/load/**/*.test.ts',
  'test/node/**/*.test.ts',
  'test/real/**/*.test.ts',
  'test/real-linux/**/*.test.ts',
  'test/reality/**/*.test.ts',
];
// The first example fails, and is meant to: README.md shows how. The packages of `npm run ecosystem`
// have tests of their own.
// What is not asked for besides: HEDDLE_WITHOUT='test/zoo/**,test/cli/**'.
const without = process.env['HEDDLE_WITHOUT']?.split(',') ?? [];
const others = ['examples/first/**', '**/node_modules/**', ...without];
const common = {
  include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
  setupFiles: ['test/setup.ts'],
  // Only against hanging: how long a test takes is nobody's law.
  testTimeout: 300_000,
  hookTimeout: 300_000,
  globals: false,
};

const config: ViteUserConfig = defineConfig({
  // Examples import heddle as its users do.
  resolve: {
    alias: [
      { find: /^heddle$/, replacement: join(import.meta.dirname, 'src/index.ts') },
      { find: /^heddle\/(.+)$/, replacement: join(import.meta.dirname, 'src/$1.ts') },
    ],
  },
  test: {
    // Processes, not worker threads: koffi crashes in workers.
    pool: 'forks',
    maxWorkers: availableParallelism(),
    watch: false,
    globalSetup: 'test/built-folder.ts',
    projects: [
      { extends: true, test: { ...common, name: 'simulated', exclude: [...others, ...real] } },
      {
        extends: true,
        test: {
          ...common,
          name: 'real sockets and clocks',
          include: real,
          exclude: others,
          // What runs in real time gets another chance on a machine that does other things besides;
          // .ci/run prints which tests needed it. Whatever else fails once is broken.
          retry: process.env['CI'] === undefined ? 0 : 2,
        },
      },
    ],
  },
});

export default config;
