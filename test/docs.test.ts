import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PAGES } from '../tools/docs.ts';

const root = join(import.meta.dirname, '..');

describe('the documentation', () => {
  it('is what the code says (npm run docs writes it)', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), join(root, 'tools/docs.ts'), '--check'],
      { cwd: root, encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
  }, 60_000);

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
