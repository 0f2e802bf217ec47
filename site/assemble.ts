/**
 * Puts together what VitePress builds: the pages of docs/ as they are, and a page for each file of
 * the repository that one of them names, so that no link leads out of the site.
 */

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, extname, join, posix, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const PAGES = join(import.meta.dirname, '.pages');
const LINK = /(\]\()(?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)/g;

/** What the highlighter calls by another name. */
const LANGUAGES: Readonly<Record<string, string>> = { mjs: 'js', cjs: 'js', mts: 'ts' };

/** Repository paths that pages name, and that are no pages of docs/. */
const named = new Set<string>();

rmSync(PAGES, { recursive: true, force: true });
mkdirSync(join(PAGES, 'public'), { recursive: true });
for (const path of filesOf('docs')) {
  if (/\.(?:svg|png)$/.test(path)) {
    cpSync(join(ROOT, path), join(PAGES, path.slice('docs/'.length)));
    continue;
  }
  if (!path.endsWith('.md')) continue;
  write(path.slice('docs/'.length), linked(path, readFileSync(join(ROOT, path), 'utf8')));
}
// A page of a file may name others.
for (const path of named) sourcePage(path);
cpSync(join(ROOT, 'docs/failure.schema.json'), join(PAGES, 'public/failure.schema.json'));

function filesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}

function write(path: string, text: string): void {
  const file = join(PAGES, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** The text of a page with links that hold in the site. */
function linked(path: string, text: string): string {
  return text.replace(LINK, (whole, open: string, link: string, hash = '') => {
    const target = posix.join(posix.dirname(path), link).replace(/\/$/, '');
    if (!existsSync(join(ROOT, target))) throw new Error(`${path} links to ${link}: there is none`);
    if (target === 'docs/failure.schema.json') return `${open}/failure.schema.json)`;
    if (target.startsWith('docs/') && target.endsWith('.md')) {
      return `${open}/${target.slice('docs/'.length)}${hash})`;
    }
    if (/\.(?:svg|png)$/.test(target)) return whole;
    named.add(target);
    return `${open}/source/${target}${endingOf(target)}${hash})`;
  });
}

/** What a link to the page of a repository path ends in. */
function endingOf(path: string): string {
  if (statSync(join(ROOT, path)).isDirectory()) return '/';
  return path.endsWith('.md') ? '' : '.md';
}

/** A file as a block of code, a page of Markdown as it is, a folder as the list of its files. */
function sourcePage(path: string): void {
  const at = join(ROOT, path);
  if (statSync(at).isDirectory()) {
    folderPage(path);
    return;
  }
  const text = readFileSync(at, 'utf8');
  if (path.endsWith('.md')) {
    write(`source/${path}`, linked(path, text));
    return;
  }
  const ending = extname(path).slice(1);
  const language = LANGUAGES[ending] ?? (ending || 'text');
  write(
    `source/${path}.md`,
    `# ${posix.basename(path)}\n\n\`${path}\`\n\n\`\`\`\`${language}\n${text}\`\`\`\`\n`,
  );
}

function folderPage(path: string): void {
  const files = filesOf(path).filter((file) => !file.includes('node_modules'));
  const rows = files.map((file) => {
    named.add(file);
    return `- [${file.slice(path.length + 1)}](/source/${file}${endingOf(file)})`;
  });
  write(`source/${path}/index.md`, `# ${path}\n\n${rows.join('\n')}\n`);
}
