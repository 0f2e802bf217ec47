import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { NAV } from '../site/nav.ts';
import * as heddle from '../src/index.ts';
import * as laws from '../src/laws.ts';
import { FAULT_NAMES } from '../src/sim/kernel/choices.ts';
import { PAGES } from '../tools/docs.ts';
import { retiredWords, retiredWordsFound } from './retired-words.ts';

const root = join(import.meta.dirname, '..');
const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md'))
  .map((path) => `docs/${path.replaceAll('\\', '/')}`)
  .sort();

/** Words that mean something else elsewhere, or nothing. */
const OWN_WORDS = ['calm', 'decision', 'class', 'digest', 'law', 'realm', 'departure'];

describe('the documentation', () => {
  it('is what the code says (npm run docs writes it)', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), join(root, 'tools/docs.ts'), '--check'],
      { cwd: root, encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('links to files that exist', () => {
    for (const path of new Set([...PAGES.map((page) => page.path), ...pages])) {
      const text = readFileSync(join(root, path), 'utf8');
      const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
        (match) => match[1] as string,
      );
      for (const link of links) expect(existsSync(join(root, path, '..', link)), link).toBe(true);
    }
  });

  it('has every page in the navigation of the site, once', () => {
    const named = NAV.flatMap((section) => section.pages.map(({ path }) => `docs/${path}.md`));
    expect(named.sort()).toEqual(pages.filter((path) => path !== 'docs/index.md'));
  });

  it('shows code that is run: what stands in a page comes from a test', () => {
    const guides = pages.filter((path) => path.startsWith('docs/guides/'));
    expect(guides.length).toBeGreaterThan(5);
    for (const path of guides) {
      const unmarked = readFileSync(join(root, path), 'utf8').replace(
        /<!-- (\S+): npm run docs -->[\s\S]*?<!-- \/\1 -->/g,
        '',
      );
      expect(unmarked, path).not.toMatch(/^```(?:ts|js|tsx|jsx)$/m);
    }
  });

  it('has one word for one thing: those that docs/words.md retires stand nowhere', () => {
    expect(retiredWords()).toContain('mended');
    expect(retiredWordsFound()).toEqual([]);
  });

  it("defines heddle's own words once, and links them from the pages that use them", () => {
    const words = readFileSync(join(root, 'docs/words.md'), 'utf8');
    const others = pages.filter((path) => path !== 'docs/words.md');
    const text = others.map((path) => readFileSync(join(root, path), 'utf8')).join('\n');
    for (const word of OWN_WORDS) {
      expect(
        words.match(new RegExp(`^\\| <a id="${word}"></a>${word} \\|`, 'gm')),
        word,
      ).toHaveLength(1);
      expect(text, word).toMatch(new RegExp(`words\\.md#${word}\\)`));
    }
  });

  it('has a changelog that begins with this version, and says whether decisions changed', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    const versions = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split(/^## /m).slice(1);
    expect(versions[0]?.split('\n')[0]).toBe(version);
    for (const text of versions) {
      expect(text).toMatch(/^\S+\n\n\*\*Decisions (?:changed|unchanged|and digests)/);
    }
  });

  it('asks for the version and the failure file where something is wrong', () => {
    const template = readFileSync(join(root, '.github/ISSUE_TEMPLATE/bug.yml'), 'utf8');
    const { body } = parse(template) as {
      body: { id?: string; attributes: { description?: string } }[];
    };
    const asked = (id: string): string =>
      body.find((field) => field.id === id)?.attributes.description ?? '';
    expect(asked('version')).toContain('npx heddle --version');
    expect(asked('failure')).toContain('.heddle/');
  });

  it('has a row for every law and every fault, and for none that is not there', () => {
    const rows = (page: string): string[] =>
      [...readFileSync(join(root, page), 'utf8').matchAll(/^\| `(\w+)` \|/gm)]
        .map((match) => match[1] as string)
        .sort();
    const isLaw = (name: string): boolean => name.endsWith('Law');
    expect(rows('docs/laws.md')).toEqual(
      [...Object.keys(laws), ...Object.keys(heddle)].filter(isLaw).sort(),
    );
    expect(rows('docs/faults.md')).toEqual([...FAULT_NAMES].sort());
  });

  it('has a README for those who come first: short, and each cell of its table with a source', () => {
    expect(readFileSync(join(root, 'README.md'), 'utf8').split('\n').length).toBeLessThanOrEqual(
      150,
    );
    const page = readFileSync(join(root, 'docs/neighbours.md'), 'utf8');
    const sources = new Set([...page.matchAll(/^(\d+)\. .*\]\(/gm)].map(([, number]) => number));
    const [, , ...rows] = page.match(/^\|.*\|$/gm) ?? [];
    expect(rows.length).toBe(7);
    for (const row of rows) {
      for (const cell of row.split('|').slice(2, -1)) {
        const number = / \[(\d+)\] $/.exec(cell)?.[1];
        expect(sources.has(number ?? ''), cell).toBe(true);
      }
    }
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const text = ['README.md', 'CONTRIBUTING.md', ...pages]
      .map((path) => readFileSync(join(root, path), 'utf8'))
      .join('\n');
    const named = [...text.matchAll(/npm run (?:-s )?([a-z0-9:-]+)/g)].map(
      (match) => match[1] as string,
    );
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });
});
