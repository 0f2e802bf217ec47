/**
 * Of which code a campaign is: what other code finds is no part of it. Everything by its name, so
 * that it can be said what differs.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import type { ScenarioReference } from '../load/scenario-reference.ts';
import { ROOT } from '../root.ts';
import { replay } from '../sim/explore/attempt.ts';
import { isOfProject, projectFolder } from '../sim/explore/project.ts';
import { kindOfPath, readBounded } from '../sim/explore/whole-file.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { printable } from '../sim/trace/printable.ts';

/** What code is, part by part: `node`, `file src/server.ts`, … */
export type Code = Readonly<Record<string, string>>;

const LOCK_FILES = ['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock'];

/** As package.json says. */
export function heddleVersion(): string {
  const manifest = readFileSync(new URL('../package.json', ROOT), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** What this checkout is, as far as these scenarios hang on it. */
export async function codeOf(
  references: readonly ScenarioReference[],
  scenarios: readonly Scenario[],
): Promise<Code> {
  const code: Record<string, string> = {
    heddle: heddleVersion(),
    node: process.versions.node.split('.')[0] as string,
  };
  const folder = projectFolder();
  for (const name of LOCK_FILES) {
    const path = join(folder, name);
    if (existsSync(path)) code[`file ${nameOf(path)}`] = hashOfFile(path);
  }
  for (const path of filesOf(references.flatMap(entriesOf))) {
    code[`file ${nameOf(path)}`] = hashOfFile(path);
  }
  for (const scenario of scenarios) {
    // What one that does not end calmly does is told by those who look before all runs.
    const digest = await inMacrotask(() => replay(scenario, [], 'clamp').digest).catch(() => '-');
    code[`calm run of ${JSON.stringify(scenario.name)}`] = digest;
  }
  return code;
}

/** Relative to the current folder, which is the same place of each checkout. */
const nameOf = (path: string): string => relative('', path).split(sep).join('/');

/** Source that somebody wrote, or a lock file, is smaller. */
const FILE_BYTES_MAX = 64 * 2 ** 20;

function hashOfFile(path: string): string {
  try {
    const bytes = readBounded(path, FILE_BYTES_MAX);
    return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  } catch {
    return 'unreadable';
  }
}

/** The file of a scenario, or those of its programs. */
function entriesOf({ file, recipe }: ScenarioReference): string[] {
  const named = file === undefined ? [] : [file];
  return [...named, ...textsIn(recipe).filter((text) => kindOfPath(text) === 'file')];
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

/** A file in which other files may be named. */
const SOURCES = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx'];

/**
 * The files of a project that hang together with these: every text in a source that names a file of
 * the project counts, whether it is imported, required or read; so programs of `nodeProgram()` are
 * among them. A comment that names a file makes it one too many, which does no harm.
 */
export function filesOf(entries: readonly string[]): string[] {
  const found = new Set<string>();
  const folder = projectFolder();
  const left = entries.map((entry) => resolve(entry));
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    if (!SOURCES.includes(extname(path))) continue;
    for (const named of namedIn(path)) {
      if (!found.has(named) && isOfProject(named, folder)) left.push(named);
    }
  }
  return [...found].sort();
}

function namedIn(path: string): string[] {
  let text: string;
  try {
    text = readBounded(path, FILE_BYTES_MAX).toString('utf8');
  } catch {
    return [];
  }
  const words = new Set(
    [...text.matchAll(/(['"`])([^'"`\n]{1,300})\1/g)].map((match) => match[2] as string),
  );
  return [...words].flatMap((word) => fileNamed(word, path) ?? []);
}

/** What a text means in a file: a path beside it or in the current folder, or a package's name. */
function fileNamed(word: string, from: string): string | undefined {
  if (/^\.{1,2}\//.test(word) || /\.\w{1,8}$/.test(word)) {
    const bases = [resolve(dirname(from), word), resolve(word)];
    const file = bases.map(existing).find((path) => path !== undefined);
    if (file !== undefined) return file;
  }
  if (!/^(?:#|@?[a-z0-9])[\w.-]*(?:\/[\w./-]+)?$/i.test(word)) return undefined;
  return packageFile(word, from);
}

/** With an ending that is left out, or that TypeScript writes otherwise. */
function existing(path: string): string | undefined {
  const bare = path.replace(/\.(?:[mc]?js|jsx)$/, '');
  const tried = [path, ...SOURCES.flatMap((ending) => [path + ending, bare + ending])];
  const inFolder = SOURCES.map((ending) => join(path, `index${ending}`));
  return [...tried, ...inFolder].find((one) => kindOfPath(one) === 'file');
}

/** A package of the same project (a workspace), or what its package.json calls `#name`. */
function packageFile(word: string, from: string): string | undefined {
  const folder = projectFolder();
  const top = word.startsWith('@') ? word.split('/').slice(0, 2).join('/') : word.split('/')[0];
  const linked = join(folder, 'node_modules', top as string);
  if (!word.startsWith('#') && !isLinkInside(linked, folder)) return undefined;
  try {
    return realpathSync(createRequire(from).resolve(word));
  } catch {
    return undefined;
  }
}

/** The names in `node_modules` that lead back into the project, by folder. */
const links = new Map<string, ReadonlySet<string>>();

function isLinkInside(path: string, folder: string): boolean {
  const known = links.get(folder) ?? linksOf(folder);
  links.set(folder, known);
  return known.has(path);
}

function linksOf(folder: string): ReadonlySet<string> {
  const modules = join(folder, 'node_modules');
  const found = new Set<string>();
  const look = (inside: string): void => {
    for (const entry of existsSync(inside) ? readdirSync(inside, { withFileTypes: true }) : []) {
      const path = join(inside, entry.name);
      if (entry.isSymbolicLink() && isOfProject(path, folder)) found.add(path);
      else if (entry.name.startsWith('@')) look(path);
    }
  };
  look(modules);
  return found;
}

/** Differences that are named; the rest is counted. */
const NAMED_MAX = 5;

/** What differs between a campaign's code and that of this checkout; empty: nothing. */
export function differencesOf(its: Code, here: Code): string[] {
  const names = [...new Set([...Object.keys(its), ...Object.keys(here)])];
  const all = names
    .filter((name) => its[name] !== here[name])
    .map((name) => {
      if (here[name] === undefined) return `${name} is not here`;
      if (its[name] === undefined) return `${name} is only here`;
      if (name.startsWith('file ')) return `${name} differs`;
      return `${name}: ${its[name]} there, ${here[name]} here`;
    })
    .map(printable);
  const told = all.slice(0, NAMED_MAX);
  return all.length > told.length ? [...told, `and ${all.length - told.length} more`] : told;
}
