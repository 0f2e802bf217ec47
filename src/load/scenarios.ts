import { readFileSync } from 'node:fs';
import module from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loaderIsMissing } from '../node/host/typescript-loader.ts';
import { kindOfPath } from '../sim/explore/whole-file.ts';
import { collectScenarios, type Scenario } from '../sim/schedule/scenario.ts';
import { UsageError } from '../sys/errors.ts';
import { thrownText } from '../sys/thrown.ts';
import { globalExpect } from './assertions.ts';
import { prepareTypeScript } from './typescript.ts';

const TEST_RUNNERS = ['vitest', 'node:test', '@jest/globals'];
/** Of the stand-in itself, and its default export. */
const NOT_THEIRS: ReadonlySet<string> = new Set(['assertionsFor', 'url', 'default']);
/** What test runners put into the global scope, if they are told to. */
const GLOBALS = ['describe', 'suite', 'it', 'test', 'before', 'after', 'beforeAll'];

/**
 * The scenarios that a file of the user's exports, or defines while it is loaded: TypeScript or
 * JavaScript, with no build step. A file of tests will do: its groups are entered and its tests not
 * run, whether they are vitest's, node:test's or jest's.
 *
 * @param path of the file, relative to the current folder
 * @throws UsageError if there is no such file, or it cannot be loaded, or holds no scenario
 */
export async function loadScenarios(path: string): Promise<readonly Scenario[]> {
  const scenarios = await scenariosIn(path);
  if (scenarios.length > 0) return scenarios;
  throw new UsageError(
    `${path} holds no scenario: export one, as in \`export const echo = scenario('every client gets its own bytes back', …)\``,
  );
}

/**
 * As {@link loadScenarios}, where a file may hold none.
 *
 * @throws UsageError if there is no such file, or it cannot be loaded
 */
export async function scenariosIn(path: string): Promise<readonly Scenario[]> {
  // A pipe or a device would be read for ever.
  if (kindOfPath(path) !== 'file') {
    throw new UsageError(`there is no file ${path}`);
  }
  const { href } = pathToFileURL(resolve(path));
  const known = loaded.get(href);
  if (known !== undefined) return known;
  await prepareImports();
  await provideExpect(href);
  const found = new Set<Scenario>();
  collectScenarios((defined) => found.add(defined));
  try {
    const exported = (await import(href)) as Readonly<Record<string, unknown>>;
    for (const value of Object.values(exported)) if (isScenario(value)) found.add(value);
  } catch (error) {
    if (isUnknownEnding(error)) throw loaderIsMissing(path, error);
    throw new UsageError(`${path} could not be loaded: ${thrownText(error)}`, { cause: error });
  } finally {
    collectScenarios(undefined);
  }
  const scenarios = [...found];
  loaded.set(href, scenarios);
  return scenarios;
}

/** Node's own word for TypeScript, where neither it nor tsx runs it. */
function isUnknownEnding(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION';
}

/** Under which name a file exports a scenario of {@link scenariosIn}; undefined if under none. */
export async function exportedName(path: string, its: Scenario): Promise<string | undefined> {
  await prepareImports();
  const exported = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  const names = Object.keys(exported).filter(
    (name) => exported[name] === its && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name),
  );
  return names.find((name) => name !== 'default') ?? names[0];
}

const loaded = new Map<string, readonly Scenario[]>();

let prepared = false;

/** From now on TypeScript can be imported, and test runners are not there. */
export async function prepareImports(): Promise<void> {
  if (prepared) return;
  prepared = true;
  const format = await prepareTypeScript();
  const runner = (await import('./test-runner.ts')) as Readonly<Record<string, unknown>>;
  const exported = Object.keys(runner).filter((name) => !NOT_THEIRS.has(name));
  await registerHooks({ names: TEST_RUNNERS, standIn: runner['url'], exported, format });
  await replaceRequired(runner);
  for (const name of GLOBALS) {
    if (!Object.hasOwn(globalThis, name)) Object.assign(globalThis, { [name]: runner[name] });
  }
}

/** Where a file uses `expect` and imports it from nowhere: its project has it as a global. */
async function provideExpect(file: string): Promise<void> {
  if (Object.hasOwn(globalThis, 'expect')) return;
  const text = readFileSync(new URL(file), 'utf8');
  const isUsed = /\bexpect\s*[.(]/.test(text);
  if (!isUsed || /\bexpect\b[^;]*?\bfrom\s*['"]/.test(text)) return;
  Object.assign(globalThis, { expect: await globalExpect(file) });
}

/**
 * Files that `require` get the stand-ins too. heddle itself is one there: what they define is told
 * to the one that listens, while tsx would compile them a second.
 */
async function replaceRequired(runner: object): Promise<void> {
  // What `require('node:test')` gives is itself called.
  const required = Object.assign(() => {}, runner);
  const given = new Map<string, unknown>(TEST_RUNNERS.map((name) => [name, required]));
  given.set('heddle', await import('../index.ts'));
  given.set('heddle/laws', await import('../laws.ts'));
  given.set('heddle/sync', await import('../sync.ts'));
  given.set('heddle/vitest', await import('../vitest.ts'));
  // It installs something, which only those want who ask for it.
  const { installOnce } = await import('../node/realm/install.ts');
  // What needs a package that is not there, nobody can require either.
  const forFastCheck = await import('../fast-check.ts').catch(() => undefined);
  if (forFastCheck !== undefined) given.set('heddle/fast-check', forFastCheck);
  const loader = module as unknown as { _load: (name: string, ...rest: unknown[]) => unknown };
  const load = loader._load;
  loader._load = (name, ...rest) => {
    if (name === 'heddle/realm') installOnce();
    return given.get(name === 'heddle/realm' ? 'heddle' : name) ?? load.call(loader, name, ...rest);
  };
}

/** Node 26 warns of `module.register()`, and Node 20 has no `module.registerHooks()`. */
async function registerHooks(data: Readonly<Record<string, unknown>>): Promise<void> {
  const url = `data:text/javascript,${encodeURIComponent(HOOKS)}`;
  const { registerHooks: register } = module as {
    registerHooks?: (hooks: { resolve: unknown }) => void;
  };
  if (register === undefined) {
    module.register(url, { data });
    return;
  }
  const { initialize, resolve } = (await import(url)) as {
    initialize: (given: typeof data) => void;
    resolve: unknown;
  };
  initialize(data);
  register({ resolve });
}

/**
 * On Node 20 module hooks run on a thread of their own, where `next` gives promises; so they are a
 * text, and take both.
 *
 * # TypeScript is a module
 * In a project whose package.json does not say "type": "module" Node would take it for CommonJS,
 * where neither vitest nor a top-level await can be. Test runners take what is written with
 * `import` for a module, whatever package.json says, and so does this.
 */
const HOOKS = `
let names, standIn, exported, format;
export function initialize(data) {
  ({ names, standIn, exported, format } = data);
}
function inItsPlace(runner, real) {
  const asked = [runner, ...(real === undefined ? [] : [real])].map((each) => JSON.stringify(each));
  const lines = [
    'import * as standIn from ' + JSON.stringify(standIn) + ';',
    'const own = await standIn.assertionsFor(' + asked + ');',
    'export default standIn.default;',
    ...exported.map((name) => 'export const ' + name + ' = own.' + name + ' ?? standIn.' + name + ';'),
  ];
  return {
    url: 'data:text/javascript,' + encodeURIComponent(lines.join('\\n')),
    format: 'module',
    shortCircuit: true,
  };
}
export function resolve(specifier, context, next) {
  if (names.includes(specifier)) {
    try {
      const found = next(specifier, context);
      if (typeof found.then !== 'function') return inItsPlace(specifier, found.url);
      return found.then(({ url }) => inItsPlace(specifier, url), () => inItsPlace(specifier));
    } catch {
      return inItsPlace(specifier);
    }
  }
  const resolved = next(specifier, context);
  return typeof resolved.then === 'function' ? resolved.then(asModule) : asModule(resolved);
}
function asModule(resolved) {
  // What tsx would load as CommonJS it marks, and its lines would not be the file's.
  const url = resolved.url.replace(/([?]|%3F)tsx-commonjs-.*/, '');
  const isTypeScript = /\\.tsx?$/.test(url.replace(/\\?.*/, ''));
  return resolved.format?.startsWith('commonjs') && isTypeScript && !url.includes('/node_modules/')
    ? { ...resolved, url, format }
    : resolved;
}
`;

function isScenario(value: unknown): value is Scenario {
  if (typeof value !== 'object' || value === null) return false;
  const { name, build, options } = value as Partial<Scenario>;
  return typeof name === 'string' && typeof build === 'function' && typeof options === 'object';
}
