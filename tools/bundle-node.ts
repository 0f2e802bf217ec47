/**
 * The last step of `npm run build`: what starts with a program, the preload and the code of its
 * thread, is put into one file each.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bundlePreload, bundleThread } from './node-bundles.ts';

const DIST = join(import.meta.dirname, '../dist/node');

const preload = bundlePreload(DIST, DIST);
bundleThread(join(DIST, 'guest/thread.js'), join(DIST, 'guest/thread.cjs'));
// The first start leaves V8's code of this Node behind.
spawnSync(process.execPath, ['--import', preload, '--eval', ''], { stdio: 'inherit' });
