import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PAGES } from '../tools/docs.ts';

const root = join(import.meta.dirname, '..');

describe('the documentation', () => {
  it.each(PAGES)('$path is what the code says (npm run docs writes it)', async ({ path, page }) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(await page());
  });

  it('links to files that exist', () => {
    for (const { path } of PAGES) {
      const text = readFileSync(join(root, path), 'utf8');
      const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
        (match) => match[1] as string,
      );
      for (const link of links) expect(existsSync(join(root, path, '..', link)), link).toBe(true);
    }
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const named = [...readme.matchAll(/npm run ([a-z0-9:-]+)/g)].map((match) => match[1] as string);
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });
});
