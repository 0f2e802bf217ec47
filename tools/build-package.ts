import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleDist, PUBLIC } from './bundle-dist.ts';
import { keepDeclarationsOf } from './kept-declarations.ts';
import { keepTypesOf } from './kept-types.ts';
import { bundlePreload, bundleThread } from './node-bundles.ts';

const ROOT = join(import.meta.dirname, '..');
/** Compiled on the machine that needs it. */
const TASKS = 'conform/native/tasks.c';

/** heddle as it is installed, but for the viewer's page, into the folder `dist`. */
export async function buildPackage(dist: string): Promise<void> {
  buildTypes(dist);
  await bundleDist(dist);
  const node = join(ROOT, 'src/node');
  bundlePreload(node, join(dist, 'node'));
  bundleThread(join(node, 'guest/thread.ts'), join(dist, 'node/guest/thread.cjs'));
  mkdirSync(dirname(join(dist, TASKS)), { recursive: true });
  const tasks = readFileSync(join(ROOT, 'src', TASKS), 'utf8');
  // None of its strings has anything like a comment in it.
  writeFileSync(join(dist, TASKS), tasks.replaceAll(/\/\*[\s\S]*?\*\//g, ''));
}

/** The declarations that users can reach, without what is marked `@internal`. */
export function buildTypes(dist: string): void {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', dist];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`heddle does not compile:\n${stdout}${stderr}`);
  const entries = [...PUBLIC, 'node/preload'];
  keepTypesOf(dist, entries);
  keepDeclarationsOf(dist, entries);
  // Files of which nothing is left.
  keepTypesOf(dist, entries);
}
