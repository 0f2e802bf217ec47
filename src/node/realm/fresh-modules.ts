import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire, isBuiltin, SourceMap } from 'node:module';
import { dirname, extname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInThisContext } from 'node:vm';
import { UsageError } from '../../sys/errors.ts';
import type { Internal } from '../guest/internals.ts';

type Evaluate = (
  exports: unknown,
  require: (specifier: string) => unknown,
  module: { exports: unknown },
  filename: string,
  folder: string,
  url: string,
) => void;

/** A file, compiled: to call `evaluate` is to make the module again. */
interface Compiled {
  readonly evaluate: Evaluate;
  readonly version: string;
  readonly folder: string;
  /** Node's own, from there. */
  readonly native: NodeJS.Require;
  readonly targets: Map<string, Target>;
}

/** What a module asks for: a file that is evaluated again, or what is the same in all runs. */
type Target = { readonly path: string } | { readonly stays: unknown };

/** What esbuild is to make of a file. */
const LOADERS: Readonly<Record<string, 'js' | 'ts' | 'jsx' | 'tsx'>> = {
  ...{ '.js': 'js', '.mjs': 'js', '.cjs': 'js', '.jsx': 'jsx' },
  ...{ '.ts': 'ts', '.mts': 'ts', '.cts': 'ts', '.tsx': 'tsx' },
};
const PACKAGES = `${sep}node_modules${sep}`;

/** One for all runs of this process. */
const known = new Map<string, Compiled>();

/**
 * The modules of one run: a graph of files that is evaluated again in it. Packages in node_modules
 * stay what they are, but for those that are named.
 *
 * # ES modules are evaluated as CommonJS modules
 * Node keeps every ES module for ever, and reads it in turns of the event loop, of which a run has
 * none. So esbuild makes a CommonJS module of each, its lines where they were, once a process; what
 * a run has made of it goes with the run. Top-level `await` is refused.
 */
export class FreshModules {
  readonly #made = new Map<string, { exports: unknown }>();

  /**
   * @param packages names of packages that are evaluated again too
   * @throws UsageError if a file is not there or cannot be compiled
   */
  load(path: string, packages: readonly string[]): unknown {
    const made = this.#made.get(path);
    if (made !== undefined) return made.exports;
    const module: { exports: unknown } = { exports: {} };
    this.#made.set(path, module);
    if (extname(path) === '.json') {
      module.exports = JSON.parse(readFileSync(path, 'utf8'));
      return module.exports;
    }
    const compiled = compiledOf(path);
    const ask = (specifier: string): unknown => {
      const target = targetOf(compiled, specifier, packages);
      return 'stays' in target ? target.stays : this.load(target.path, packages);
    };
    const { evaluate } = compiled;
    evaluate(module.exports, ask, module, path, compiled.folder, pathToFileURL(path).href);
    return module.exports;
  }
}

/** Node's own modules stay, and packages. */
function targetOf(compiled: Compiled, specifier: string, packages: readonly string[]): Target {
  const key = packages.length === 0 ? specifier : `${specifier} ${packages.join()}`;
  const { native, targets } = compiled;
  let target = targets.get(key);
  if (target === undefined) {
    const path = isBuiltin(specifier) ? undefined : resolve(compiled, specifier);
    const isOwn = path !== undefined && isFresh(path, packages);
    target = isOwn ? { path } : { stays: native(specifier) };
    targets.set(key, target);
  }
  return target;
}

function resolve({ native, folder }: Compiled, specifier: string): string {
  try {
    return native.resolve(specifier);
  } catch (error) {
    // `./store.js` may be written for what is `./store.ts`, and `./store` too.
    const base = specifier.replace(/\.([cm]?)js$/, '.$1ts');
    for (const each of [base, `${specifier}.ts`, `${specifier}/index.ts`]) {
      if (!each.startsWith('.')) break;
      const path = join(folder, each);
      if (existsSync(path)) return path;
    }
    throw error;
  }
}

function isFresh(path: string, packages: readonly string[]): boolean {
  if (extname(path) === '.node') return false;
  const inPackages = path.lastIndexOf(PACKAGES);
  if (inPackages < 0) return true;
  const rest = path.slice(inPackages + PACKAGES.length);
  return packages.some((name) => rest.startsWith(`${name}${sep}`));
}

function compiledOf(path: string): Compiled {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) throw new UsageError(`there is no module ${path}`);
  let compiled = known.get(path);
  const version = `${stat.mtimeMs} ${stat.size}`;
  if (compiled === undefined || compiled.version !== version) {
    compiled = compile(path, version);
    known.set(path, compiled);
  }
  return compiled;
}

function compile(path: string, version: string): Compiled {
  const loader = LOADERS[extname(path)];
  if (loader === undefined) {
    throw new UsageError(
      `${path} cannot be evaluated again: it is neither JavaScript nor TypeScript`,
    );
  }
  const body = asCommonJs(path, readFileSync(path, 'utf8'), loader);
  const parameters = 'exports, require, module, __filename, __dirname, __url';
  const evaluate = runInThisContext(`(function (${parameters}) {${body}\n})`, { filename: path });
  return {
    evaluate,
    version,
    folder: dirname(path),
    native: createRequire(path),
    targets: new Map(),
  };
}

/** It comes with tsx, unless it was installed by itself. */
function loadEsbuild(path: string): Internal {
  const own = createRequire(import.meta.url);
  try {
    return createRequire(own.resolve('tsx'))('esbuild');
  } catch {
    try {
      return own('esbuild');
    } catch (cause) {
      throw new UsageError(
        `${path} cannot be evaluated again: that needs the optional package esbuild, which is not installed: \`npm install -D esbuild\``,
        { cause },
      );
    }
  }
}

function asCommonJs(path: string, source: string, loader: 'js' | 'ts' | 'jsx' | 'tsx'): string {
  if (path.endsWith('.cjs')) return source;
  const { transformSync } = loadEsbuild(path);
  try {
    const { code, map } = transformSync(source, {
      loader,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      // As Node has it: the default export of a CommonJS module is what it exports.
      sourcefile: path.replace(/\.([jt]sx?)$/, '.m$1'),
      supported: { 'dynamic-import': false },
      define: { 'import.meta.url': '__url', 'import.meta.filename': '__filename' },
      sourcemap: 'external',
      logLevel: 'silent',
    });
    return onItsLines(code, new SourceMap(JSON.parse(map)));
  } catch (error) {
    const first = (error as Internal).errors?.[0];
    const why =
      first === undefined ? String(error) : `${first.text} (line ${first.location?.line})`;
    throw new UsageError(
      `${path} cannot be evaluated again: ${why}. A module with a top-level await is to be imported at the top of the test, or run by nodeProgram`,
    );
  }
}

/**
 * Have each statement begin on the line on which it stood, so that stacks tell the user's lines:
 * esbuild leaves out empty lines and comments, and puts its own before.
 */
function onItsLines(code: string, map: SourceMap): string {
  let text = '';
  let line = 0;
  code.split('\n').forEach((generated, index) => {
    const column = generated.search(/\S/);
    const entry = map.findEntry(index, Math.max(column, 0)) as { originalLine?: number };
    const isMapped = (entry as { generatedLine?: number }).generatedLine === index;
    // A comment of esbuild's own would make one of what follows it.
    if (!isMapped && generated.trimStart().startsWith('//')) return;
    const wanted = isMapped ? (entry.originalLine ?? line) : line;
    if (wanted > line) {
      text += '\n'.repeat(wanted - line);
      line = wanted;
    } else if (index > 0) {
      // What is not mapped may stand within a text of several lines.
      text += isMapped || line === 0 ? ' ' : '\n';
      if (!isMapped && line > 0) line++;
    }
    text += generated;
  });
  return text;
}
