import { join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';

/**
 * A file of its own for everything: who reads eighty modules starts noticeably later, and CommonJS
 * starts sooner than ES modules.
 */
const OPTIONS: BuildOptions = {
  bundle: true,
  minify: true,
  // Where an error was thrown, Node prints the line.
  lineLimit: 2_000,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // CommonJS has no import.meta.
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  allowOverwrite: true,
};

const START: BuildOptions = { ...OPTIONS, format: 'esm', define: {}, banner: {} };

/**
 * What `node --import` is given, from the modules in `from` (src/node, or dist/node):
 * `preload.cjs`, which has everything in it, and `name`, which loads that. Gives the path of the
 * latter.
 */
export function bundlePreload(from: string, folder: string, name = 'preload.js'): string {
  const ending = from.endsWith('src/node') ? 'ts' : 'js';
  const [preload, start] = [join(from, `preload.${ending}`), join(from, `start.${ending}`)];
  const path = join(folder, name);
  buildSync({ ...OPTIONS, entryPoints: [preload], outfile: join(folder, 'preload.cjs') });
  buildSync({ ...START, entryPoints: [start], outfile: path });
  return path;
}

/** The code of a program's thread. */
export function bundleThread(entry: string, outfile: string): void {
  buildSync({ ...OPTIONS, entryPoints: [entry], outfile });
}
