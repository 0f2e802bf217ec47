/** The site in Chromium: narrow and wide, light and dark, and its search. */
import { mkdtempSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { BrowserContext, Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NAV } from '../../site/nav.ts';
import { browser, startBrowser, stopBrowser } from '../browser/tab.ts';
import { serveSite } from './built.ts';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const shots = mkdtempSync(join(tmpdir(), 'heddle-site-'));
const all = NAV.flatMap((section) => section.pages.map(({ path }) => `${path}.html`));
/** Of the pages that are alike in kind, so many. */
const SHARE = Number(process.env['HEDDLE_SITE_SHARE'] ?? 1);
const named = all.filter((_, at) => Math.floor(at * SHARE) !== Math.floor((at - 1) * SHARE));

let origin: string;
let server: Server;

beforeAll(async () => {
  await startBrowser();
  ({ origin, server } = await serveSite());
});

afterAll(async () => {
  await stopBrowser();
  server.close();
  process.stdout.write(`pictures of the site: ${shots}\n`);
});

/** What axe finds that keeps somebody out. */
async function barriers(tab: Tab): Promise<string[]> {
  await tab.evaluate(AXE);
  const { violations } = await tab.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 100)).join(' ')}`);
}

async function visit(look: {
  width: number;
  scheme: 'light' | 'dark';
}): Promise<{ tab: Tab; context: BrowserContext; strange: string[] }> {
  const context = await browser().newContext({
    viewport: { width: look.width, height: 900 },
    colorScheme: look.scheme,
  });
  const tab = await context.newPage();
  const strange: string[] = [];
  tab.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) strange.push(request.url());
  });
  tab.on('pageerror', (error) => strange.push(error.message));
  return { tab, context, strange };
}

const KINDS = ['index.html', 'start/tcp-server.html', 'strategies.html', 'api/laws.html'];
const LOOKS = [400, 1280].flatMap((width) =>
  (['light', 'dark'] as const).map((scheme) => ({ width, scheme })),
);

/** What keeps somebody out of a page, and whether it scrolls sideways. */
async function faultsOf(tab: Tab, page: string): Promise<string[]> {
  await tab.goto(`${origin}/${page}`);
  await tab.waitForSelector('#VPContent h1');
  const found = (await barriers(tab)).map((barrier) => `${page}: ${barrier}`);
  return [...found, ...(await overflow(tab, page))];
}

async function overflow(tab: Tab, page: string): Promise<string[]> {
  const [needed, given] = await tab.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return [scrollWidth, clientWidth] as const;
  });
  return needed > given ? [`${page}: ${needed} px wide in ${given}`] : [];
}

describe.each(LOOKS)('a window of $width px, $scheme', (look) => {
  it.each(KINDS)('%s keeps nobody out, and asks no other host', async (page) => {
    const { tab, context, strange } = await visit(look);
    expect(await faultsOf(tab, page)).toEqual([]);
    const name = `${page.replaceAll('/', '-')}-${look.width}-${look.scheme}.png`;
    await tab.screenshot({ path: join(shots, name) });
    expect(strange).toEqual([]);
    await context.close();
  });
});

it.each(named)('%s keeps nobody out, narrow and dark, and fits any window', async (page) => {
  const { tab, context, strange } = await visit({ width: 400, scheme: 'dark' });
  const found = await faultsOf(tab, page);
  await tab.screenshot({ path: join(shots, `${page.replaceAll('/', '-')}.png`) });
  await tab.setViewportSize({ width: 1280, height: 900 });
  expect([...found, ...(await overflow(tab, page))]).toEqual([]);
  expect(strange).toEqual([]);
  await context.close();
});

it('is searched without a network', async () => {
  const { tab, context, strange } = await visit({ width: 1280, scheme: 'light' });
  await tab.goto(`${origin}/index.html`);
  await tab.waitForSelector('#VPContent h1');
  await tab.keyboard.press('Control+k');
  await tab.locator('#localsearch-input').fill('nondeterminism');
  // A guide is found before the reference.
  const guide = tab.locator('#localsearch-list a.result').first();
  await expect.poll(() => guide.getAttribute('href')).toMatch(/guides\/nondeterminism/);
  await tab.locator('#localsearch-input').fill('portfolio');
  const first = tab.locator('#localsearch-list a.result').first();
  await first.waitFor();
  await expect.poll(() => tab.locator('#localsearch-list').innerText()).toMatch(/strategies/i);
  await tab.locator('#localsearch-list a[href*="strategies"]').first().click();
  await tab.waitForURL(/strategies/);
  expect(await tab.locator('#VPContent h1').innerText()).toMatch(/strategies/);
  expect(strange).toEqual([]);
  await context.close();
});
