// The law of the house: who may import whom, and who may touch the machine it runs on.
//
// The sources are read as text, because TypeScript 7 has no compiler API. A new layer is one row of
// `layers`; a new ban is one row of `bans`; a file that must break a ban is one row of
// `exceptions`.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { parseAst } from 'vite';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/**
 * A path is a file if it ends in `.ts`, else a folder; the longest path that fits a file is its
 * layer.
 */
interface Layer {
  readonly path: string;
  /** The layer itself always may. */
  readonly mayImport: readonly string[];
}

const anything = ['src'];
const machine = ['src/sys', 'src/sim/kernel', 'src/sim/network'];
const files = 'src/root.ts';
/** A machine and what drives it. */
const driven = [...machine, 'src/sim/schedule', files];
const observers = ['src/sim/schedule', 'src/sim/trace', 'src/sim/laws'];

const layers: readonly Layer[] = [
  { path: files, mayImport: [] },
  { path: 'src/sys', mayImport: [] },
  { path: 'src/sim/kernel', mayImport: ['src/sys'] },
  { path: 'src/sim/network', mayImport: ['src/sys', 'src/sim/kernel'] },
  { path: 'src/sim/schedule', mayImport: [...machine, files] },
  { path: 'src/sim/trace', mayImport: driven },
  { path: 'src/sim/laws', mayImport: [...driven, 'src/sim/trace'] },
  { path: 'src/sim/explore', mayImport: [...machine, ...observers] },
  { path: 'src/models', mayImport: ['src/sys'] },
  { path: 'src/real', mayImport: ['src/sys', 'src/sim'] },
  { path: 'src/conform', mayImport: ['src/sys', 'src/sim', 'src/real', files] },
  { path: 'src/services', mayImport: ['src/sys', 'src/sim', files] },
  { path: 'src/node', mayImport: ['src/sys', 'src/sim', 'src/services', files] },
  // Loads the user's program, whatever its name.
  { path: 'src/node/guest/program.ts', mayImport: anything },
  { path: 'src/scenarios', mayImport: ['src/sys', 'src/sim', 'src/models'] },
  { path: 'src/load', mayImport: anything },
  { path: 'src/campaign', mayImport: ['src/sys', 'src/sim', 'src/load', files] },
  { path: 'src/cli', mayImport: anything },
  { path: 'src/laws.ts', mayImport: ['src/sim'] },
  { path: 'src/sync.ts', mayImport: ['src/sys'] },
  { path: 'src/vitest.ts', mayImport: anything },
  { path: 'src/fast-check.ts', mayImport: anything },
  { path: 'src/fast-check-imported.ts', mayImport: anything },
  { path: 'src/realm.ts', mayImport: anything },
  { path: 'src/index.ts', mayImport: anything },
];

/** What a layer may not touch: words in its code, or modules from outside the house. */
type Ban = { readonly in: readonly string[]; readonly because: string } & (
  | { readonly words: RegExp }
  | { readonly modules: (specifier: string) => boolean }
);

const timers = ['setTimeout', 'setInterval', 'setImmediate'];
const pure = ['src/sys', 'src/sim', 'src/models'];
const replayed = ['src/sys', 'src/models', 'src/sim/kernel', 'src/sim/network', ...observers];

const bans: readonly Ban[] = [
  {
    in: pure,
    words: /(?<=\bnew\s+)Date\b|\bDate\b(?=\s*[.(])/g,
    because: 'time is handed to the simulation',
  },
  {
    in: replayed,
    words: /\bperformance\s*\.\s*now\b|\bprocess\s*\.\s*hrtime\b/g,
    because: 'time is handed to the simulation',
  },
  { in: pure, words: /\bMath\s*\.\s*random\b/g, because: 'all choice goes through one door' },
  {
    in: pure,
    words: /\bset(?:Timeout|Interval|Immediate)\b/g,
    because: 'timers belong to the simulated clock',
  },
  {
    in: pure,
    modules: isBuiltin,
    because: 'the simulation touches nothing of the machine it runs on',
  },
  {
    in: ['src/sys', 'src/models', 'src/sim/kernel', 'src/sim/network'],
    modules: (specifier) => !isBuiltin(specifier),
    because: 'the kernel and the programs need no packages',
  },
];

/** Files that may break a ban. `allows` holds what the violation would name. */
const exceptions: Readonly<Record<string, { allows: readonly string[]; reason: string }>> = {
  'src/sim/explore/failures.ts': {
    allows: ['node:fs', 'node:path', 'node:crypto'],
    reason: 'failures are kept as files',
  },
  'src/sim/explore/corpus.ts': {
    allows: ['node:fs', 'node:path', 'node:crypto'],
    reason: 'what a search has learned is kept as files',
  },
  'src/sim/explore/zod.ts': {
    allows: ['node:module'],
    reason: 'loads zod where a file is first read',
  },
  'src/sim/explore/whole-file.ts': {
    allows: ['node:fs', 'node:path', 'node:crypto'],
    reason: 'failures are kept as files',
  },
  'src/sim/explore/seen-on-the-way.ts': {
    allows: [
      'Date',
      'Math.random',
      'performance.now',
      'process.hrtime',
      'node:crypto',
      'node:module',
    ],
    reason: 'names who of the user’s asks the machine, where two runs are not the same',
  },
  'src/sim/explore/project.ts': {
    allows: ['node:fs', 'node:path'],
    reason: 'what a failure file names is looked at only inside the project',
  },
  'src/sim/explore/reporting.ts': {
    allows: ['node:path'],
    reason: 'a failure points at the line of the user, whole path and all',
  },
  'src/sim/schedule/runtime/virtual-globals.ts': {
    allows: [
      ...['Date', 'Math.random', 'performance.now', 'process.hrtime', ...timers],
      ...['node:module', 'node:timers'],
    ],
    reason: 'puts the simulated clock and choice in their place',
  },
  'src/sim/schedule/runtime/virtual-crypto.ts': {
    allows: ['Math.random', 'node:crypto'],
    reason: 'puts simulated randomness in its place',
  },
  'src/sim/schedule/runtime/virtual-runtime.ts': {
    allows: ['node:async_hooks'],
    reason: 'callbacks of a run keep the async context they were made in',
  },
  'src/sim/schedule/runtime/service.ts': {
    allows: ['node:async_hooks'],
    reason: 'calls of a service keep the async context they were made in',
  },
  'src/sim/schedule/runtime/checkpoint.ts': {
    allows: ['node:v8'],
    reason: 'has the engine run microtasks at once',
  },
  'src/sim/schedule/runtime/code-trace.ts': {
    allows: ['node:v8'],
    reason: 'hears from the engine where async code awaits',
  },
  'src/sim/schedule/runtime/drain.ts': {
    allows: ['Date', ...timers, 'node:async_hooks'],
    reason: 'waits for the microtasks of async tasks to run out',
  },
};

/** The source with comments blanked, and again with strings blanked too; offsets stay the same. */
function blank(source: string): { uncommented: string; code: string } {
  const uncommented = source.split('');
  const code = source.split('');
  const wipe = (chars: string[], from: number, to: number): void => {
    for (let i = from; i < to; i++) if (chars[i] !== '\n') chars[i] = ' ';
  };
  // One pattern a kind of token; what none of them takes is one character of code.
  const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"/y;
  const regex = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
  const beforeRegex =
    /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|yield|await|of|in))\s*$/;
  const text = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*/y;
  const matchAt = (pattern: RegExp, at: number): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const braces: ('block' | 'template')[] = [];
  /** From just inside a template to just behind its end, or behind the `${` that interrupts it. */
  const skipText = (from: number): number => {
    const to = from + (matchAt(text, from) ?? '').length;
    wipe(code, from, to);
    if (source[to] !== '$') return to + 1;
    braces.push('template');
    return to + 2;
  };
  let at = 0;
  while (at < source.length) {
    const char = source[at];
    if (char === '`') at = skipText(at + 1);
    else if (char === '}' && braces.pop() === 'template') at = skipText(at + 1);
    else {
      if (char === '{') braces.push('block');
      let found = matchAt(token, at);
      if (
        found === undefined &&
        char === '/' &&
        beforeRegex.test(code.slice(Math.max(0, at - 80), at).join(''))
      )
        found = matchAt(regex, at);
      const to = at + (found?.length ?? 1);
      if (found !== undefined) wipe(code, at, to);
      if (found?.startsWith('//') || found?.startsWith('/*')) wipe(uncommented, at, to);
      at = to;
    }
  }
  return { uncommented: uncommented.join(''), code: code.join('') };
}

/** Every module a file names: import, export from, import(), import types, require(). */
const importForms: readonly RegExp[] = [
  /\bimport\b[^'"`;()=]*\bfrom\s*(['"])(?<specifier>[^'"\n]+)\1/g,
  /\bexport\s+(?:type\s+)?[*{][^'"`;()=]*\bfrom\s*(['"])(?<specifier>[^'"\n]+)\1/g,
  /\bimport\s*(['"])(?<specifier>[^'"\n]+)\1/g,
  /\b(?:import|require)\s*\(\s*(?:(['"`])(?<specifier>[^'"`\n]*)\1)?/g,
];

const covers = (path: string, file: string): boolean =>
  path.endsWith('.ts') ? file === path : file.startsWith(`${path}/`);

const layerOf = (file: string): Layer | undefined =>
  layers
    .filter((layer) => covers(layer.path, file))
    .sort((a, b) => b.path.length - a.path.length)[0];

const excused = (file: string, what: string): boolean =>
  exceptions[file]?.allows.some((word) => what === word || what.startsWith(`${word}/`)) ?? false;

/** Why `file` may not import `specifier`, if it may not. */
function importFault(
  file: string,
  layer: Layer,
  specifier: string | undefined,
): string | undefined {
  const free = layer.mayImport === anything;
  if (specifier === undefined)
    return free ? undefined : 'imports a computed name, which nobody can check';
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file), specifier);
    if ([layer.path, ...layer.mayImport].some((path) => covers(path, target))) return undefined;
    const may = layer.mayImport.join(', ') || 'nothing of ours';
    return `imports ${target}: ${layer.path} may import only itself and ${may}`;
  }
  const module = isBuiltin(specifier) ? `node:${specifier.replace(/^node:/, '')}` : specifier;
  for (const ban of bans) {
    if (!('modules' in ban) || !ban.in.some((path) => covers(path, file))) continue;
    if (ban.modules(module) && !excused(file, module)) return `imports ${module}: ${ban.because}`;
  }
  return undefined;
}

/** One line a violation: file:line, what it does, and the rule against it. */
function violations(file: string, source: string): string[] {
  const layer = layerOf(file);
  if (!layer) return [`${file}:1 is in no layer: give it a row in \`layers\` of test/tidy.test.ts`];
  const { uncommented, code } = blank(source);
  const found: { at: number; fault: string }[] = [];
  for (const form of importForms) {
    for (const match of uncommented.matchAll(form)) {
      if (code[match.index] === ' ') continue; // inside a string
      const fault = importFault(file, layer, match.groups?.['specifier']);
      if (fault) found.push({ at: match.index, fault });
    }
  }
  for (const ban of bans) {
    if (!('words' in ban) || !ban.in.some((path) => covers(path, file))) continue;
    for (const match of code.matchAll(ban.words)) {
      const what = match[0].replace(/\s/g, '');
      if (!excused(file, what))
        found.push({ at: match.index, fault: `uses ${what}: ${ban.because}` });
    }
  }
  return found
    .sort((a, b) => a.at - b.at)
    .map(({ at, fault }) => `${file}:${source.slice(0, at).split('\n').length} ${fault}`);
}

const sources: readonly string[] = !existsSync(join(root, 'src'))
  ? []
  : readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .map((path) => posix.join('src', path.replaceAll('\\', '/')))
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
      .sort();

describe('the house', () => {
  it('has sources, and this test reads them', () => {
    expect(sources.length).toBeGreaterThan(0);
  });

  it('imports one way, and its simulated part touches nothing real', () => {
    const broken = sources.flatMap((file) =>
      violations(file, readFileSync(join(root, file), 'utf8')),
    );
    expect(broken, broken.join('\n')).toEqual([]);
  });
});

// ---- knots ----

/** Files that can all be reached from each other are a knot: none can be read before the others. */
function knotsOf(arrows: ReadonlyMap<string, readonly string[]>): string[][] {
  // Tarjan, "Depth-First Search and Linear Graph Algorithms", 1972.
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const knots: string[][] = [];
  const visit = (file: string): void => {
    const number = order.size;
    order.set(file, number);
    let low = number;
    open.push(file);
    for (const other of arrows.get(file) ?? []) {
      if (!order.has(other)) visit(other);
      if (open.includes(other))
        low = Math.min(low, lowest.get(other) ?? (order.get(other) as number));
    }
    lowest.set(file, low);
    if (low !== number) return;
    const knot = open.splice(open.indexOf(file));
    if (knot.length > 1) knots.push(knot.sort());
  };
  for (const file of arrows.keys()) if (!order.has(file)) visit(file);
  return knots;
}

/** Whether an import or export names types alone, so that nothing of it is left when it runs. */
function namesTypesOnly(statement: string): boolean {
  const [, word, names] = /^(?:import|export)\s+(type\b)?\s*(\{[^}]*\})?/.exec(statement) ?? [];
  if (word !== undefined) return true;
  const listed = names
    ?.slice(1, -1)
    .split(',')
    .filter((name) => name.trim() !== '');
  return listed?.every((name) => /^\s*type\s/.test(name)) ?? false;
}

/** Which of our files each file imports: all of them, or those whose values it uses. */
function arrowsOf(
  files: readonly string[],
  read: (file: string) => string,
  valuesOnly: boolean,
): Map<string, string[]> {
  const arrows = new Map<string, string[]>();
  for (const file of files) {
    const { uncommented, code } = blank(read(file));
    const targets = new Set<string>();
    for (const form of importForms) {
      for (const match of uncommented.matchAll(form)) {
        const specifier = match.groups?.['specifier'];
        if (code[match.index] === ' ' || specifier === undefined || !specifier.startsWith('.')) {
          continue;
        }
        if (valuesOnly && namesTypesOnly(match[0])) continue;
        targets.add(posix.join(posix.dirname(file), specifier));
      }
    }
    arrows.set(file, [...targets]);
  }
  return arrows;
}

/** Of files that name each other's types. */
const KNOT_FILES_MAX = 20;

describe('knots', () => {
  const read = (file: string): string => readFileSync(join(root, file), 'utf8');

  it('of values there are none: every file can be run after those that it imports', () => {
    const knots = knotsOf(arrowsOf(sources, read, true));
    expect(knots, knots.join('\n')).toEqual([]);
  });

  it(`with types counted are of ${KNOT_FILES_MAX} files at most`, () => {
    const knots = knotsOf(arrowsOf(sources, read, false));
    expect(knots.length).toBeGreaterThan(0);
    for (const knot of knots)
      expect(knot.length, knot.join('\n')).toBeLessThanOrEqual(KNOT_FILES_MAX);
  });

  it('are found', () => {
    const files: Readonly<Record<string, string>> = {
      'src/a.ts': "import { b } from './b.ts';\nimport type { D } from './d.ts';",
      'src/b.ts': "export * from './c.ts';",
      'src/c.ts': "import {\n  type A,\n  a,\n} from './a.ts';",
      'src/d.ts': "import { type A, type B } from './a.ts';",
      'src/e.ts': "// import './a.ts';\nimport './a.ts';",
    };
    const paths = Object.keys(files);
    const readFile = (file: string): string => files[file] as string;
    const [all, values] = [false, true].map((only) => knotsOf(arrowsOf(paths, readFile, only)));
    expect(values).toEqual([['src/a.ts', 'src/b.ts', 'src/c.ts']]);
    expect(all).toEqual([['src/a.ts', 'src/b.ts', 'src/c.ts', 'src/d.ts']]);
  });
});

/** The formatter keeps code to 100 columns, but leaves comments as they are. */
const COLUMNS_MAX = 100;

/** Lines of comment that are too long, but for those of one word (an address, a path). */
function longComments(file: string, source: string): string[] {
  const { uncommented } = blank(source);
  const bare = uncommented.split('\n');
  return source.split('\n').flatMap((line, at) => {
    const isComment = line.trim() !== '' && bare[at]?.trim() === '';
    const words = line
      .replace(/^[\s/*]+/, '')
      .trim()
      .split(/\s+/).length;
    const fits = line.length <= COLUMNS_MAX || words === 1 || line.includes('biome-ignore');
    return isComment && !fits ? [`${file}:${at + 1} ${line.length} columns`] : [];
  });
}

describe('comments', () => {
  it(`keep to ${COLUMNS_MAX} columns`, () => {
    const files = ['src', 'test', 'bench', 'tools', 'viewer', 'examples'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
        .filter((path) => /\.tsx?$/.test(path) && !path.includes('node_modules')),
    );
    const long = files.flatMap((file) =>
      longComments(file, readFileSync(join(root, file), 'utf8')),
    );
    expect(files.length).toBeGreaterThan(sources.length);
    expect(long, long.join('\n')).toEqual([]);
  });

  it('are found where they are too long, and only there', () => {
    const long = 'word '.repeat(25);
    expect(longComments('a.ts', `// ${long}\n/** ${long} */\nconst a = '${long}';`)).toEqual([
      'a.ts:1 128 columns',
      'a.ts:2 132 columns',
    ]);
    expect(longComments('a.ts', `// https://${'x'.repeat(120)}`)).toEqual([]);
  });
});

// ---- functions, names, comments ----

/** A node of the syntax tree, as far as it is looked at. */
interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof (value as SyntaxNode | null)?.type === 'string';

const nameOf = (node: SyntaxNode): string | undefined => {
  const { id, key } = node as { id?: { name?: string }; key?: { name?: string } };
  return id?.name ?? key?.name;
};

const linesOf = (source: string, { start, end }: SyntaxNode): number =>
  source.slice(start, end).split('\n').length;

/** A screen of code: what is longer is read in parts, so it should be parts. */
const FUNCTION_LINES_MAX = 70;

/** Functions that are longer, each with the reason. */
const longFunctions: Readonly<Record<string, string>> = {
  'src/conform/calls.ts syscallOf': 'one case a syscall, each a line or two',
  'src/conform/program.ts argumentsText': 'one case a syscall, each a line or two',
  'src/node/guest/streams.ts makeStreamClasses': 'a class whose base class arrives at run time',
};

/** `file name` of each function that is longer than it may be. */
function functionsTooLong(file: string, source: string): string[] {
  const found: string[] = [];
  const visit = (value: unknown, outer: string): void => {
    if (Array.isArray(value)) for (const each of value) visit(each, outer);
    if (!isNode(value)) return;
    const name = nameOf(value) ?? outer;
    const isFunction = /Function/.test(value.type) && isNode(value['body']);
    if (isFunction && linesOf(source, value) > FUNCTION_LINES_MAX) found.push(`${file} ${name}`);
    for (const field of Object.values(value)) {
      if (typeof field === 'object' && field !== null) visit(field, name);
    }
  };
  visit(parseAst(source, { lang: 'ts' }), '');
  return [...new Set(found)];
}

/** Statements at the top of a file, unwrapped, with where their text begins. */
function statementsOf(source: string): { start: number; isExported: boolean; of: SyntaxNode }[] {
  const { body } = parseAst(source, { lang: 'ts' }) as unknown as { body: SyntaxNode[] };
  return body.map((statement) => {
    const { start, declaration } = statement;
    return isNode(declaration)
      ? { start, isExported: true, of: declaration }
      : { start, isExported: false, of: statement };
  });
}

/** Names that a statement declares. */
function namesOf(statement: SyntaxNode): string[] {
  const declared = (statement['declarations'] as SyntaxNode[] | undefined) ?? [statement];
  return declared.flatMap((each) => nameOf(each) ?? []);
}

/** Exported under one name from several files of `sim`, each with the reason. */
const sharedNames: Readonly<Record<string, string>> = {
  lock: 'a row of the kernel is called as its syscall; the specification of laws is public',
};

/** Names that more than one of the files exports: `name: files`. */
function exportedTwice(files: ReadonlyMap<string, string>): string[] {
  const places = new Map<string, Set<string>>();
  for (const [file, source] of files) {
    for (const { isExported, of } of statementsOf(source)) {
      for (const name of isExported ? namesOf(of) : []) {
        places.set(name, (places.get(name) ?? new Set()).add(file));
      }
    }
  }
  return [...places]
    .filter(([name, where]) => where.size > 1 && !Object.hasOwn(sharedNames, name))
    .map(([name, where]) => `${name}: ${[...where].join(', ')}`);
}

/** Bounds that nobody has said a word about: `file:line name`. */
function boundsWithoutReason(file: string, source: string): string[] {
  return statementsOf(source).flatMap(({ start, of }) => {
    const bound =
      of.type === 'VariableDeclaration' && namesOf(of).find((name) => /MAX$/.test(name));
    const before = source.slice(0, start).trimEnd();
    if (!bound || before.endsWith('*/') || /(?:^|\n)\s*\/\/[^\n]*$/.test(before)) return [];
    return [`${file}:${source.slice(0, start).split('\n').length} ${bound}`];
  });
}

/** Doc comments that lean on the one above, which an editor does not show: `file:line`. */
function leaningComments(file: string, source: string): string[] {
  return [...source.matchAll(/\/\*\*[\s*]*The same\b/g)].map(
    ({ index }) => `${file}:${source.slice(0, index).split('\n').length}`,
  );
}

describe('what stands in files', () => {
  const texts = new Map(sources.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  const inAll = (look: (file: string, source: string) => string[]): string[] =>
    [...texts].flatMap(([file, source]) => look(file, source));

  it(`functions have at most ${FUNCTION_LINES_MAX} lines, but for those of the list`, () => {
    expect(inAll(functionsTooLong).sort()).toEqual(Object.keys(longFunctions).sort());
  });

  it('no name is exported twice in sim', () => {
    const ofSim = new Map([...texts].filter(([file]) => file.startsWith('src/sim/')));
    expect(exportedTwice(ofSim)).toEqual([]);
  });

  it('every bound has a comment', () => {
    expect(inAll(boundsWithoutReason)).toEqual([]);
  });

  it('no doc comment begins with “The same”', () => {
    expect(inAll(leaningComments)).toEqual([]);
  });

  it('is objected to', () => {
    const long = `class A {\n  get() {${'\n    work();'.repeat(70)}\n  }\n}\nconst f = () => 1;`;
    expect(functionsTooLong('a.ts', long)).toEqual(['a.ts get']);
    const two = new Map([
      ['a.ts', 'export interface Both {}\nexport const [x] = [1];\nclass Own {}'],
      ['b.ts', 'export class Both {}\nclass Own {}\nexport const lock = 1;'],
      ['c.ts', 'export type { Both } from "./b.ts";\nexport const lock = 2;'],
    ]);
    expect(exportedTwice(two)).toEqual(['Both: a.ts, b.ts']);
    const bounds =
      '/** Why. */\nexport const A_MAX = 1;\nconst B_MAX = 2;\n// Why.\nconst C_MAX = 3;';
    expect(boundsWithoutReason('a.ts', bounds)).toEqual(['a.ts:3 B_MAX']);
    expect(leaningComments('a.ts', '/** It. */\n/**\n * The same. */\n// The same')).toEqual([
      'a.ts:2',
    ]);
  });
});

describe('the law', () => {
  it.each([
    ['src/sys/a.ts', "import { b } from '../models/b.ts';"],
    ['src/sim/kernel/a.ts', "import type { Loop } from '../schedule/loop.ts';"],
    ['src/sim/kernel/a.ts', "import { fabric } from '../network/fabric.ts';"],
    ['src/sim/network/a.ts', "export * from '../explore/fuzz.ts';"],
    ['src/sim/schedule/a.ts', "import { callText } from '../trace/describe.ts';"],
    ['src/sim/trace/a.ts', "import { leaks } from '../laws/leaks.ts';"],
    ['src/sim/laws/a.ts', "export {\n  fuzz,\n} from '../explore/fuzz.ts';"],
    ['src/models/a.ts', "const kernel = await import('../sim/kernel/kernel.ts');"],
    ['src/models/a.ts', "let kernel: import('../sim/kernel/kernel.ts').Kernel;"],
    ['src/models/userland/a.ts', 'const kernel = await import(name);'],
    ['src/real/node/a.ts', "import '../../cli/main.ts';"],
    ['src/cli/a.ts', "import { fixture } from '../../test/fixture.ts';"],
    ['src/sim/kernel/a.ts', "import fc from 'fast-check';"],
    ['src/sim/network/a.ts', "import { connect } from 'net';"],
    ['src/sim/explore/a.ts', "import { writeFileSync } from 'node:fs';"],
    ['src/sim/explore/failures.ts', "import { connect } from 'node:net';"],
    ['src/models/a.ts', 'const now = Date.now();'],
    ['src/sim/trace/a.ts', 'const now = new Date();'],
    ['src/sim/schedule/a.ts', 'const now = performance.now();'],
    ['src/sim/explore/a.ts', `const text = \`run \${\`no. \${Math.random()}\`}\`;`],
    ['src/sim/explore/a.ts', "const quote = /'/; setTimeout(run, 5); const other = /'/;"],
    ['src/sim/schedule/runtime/drain.ts', 'Math.random();'],
    ['src/sim/elsewhere.ts', ''],
  ])('objects once to %s: %s', (file, source) => {
    expect(violations(file, `// a line above\n${source}`)).toEqual([
      expect.stringMatching(source === '' ? /^src\S+:1 / : /^src\S+:2 /),
    ]);
  });

  it.each([
    ['src/sim/network/a.ts', "import type { Network } from '../kernel/network.ts';"],
    ['src/models/userland/a.ts', "import type { Sys } from '../../sys/sys.ts';"],
    ['src/sim/explore/failures.ts', "import { mkdir } from 'node:fs/promises';"],
    ['src/sim/schedule/runtime/virtual-globals.ts', 'globalThis.setTimeout = later; Date.now();'],
    ['src/sim/explore/a.ts', "import fc from 'fast-check';"],
    ['src/sim/laws/a.ts', "// Date.now() and import 'node:fs'\nconst hint = 'uses Date.now()';"],
    ['src/sim/laws/a.ts', "const hint = `import { connect } from 'node:net';` /* setTimeout */;"],
    ['src/real/node/a.ts', "import net from 'node:net'; setTimeout(run, 5);"],
    ['src/cli/a.ts', 'await import(path);'],
  ])('has nothing against %s: %s', (file, source) => {
    expect(violations(file, source)).toEqual([]);
  });
});
