import type { Api, Declared } from './api-model.ts';

/** What users import, and under which name. */
export const ENTRIES: Readonly<Record<string, string>> = {
  heddle: 'index',
  'heddle/laws': 'laws',
  'heddle/sync': 'sync',
  'heddle/vitest': 'vitest',
  'heddle/fast-check': 'fast-check',
  'heddle/realm': 'realm',
  'heddle/node': 'node/preload',
};

const HEAD = `# What heddle exports

Written by \`npm run api\`, and held by \`test/api.test.ts\`: a change of what users can import, or of its types, changes this page too. What it is good
for stands in the doc comments. Each is documented once, where it first appears.
`;

/** The whole of it as a page. */
export function apiReport(api: Api): string {
  const known = new Map<Declared, string>();
  const parts = Object.entries(ENTRIES).map(([name, module]) => {
    const exports = api.exportsOf(module);
    const own = [...exports].filter(([, declared]) => !known.has(declared));
    const others = [...exports].filter(([, declared]) => known.has(declared));
    for (const [, declared] of own) known.set(declared, name);
    const also = others.map(([as, declared]) => `\`${as}\` (${known.get(declared)})`).join(', ');
    const text = own.map(([as, declared]) => entryText(api, as, declared)).join('\n');
    return `\n## ${name}\n\n${text}${also === '' ? '' : `\nAlso: ${also}.\n`}`;
  });
  const names = api
    .mentionedBy(known.keys())
    .filter((each) => [...known.keys()].some(({ uses }) => uses.includes(each.name)))
    .map((each) => `\`${each.name}\` (${api.sourceOf(each)})`)
    .sort();
  const behind = `\n## Mentioned by them, and not exported\n\n${names.join(', ')}.\n`;
  return `${HEAD}${parts.join('')}${behind}`;
}

function entryText(api: Api, as: string, declared: Declared): string {
  const since = /@since (\d+\.\d+\.\d+)/.exec(declared.comment)?.[1] ?? '?';
  const name = as === declared.name ? as : `${as}, declared as ${declared.name}`;
  const text = declared.text.replace(/^export (?:declare )?/gm, '');
  return `### ${name}\n\n${api.sourceOf(declared)}, since ${since}\n\n\`\`\`ts\n${text}\n\`\`\`\n`;
}
