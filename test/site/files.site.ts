/** What can be said of the built site without opening it: its links lead somewhere, within it. */
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, it } from 'vitest';
import { API, NAV } from '../../site/nav.ts';
import { builtPages, DIST, htmlOf } from './built.ts';

const pages = builtPages();
const named = NAV.flatMap((section) => section.pages.map(({ path }) => `${path}.html`));

/** Values of an attribute of all elements of a page. */
function attributes(html: string, name: string): string[] {
  return [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, 'g'))].map((match) =>
    (match[1] as string).replaceAll('&amp;', '&'),
  );
}

const idsOf = new Map<string, Set<string>>();
function hasId(page: string, id: string): boolean {
  const ids = idsOf.get(page) ?? new Set(attributes(htmlOf(page), 'id'));
  idsOf.set(page, ids);
  return ids.has(id);
}

it('has every page of its navigation, and others', () => {
  expect(pages).toEqual(expect.arrayContaining(named));
  expect(pages).toEqual(expect.arrayContaining(API.map(({ path }) => `${path}.html`)));
  for (const { path, title } of API) {
    expect(/<h1[^>]*>([^<]*)/.exec(htmlOf(`${path}.html`))?.[1]?.trim()).toBe(title);
  }
});

it('has no link that leads nowhere', () => {
  const dead: string[] = [];
  let looked = 0;
  for (const page of pages) {
    for (const link of attributes(htmlOf(page), 'href')) {
      if (/^(?:https?:|mailto:|data:)/.test(link)) continue;
      looked++;
      const [path = '', hash = ''] = link.split('#');
      const at =
        path === '' ? page : posix.join(path.startsWith('/') ? '' : posix.dirname(page), path);
      const file = at.replace(/^\//, '').replace(/(^|\/)$/, '$1index.html');
      const target = /\.\w+$/.test(file) ? file : `${file}.html`;
      if (!existsSync(join(DIST, target))) dead.push(`${page}: ${link}`);
      // The API's own anchors are TypeDoc's to keep.
      else if (hash !== '' && target.endsWith('.html') && !page.startsWith('api/')) {
        if (!hasId(target, decodeURIComponent(hash))) dead.push(`${page}: ${link}`);
      }
    }
  }
  expect(looked).toBeGreaterThan(500);
  expect(dead).toEqual([]);
});

it('loads nothing from another host', () => {
  for (const page of pages) {
    const loaded = [
      ...attributes(htmlOf(page), 'src'),
      ...[...htmlOf(page).matchAll(/<link [^>]*href="([^"]+)"/g)].map(
        (match) => match[1] as string,
      ),
    ];
    expect(loaded.length).toBeGreaterThan(0);
    for (const address of loaded) expect(address, page).toMatch(/^(?:\/(?!\/)|data:)/);
  }
});

it('is there for assistants too', () => {
  const names = readFileSync(join(DIST, 'llms.txt'), 'utf8');
  const whole = readFileSync(join(DIST, 'llms-full.txt'), 'utf8');
  for (const page of named) {
    expect(names).toContain(`(/${page}): `);
    expect(whole).toContain(`<!-- /${page} -->`);
  }
  for (const [, about] of names.matchAll(/^- \[[^\]]+\]\([^)]+\): (.*)$/gm)) {
    expect(about).toMatch(/^.{20,}[.:]$/);
  }
});
