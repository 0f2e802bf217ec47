import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

/** A line of a program that does what heddle does not control. */
export interface UncontrolledCall {
  readonly file: string;
  readonly line: number;
  readonly what: string;
  readonly then: string;
}

/** A package that brings code along that is no JavaScript. */
export interface NativePackage {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/** What was met in a program and in the files that it imports from its own folders. */
export interface ProgramSurvey {
  readonly files: readonly string[];
  readonly calls: readonly UncontrolledCall[];
  readonly natives: readonly NativePackage[];
  /** Imported from here and not found. */
  readonly missing: readonly string[];
}

const REFUSED = 'is refused: heddle runs one thread a program';
const NODE_ONLY =
  'may be Node programs; any other command needs a stand-in, world.host(name).command(…)';
const REAL = 'is real work: it is waited for, and takes no virtual time';

/** As docs/node.md has them, "What is not simulated". */
const CALLS: readonly (readonly [pattern: RegExp, what: string, then: string])[] = [
  [/\bchild_process\b/, 'child processes', NODE_ONLY],
  [/\bworker_threads\b|\bnew Worker\(/, 'worker threads', REFUSED],
  [/\bfs\.watch(?:File)?\(|\bchokidar\b/, 'watching files', REAL],
  [/\bWebAssembly\.(?:compile|instantiate)Streaming\(/, 'WebAssembly streaming', REAL],
  [/\bdns\.resolve\w*\(|\bresolve(?:4|6|Mx|Txt|Srv)\(/, 'dns.resolve', 'finds nobody'],
  [/\bprocess\.dlopen\(|\.node['"]/, 'a native addon', 'works outside of the simulation'],
];

const IMPORT = /\b(?:from\s*|import\s*\(?\s*|require\s*\(\s*)(['"])([^'"\n]+)\1/g;
const ENDINGS = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '/index.js', '/index.ts'];
/** A program of more files is looked at no further: the first ones tell. */
const FILES_MAX = 2_000;

/** Look at a program's text and at the files that it imports by a path; nothing of it is run. */
export function surveyProgram(program: string): ProgramSurvey {
  const files: string[] = [];
  const calls: UncontrolledCall[] = [];
  const natives = new Map<string, NativePackage>();
  const missing: string[] = [];
  const waiting = [resolve(program)];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const file = relative(process.cwd(), path);
    if (files.includes(file) || files.length >= FILES_MAX) continue;
    files.push(file);
    for (const [index, text] of readFileSync(path, 'utf8').split('\n').entries()) {
      const line = index + 1;
      if (/^\s*(?:\/\/|\*)/.test(text)) continue;
      for (const [pattern, what, then] of CALLS) {
        if (pattern.test(text)) calls.push({ file, line, what, then });
      }
      for (const [, , name = ''] of text.matchAll(IMPORT)) {
        if (name.startsWith('.')) {
          const found = ENDINGS.map((ending) => resolve(dirname(path), name) + ending).find(isFile);
          if (found === undefined) missing.push(`${file}:${line}: ${name}`);
          else if (!found.endsWith('.node')) waiting.push(found);
        } else if (!name.startsWith('node:') && isNative(name, path)) {
          natives.set(name, { name, file, line });
        }
      }
    }
  }
  return { files, calls, natives: [...natives.values()], missing };
}

function isFile(path: string): boolean {
  return existsSync(path) && /\.[cm]?[jt]sx?$|\.node$|\.json$/.test(path);
}

/** Whether a package is built, or brings a file that was. */
function isNative(specifier: string, from: string): boolean {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  for (const folder of createRequire(from).resolve.paths(name) ?? []) {
    const path = join(folder, name);
    if (!existsSync(join(path, 'package.json'))) continue;
    const entries = readdirSync(path);
    return entries.some((entry) => /^(?:binding\.gyp|prebuilds)$|\.node$/.test(entry));
  }
  return false;
}
