/**
 * The site for those who read without a browser: llms.txt names every page with its first sentence,
 * llms-full.txt holds all of them (https://llmstxt.org).
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API, NAV } from './nav.ts';

const DOCS = join(import.meta.dirname, '../docs');
const PUBLIC = join(import.meta.dirname, '.pages/public');
const read = (path: string): string => readFileSync(join(DOCS, `${path}.md`), 'utf8');

/** The first paragraph under the title, up to its first full stop. */
function firstSentence(text: string): string {
  const paragraphs = text.replace(/<!--[\s\S]*?-->/g, '').split(/\n\s*\n/);
  const prose = paragraphs.find((part) => /^[A-Za-z*`]/.test(part.trim())) ?? '';
  const line = prose.replace(/\s+/g, ' ').trim();
  return /^.*?[.:](?= |$)/.exec(line)?.[0] ?? line;
}

const head = `# heddle

> heddle finds the order of events that breaks your server, and hands it to you as a test.
`;
const sections = NAV.map(({ title, pages }) => {
  const rows = pages.map(
    (page) => `- [${page.title}](/${page.path}.html): ${firstSentence(read(page.path))}`,
  );
  return `## ${title}\n\n${rows.join('\n')}\n`;
});
const api = API.map(
  ({ path, title }) =>
    `- [${title}](/${path}.html): every export, with its types, defaults and examples.`,
);
writeFileSync(
  join(PUBLIC, 'llms.txt'),
  [head, ...sections, `## API\n\n${api.join('\n')}\n`].join('\n'),
);

const whole = NAV.flatMap(({ pages }) =>
  pages.map(({ path }) => `<!-- /${path}.html -->\n\n${read(path)}`),
);
writeFileSync(join(PUBLIC, 'llms-full.txt'), [head, ...whole].join('\n'));
