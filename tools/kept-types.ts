import { readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A comment, or the name of another file of the package. */
const COMMENT_OR_OURS =
  /\/\*[\s\S]*?\*\/|(\bfrom |\bimport\(|\bimport )(['"])(\.{1,2}\/[^'"]+)\.[jt]s\2/g;

/**
 * Of the declarations in `dist`, keep those that the entries' own need: nobody can import the
 * others. They name each other by `.js`, which every compiler takes.
 */
export function keepTypesOf(dist: string, entries: readonly string[]): void {
  const needed = new Set(entries.map((entry) => join(dist, `${entry}.d.ts`)));
  // A set that is gone through while it grows.
  for (const file of needed) {
    const text = readFileSync(file, 'utf8').replace(COMMENT_OR_OURS, (all, word, quote, path) => {
      if (path === undefined) return all;
      needed.add(join(dirname(file), `${path}.d.ts`));
      return `${word}${quote}${path}.js${quote}`;
    });
    writeFileSync(file, text);
  }
  for (const entry of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const path = join(dist, entry);
    if (path.endsWith('.d.ts') && !needed.has(path)) rmSync(path);
  }
  removeEmpty(dist);
}

function removeEmpty(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmpty(join(folder, entry.name));
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}
