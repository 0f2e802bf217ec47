/**
 * The last step of `npm run build`: what starts with a program, the preload and the code of its thread, is put into one file each. A program
 * that starts with eighty modules more would start noticeably later.
 */
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const DIST = join(import.meta.dirname, '../dist/node');

for (const file of ['preload.js', 'guest/thread.js']) {
  const path = join(DIST, file);
  buildSync({
    entryPoints: [path],
    outfile: path,
    allowOverwrite: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
  });
}
