/**
 * One word for one thing: docs/words.md has a table of words that are retired, and none of them
 * stands in what heddle prints, in its comments or on its pages.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Where the words of heddle stand; the tests speak of other people's programs as well. */
const ROOMS = ['src', 'viewer', 'tools', 'docs', 'examples', 'bench', 'test/report', '.ci'];
const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'CODE_OF_CONDUCT.md',
];
const PROSE = /(?:\.(?:tsx?|mjs|md|txt)|run)$/;

/** Words that are somebody else's: text that a page or an example quotes, or a person. */
const QUOTED: readonly (readonly [path: string, word: string])[] = [
  ['examples/autocomplete/scenario.ts', 'he'],
];

const words = readFileSync(join(root, 'docs/words.md'), 'utf8');

/** The left column of the table of retired words; what stands in brackets says of what. */
export function retiredWords(): string[] {
  const [, table] = words.split('\n| retired | instead |\n|---|---|\n');
  const rows = (table as string).split('\n\n', 1)[0]?.trim().split('\n') ?? [];
  return rows.flatMap((row) =>
    (row.split('|')[1] as string)
      .replace(/\(.*\)/, '')
      .split(',')
      .map((word) => word.trim()),
  );
}

function texts(): [path: string, text: string][] {
  const files = ROOMS.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && PROSE.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
  ).filter((path) => !path.includes('node_modules/'));
  return [...files, ...PAGES].map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    // The table itself names them.
    return [path, path === 'docs/words.md' ? (text.split('## One word for')[0] as string) : text];
  });
}

/** Each place where a retired word still stands. */
export function retiredWordsFound(): string[] {
  const all = texts();
  return retiredWords().flatMap((word) => {
    // A comment may break within.
    const pattern = new RegExp(`\\b${word.replaceAll(' ', '\\s+(?:(?:\\*|//) )?')}\\b`, 'gi');
    return all.flatMap(([path, text]) =>
      [...text.matchAll(pattern)]
        .filter(() => !QUOTED.some(([file, own]) => file === path && own === word))
        .map(({ index }) => `${path}:${text.slice(0, index).split('\n').length} "${word}"`),
    );
  });
}
