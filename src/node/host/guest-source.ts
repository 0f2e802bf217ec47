import { createRequire } from 'node:module';
import type { WorkerOptions } from 'node:worker_threads';

export interface GuestSource {
  readonly source: URL | string;
  readonly options: WorkerOptions;
}

const isSource = import.meta.filename.endsWith('.ts');
let bundled: string | undefined;

/**
 * The code of a guest's thread. From heddle's own sources it is bundled first, once: threads know
 * no TypeScript before Node 22.18.
 */
export function guestSource(): GuestSource {
  const execArgv: string[] = [];
  if (!isSource) {
    return { source: new URL('../guest/thread.cjs', import.meta.url), options: { execArgv } };
  }
  bundled ??= bundle();
  return { source: bundled, options: { eval: true, execArgv } };
}

/** As the command line loads scenarios: by tsx, where Node does not strip types itself. */
export function loaderFor(program: string): string | null {
  if (!/\.[cm]?ts$/.test(program) || stripsTypes()) return null;
  // Not what require would give: that does not find its own parts.
  return createRequire(import.meta.url)
    .resolve('tsx/esm/api')
    .replace(/\.cjs$/, '.mjs');
}

function stripsTypes(): boolean {
  return (process.features as { typescript?: unknown }).typescript === 'strip';
}

function bundle(): string {
  const require = createRequire(import.meta.url);
  const { buildSync } = require('esbuild') as typeof import('esbuild');
  const { outputFiles } = buildSync({
    entryPoints: [new URL('../guest/thread.ts', import.meta.url).pathname],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
  });
  return (outputFiles[0] as { text: string }).text;
}
