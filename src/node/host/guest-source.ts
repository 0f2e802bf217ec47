import { createRequire } from 'node:module';
import type { WorkerOptions } from 'node:worker_threads';

export interface GuestSource {
  readonly source: URL | string;
  readonly options: WorkerOptions;
}

const isSource = import.meta.filename.endsWith('.ts');
const bundled = new Map<string, string>();

/** The code of a guest's thread. */
export function guestSource(): GuestSource {
  return threadSource('guest/thread', '.cjs');
}

/**
 * The code of one of heddle's threads, whose file is `room/name`; built, it ends in `suffix`. From
 * heddle's own sources it is bundled first, once: threads know no TypeScript before Node 22.18.
 */
export function threadSource(name: string, suffix = '.js'): GuestSource {
  const execArgv: string[] = [];
  if (!isSource) {
    return { source: new URL(`../${name}${suffix}`, import.meta.url), options: { execArgv } };
  }
  let source = bundled.get(name);
  if (source === undefined) {
    source = bundle(name);
    bundled.set(name, source);
  }
  return { source, options: { eval: true, execArgv } };
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

function bundle(name: string): string {
  const require = createRequire(import.meta.url);
  const { buildSync } = require('esbuild') as typeof import('esbuild');
  const { outputFiles } = buildSync({
    entryPoints: [new URL(`../${name}.ts`, import.meta.url).pathname],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
  });
  // Named as the built one is: the program's own code can be told from it.
  return `${(outputFiles[0] as { text: string }).text}\n//# sourceURL=heddle/${name}.cjs\n`;
}
