// What heddle gives its users is documented: every export of every entry point has a comment.

import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const ENTRIES = [
  'src/index.ts',
  'src/laws.ts',
  'src/sync.ts',
  'src/vitest.ts',
  'src/fast-check.ts',
  'src/realm.ts',
];

const FROM = /export\s+(?:type\s+)?\{([^}]*)\}\s*from\s*'([^']+)'/g;
const ALL_FROM = /export\s+\*\s+from\s*'([^']+)'/g;
const DECLARED =
  /^export\s+(?:abstract\s+)?(?:async\s+)?(?:const|function\*?|class|interface|type)\s+(\w+)/gm;

type Read = (file: string) => string;
const fromDisk: Read = (file) => readFileSync(join(root, file), 'utf8');

/** The names that a module exports, each with the module that declares it. */
function exportsOf(file: string, read: Read): Map<string, string> {
  const found = new Map<string, string>();
  const source = read(file);
  const target = (specifier: string): string => posix.join(posix.dirname(file), specifier);
  for (const [, name] of source.matchAll(DECLARED)) found.set(name as string, file);
  for (const [, specifier] of source.matchAll(ALL_FROM)) {
    for (const [name, at] of exportsOf(target(specifier as string), read)) found.set(name, at);
  }
  for (const [, names, specifier] of source.matchAll(FROM)) {
    const theirs = exportsOf(target(specifier as string), read);
    for (const part of (names as string).split(',')) {
      const name = part.trim().replace(/^type\s+/, '');
      if (name === '') continue;
      const at = theirs.get(name.split(' as ')[0] as string);
      if (at === undefined) throw new Error(`${file}: nobody declares ${name}`);
      found.set(name, at);
    }
  }
  return found;
}

/** Those whose declaration has no doc comment right before it. */
function undocumented(entry: string, read: Read): string[] {
  return [...exportsOf(entry, read)]
    .filter(([name, file]) => {
      const declared = new RegExp(
        `^export\\s[^=\\n]*\\b(?:const|function\\*?|class|interface|type)\\s+${name}\\b`,
        'm',
      );
      const source = read(file);
      const at = declared.exec(source)?.index ?? 0;
      const before = source.slice(0, at).replace(/(?:\/\/ biome-ignore.*\n)+$/, '');
      return !/\*\/\n$/.test(before);
    })
    .map(([name, file]) => `${name} of ${file}`);
}

describe('every export has a doc comment', () => {
  it.each(ENTRIES)('%s', (entry) => {
    expect(exportsOf(entry, fromDisk).size).toBeGreaterThan(0);
    expect(undocumented(entry, fromDisk)).toEqual([]);
  });

  it('and one without is found', () => {
    const files: Record<string, string> = {
      'a.ts': "export { one, type Two } from './b.ts';\nexport * from './c.ts';\n",
      'b.ts': '/** One. */\nexport const one = 1;\nexport interface Two {}\n',
      'c.ts': '/** Of the file. */\n\nexport function three(): void {}\n',
    };
    expect(undocumented('a.ts', (file) => files[file] as string).sort()).toEqual([
      'Two of b.ts',
      'three of c.ts',
    ]);
  });
});
