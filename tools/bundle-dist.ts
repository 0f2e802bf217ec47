/**
 * heddle as one installs it: few files, since each that Node has to find and read costs a program's
 * start more than the code in it does.
 *
 * - `heddle.js`: all that tests load, whichever entry point they import
 * - `start.js`: of that, what the command line needs before it knows which command it is given
 * - `models/`, `scenarios/`: one file a module, since failures of the demo servers are told by them
 * - what is left: a file a command, and what several of them share
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { transformSync } from 'esbuild';
import { type OutputChunk, rolldown } from 'rolldown';
import { minifySync } from 'rolldown/utils';

const ROOT = join(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

/** What `exports` of package.json names. */
export const PUBLIC: readonly string[] = ['index', 'laws', 'sync', 'vitest', 'fast-check', 'realm'];
/** A way into `fast-check` beside the one above. */
const IMPORTED = 'fast-check-imported';
const MAIN = 'cli/main';
/** What runs in a process or a thread of its own, or is imported by its URL. */
const APART = [
  'cli/worker',
  'campaign/child',
  'cli/debug/debuggee',
  'cli/debug/relay-thread',
  'node/host/standpoint-thread',
  'load/test-runner',
];
/** Told of as the user's programs are: by file and line. */
const AS_WRITTEN = /^(?:models\/(?!userland\/)|scenarios\/)/;
/** Packages whose code becomes part of ours; all others stay what their users install. */
const INLINED = /^(?:@sinonjs\/(?:fake-timers|commons)|type-detect)(?:\/|$)/;

/** Where an error was thrown, Node prints the whole line; shorter ones cost the package 7 kB. */
const LINE_MAX = 2_000;

/**
 * Without white space, and with short names for what is local. Classes keep theirs, by which
 * errors are told; those of functions are read in heddle's own frames only, and are 9 kB.
 */
function smaller(name: string, code: string): string {
  const keepNames = { function: false, class: true };
  const { code: short, errors } = minifySync(name, code, {
    module: true,
    compress: false,
    mangle: { toplevel: true, keepNames },
  });
  if (errors.length > 0) throw new Error(`${name}: ${errors[0]?.message}`);
  return transformSync(short, { format: 'esm', minifyWhitespace: true, lineLimit: LINE_MAX }).code;
}

/** Which file a module goes into; null: wherever it is needed. */
type Rooms = (id: string) => string | null;

interface Graph {
  imports(id: string): readonly string[];
}

/** All that is loaded together with some modules. */
function closureOf(ids: readonly string[], graph: Graph): Set<string> {
  const found = new Set(ids);
  // A set that is gone through while it grows.
  for (const id of found) for (const each of graph.imports(id)) found.add(each);
  return found;
}

const idOf = (entry: string): string => join(SRC, `${entry}.ts`);
const nameOf = (id: string): string => relative(SRC, id).split(sep).join('/').replace(/\.ts$/, '');

/** Bundles the modules of src/ into `dist`, where their types may lie already. */
export async function bundleDist(dist: string): Promise<void> {
  const entries = [...PUBLIC, IMPORTED, MAIN, ...APART];
  let rooms: Rooms = () => null;
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map((entry) => [entry, idOf(entry)])),
    platform: 'node',
    tsconfig: false,
    external: (id) => !id.startsWith('.') && !id.startsWith(ROOT) && !INLINED.test(id),
    // Where files are put together by hand it has to be; test/package.test.ts holds the exports.
    preserveEntrySignatures: 'allow-extension',
    transform: { target: 'node20.19' },
    plugins: [
      {
        name: 'who imports whom',
        buildEnd() {
          const imports = (id: string) => this.getModuleInfo(id)?.importedIds ?? [];
          rooms = roomsOf({ imports });
        },
      },
    ],
  });
  const { output } = await bundle.write({
    dir: dist,
    format: 'esm',
    comments: { legal: true, annotation: true, jsdoc: false },
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ debugName: 'rooms', name: (id) => rooms(id) }],
    },
  });
  await bundle.close();
  const chunks = output.filter((each) => each.type === 'chunk');
  for (const { fileName, code } of chunks) {
    if (!AS_WRITTEN.test(fileName)) writeFileSync(join(dist, fileName), smaller(fileName, code));
  }
  writeLicences(dist, chunks);
}

function roomsOf(graph: Graph): Rooms {
  const start = closureOf([idOf(MAIN)], graph);
  const core = closureOf(PUBLIC.map(idOf), graph);
  const entries = new Set([...PUBLIC, IMPORTED, MAIN, ...APART].map(idOf));
  return (id) => {
    if (entries.has(id)) return null;
    const name = nameOf(id);
    if (AS_WRITTEN.test(name)) return name;
    if (!core.has(id)) return null;
    return start.has(id) ? 'start' : 'heddle';
  };
}

/** The licences of the packages that are part of the bundle have to go with it. */
function writeLicences(dist: string, chunks: readonly OutputChunk[]): void {
  const packages = new Set<string>();
  for (const id of chunks.flatMap((chunk) => chunk.moduleIds)) {
    const [, name] = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(id) ?? [];
    if (name !== undefined) packages.add(name.split(sep).join('/'));
  }
  const texts = [...packages].sort().map((name) => {
    const folder = join(ROOT, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = ['LICENSE', 'LICENSE.md'].find((each) => existsSync(join(folder, each)));
    if (file === undefined) throw new Error(`${name} has no licence that could go with the bundle`);
    return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  writeFileSync(join(dist, 'LICENCES.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`));
}
