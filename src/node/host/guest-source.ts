import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from 'node:worker_threads';
import { FROM_SOURCE, ROOT } from '../../root.ts';

export interface GuestSource {
  readonly source: URL | string;
  readonly options: WorkerOptions;
}

const bundled = new Map<string, string>();

/** The code of a guest's thread. */
export function guestSource(): GuestSource {
  return threadSource('node/guest/thread', '.cjs');
}

/**
 * The code of one of heddle's threads: the module `entry`, which ends in `suffix` once it is
 * built. From heddle's own sources it is bundled first, once: threads know no TypeScript before
 * Node 22.18.
 */
export function threadSource(entry: string, suffix = '.js'): GuestSource {
  const execArgv: string[] = [];
  if (!FROM_SOURCE) return { source: new URL(`${entry}${suffix}`, ROOT), options: { execArgv } };
  let source = bundled.get(entry);
  if (source === undefined) {
    source = bundle(entry);
    bundled.set(entry, source);
  }
  return { source, options: { eval: true, execArgv } };
}

function bundle(entry: string): string {
  const require = createRequire(import.meta.url);
  const { buildSync } = require('esbuild') as typeof import('esbuild');
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL(`${entry}.ts`, ROOT))],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
  });
  // Named as the built one is: the program's own code can be told from it.
  return `${(outputFiles[0] as { text: string }).text}\n//# sourceURL=heddle/${entry}.cjs\n`;
}
