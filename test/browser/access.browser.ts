/** Everybody can read it: at any width, in the dark, by ear, with keys alone, and on paper. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBranches } from '../../src/cli/branch.ts';
import {
  comparePage,
  failingPage,
  longNodePage,
  nodePage,
  type Page,
  PROJECT,
  twoRunsPage,
} from './pages.ts';
import { close, open, startBrowser, stopBrowser } from './tab.ts';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const WIDTHS = [600, 800, 1280];
const SCHEMES = ['light', 'dark'] as const;
/** More rows than any window of these tests has room for. */
const ROWS_MAX = 120;

let failing: Page;
let node: Page;
let longNode: Page;
let compare: string;
let twoRuns: string;

beforeAll(async () => {
  await startBrowser();
  failing = await failingPage();
  node = await nodePage();
  longNode = await longNodePage();
  compare = await comparePage();
  twoRuns = await twoRunsPage();
});

afterAll(stopBrowser);

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

const looks = WIDTHS.flatMap((width) => SCHEMES.map((scheme) => ({ width, scheme })));

describe.each(looks)('a window of $width px, $scheme', (look) => {
  const pages = [
    ['a failure in the kernel', () => failing.path, '.row.selected', ''],
    ['its nearest passing run', () => failing.path, '.passing tr', '#view=passing'],
    ['a failure of Node programs', () => node.path, '.row.selected', ''],
    ['servers side by side', () => compare, '.server', ''],
    ['two runs side by side', () => twoRuns, '.server', ''],
  ] as const;

  it.each(pages)('%s keeps nobody out, and scrolls down alone', async (name, path, shows, hash) => {
    const opened = await open(path(), hash, { ...look, shows });
    const { tab } = opened;
    expect(await barriers(tab)).toEqual([]);
    const [needed, given] = await tab.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return [scrollWidth, clientWidth] as const;
    });
    expect(needed).toBe(given);
    await close(opened, `${name.replaceAll(' ', '-')}-${look.width}-${look.scheme}`);
  });

  it('has help without barriers', async () => {
    const opened = await open(failing.path, '', look);
    await opened.tab.keyboard.press('?');
    await opened.tab.locator('dialog[open]').waitFor();
    expect(await barriers(opened.tab)).toEqual([]);
    await close(opened, `help-${look.width}-${look.scheme}`);
  });
});

describe('a run of Node programs of 5,000 steps', () => {
  it('makes no more rows than a window has room for', async () => {
    expect(longNode.model.steps.length).toBeGreaterThanOrEqual(5_000);
    const opened = await open(longNode.path);
    const { tab } = opened;
    // The page's own clock, told and not judged.
    const openMs = await tab.evaluate(() => performance.now());
    expect(await tab.getByRole('row').count()).toBeLessThan(ROWS_MAX);
    process.stdout.write(
      `${longNode.model.steps.length} steps of Node programs: rows after at most ${Math.round(openMs)} ms, ${Math.round(await opened.workMs())} ms of them work of the page\n`,
    );
    await close(opened, 'long-node');
  });

  it('is printed whole', async () => {
    const opened = await open(longNode.path, '#syscalls=1');
    const { tab } = opened;
    await tab.evaluate(() => {
      addEventListener('beforeprint', () => {
        document.title = String(document.querySelectorAll('.row').length);
      });
    });
    const sheets = await tab.pdf({ preferCSSPageSize: true });
    expect(await tab.title()).toBe(String(longNode.model.steps.length));
    const pages = sheets.toString('latin1').match(/\/Type\s*\/Page\b/g) ?? [];
    // Rows of 26 px on sheets of some 700.
    expect(pages.length).toBeGreaterThan((longNode.model.steps.length * 26) / 1_000);
    await tab.waitForFunction((most) => document.querySelectorAll('.row').length < most, ROWS_MAX);
    await close(opened, 'after-print');
  });
});

describe('by ear and with keys', () => {
  it('the steps are a grid that names its selected row, and a change is told', async () => {
    const opened = await open(failing.path, '#step=3');
    const { tab } = opened;
    const grid = tab.getByRole('grid', { name: 'Steps' });
    expect(await grid.getAttribute('aria-rowcount')).toBe(String(failing.model.steps.length + 1));
    expect(await grid.getByRole('columnheader').count()).toBe(4);
    await grid.focus();
    await tab.keyboard.press('ArrowDown');
    const row = grid.getByRole('row', { selected: true });
    expect(await row.getAttribute('aria-rowindex')).toBe('5');
    expect(await grid.getAttribute('aria-activedescendant')).toBe(await row.getAttribute('id'));
    expect(await row.getByRole('gridcell').allInnerTexts()).toContain('4');
    const told = await tab.locator('output[aria-live=polite].sr').innerText();
    expect(told).toContain(`step 4 of ${failing.model.steps.length}`);
    expect(told).toContain(failing.model.steps[3]?.did);
    await close(opened, 'grid');
  });

  it('keeps the focus on the grid while rows come and go', async () => {
    const opened = await open(longNode.path, '#step=1&syscalls=1');
    const { tab } = opened;
    await tab.getByRole('row', { selected: true }).click();
    await tab.keyboard.press('End');
    await tab.locator(`[data-step="${longNode.model.steps.length}"].selected`).waitFor();
    expect(await tab.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('grid');
    await close(opened, 'end');
  });
});

describe('lanes', () => {
  it('are hidden with the rows of their tasks, and come back', async () => {
    const { lanes, steps } = failing.model;
    const opened = await open(failing.path, '#step=1', { width: 600 });
    const { tab } = opened;
    const away = lanes.findIndex(({ name }) => name.startsWith('client'));
    const name = lanes[away]?.name as string;
    const drawn = (): Promise<string[]> => tab.locator('.names .lane').allInnerTexts();
    const before = await drawn();
    await tab.locator('.lane-menu summary').click();
    const menu = await tab.locator('.lane-menu ul').boundingBox();
    expect(menu?.x).toBeGreaterThanOrEqual(0);
    await tab.getByRole('checkbox', { name }).click();
    const plain = (texts: string[]): string[] => texts.map((text) => text.replaceAll(/\s/g, ''));
    expect(plain(await drawn())).toEqual(plain(before).filter((text) => text !== name));
    expect(await tab.getByRole('grid').getAttribute('aria-rowcount')).toBe(
      String(steps.filter(({ lane }) => lane !== away).length + 1),
    );
    expect(await tab.evaluate(() => location.hash)).toContain(`hide=${away}`);
    expect(await barriers(tab)).toEqual([]);
    await tab.getByRole('button', { name: 'as they were' }).click();
    expect(await drawn()).toEqual(before);
    await close(opened, 'hidden');
  });

  it('are pinned to the left, and stand in the order in which that was done', async () => {
    const { lanes } = failing.model;
    const opened = await open(failing.path, '#step=1');
    const { tab } = opened;
    const names = lanes.map(({ name }) => name);
    const last = names.at(-1) as string;
    await tab.locator('.lane-menu summary').click();
    await tab.getByRole('button', { name: `Pin ${last}` }).click();
    const drawn = async (): Promise<string[]> =>
      (await tab.locator('.names .lane').allInnerTexts()).map((text) => text.replaceAll(/\s/g, ''));
    expect((await drawn())[0]).toBe(last);
    await tab.getByRole('button', { name: `First: ${names[0]}` }).click();
    expect((await drawn()).slice(0, 2)).toEqual([names[0], last]);
    await tab.reload();
    await tab.waitForSelector('.row.selected');
    expect((await drawn()).slice(0, 2)).toEqual([names[0], last]);
    await close(opened, 'pinned');
  });
});

describe('two runs side by side', () => {
  it('are named as they were given, say what came of each, and open', async () => {
    const opened = await open(twoRuns, '', { shows: '.server' });
    const { tab } = opened;
    expect(await tab.locator('h1').innerText()).toBe('2 runs side by side');
    expect(await tab.locator('.server h2').allInnerTexts()).toEqual([
      expect.stringContaining('h1:'),
      expect.stringContaining('h1:'),
    ]);
    expect(await tab.locator('.server').first().innerText()).toContain('✓ passes');
    expect(await tab.locator('.waits li').count()).toBeGreaterThan(0);
    expect(await tab.locator('.table, .figures, .lesson').count()).toBe(0);
    await tab.locator('.server h2 button').first().click();
    await tab.waitForSelector('.row.selected');
    await close(opened, 'two-runs');
  });
});

describe('search', () => {
  it('finds what stands before and after', async () => {
    const opened = await open(failing.path, '#q=after:3%20before:7&view=found&step=5');
    const { tab } = opened;
    const steps = await tab
      .locator('.row')
      .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-step'))));
    expect(steps).toEqual([4, 5, 6]);
    const search = tab.getByRole('searchbox');
    await search.fill('before:1ms');
    const early = failing.model.steps.filter(({ timeMs }) => timeMs < 1).length;
    expect(await tab.locator('search output').innerText()).toMatch(new RegExp(`^${early} step`));
    await close(opened, 'before-after');
  });
});

describe('what leads out of the page', () => {
  it('copies a command', async () => {
    const opened = await open(failing.path);
    const { tab, context } = opened;
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await tab.getByRole('button', { name: 'Copy npx heddle replay failing' }).click();
    await tab.getByText('copied', { exact: true }).waitFor();
    const copied = await tab.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe('npx heddle replay failing');
    await close(opened, 'copied');
  });

  it('opens the line in the editor', async () => {
    const opened = await open(failing.path);
    const at = failing.model.failure?.at;
    const link = opened.tab.locator('.source a');
    expect(await link.getAttribute('href')).toBe(
      `vscode://file${PROJECT.replace(' ', '%20')}/${at}`,
    );
    await close(opened, 'link');
  });

  it('shows by which lines a step was called, and opens them', async () => {
    const step = failing.model.steps.findIndex(({ callers }) => callers !== '') + 1;
    const callers = failing.model.steps[step - 1]?.callers.split('\n') ?? [];
    const opened = await open(failing.path, `#step=${step}`);
    const rows = opened.tab.locator('.callers li');
    expect(await rows.count()).toBe(callers.length);
    const [where = '', name = ''] = callers[0]?.split('\t') ?? [];
    // What is called from the top of a file has no name.
    const told = `${where.replace(/:\d+$/, '')} ${name}`.trim();
    expect(await rows.first().innerText()).toBe(told);
    expect(await rows.first().locator('a').getAttribute('href')).toBe(
      `vscode://file${PROJECT.replace(' ', '%20')}/${where}`,
    );
    await close(opened, 'callers');
  });

  it('names the command that takes a road that was not taken, and it takes that road', async () => {
    const { alternatives, decisions } = failing.model;
    const road = alternatives.find(({ outcome }) => outcome === 'passes');
    const step = decisions[road?.decision ?? 0]?.step;
    const opened = await open(failing.path, `#step=${step}`);
    const { tab } = opened;
    const there = tab.locator('.roads li', { hasText: `passes, ${road?.steps} steps` }).first();
    await there.locator('summary').click();
    const command = await there.locator('.command code').innerText();
    expect(command).toMatch(/^npx heddle view failing --take \d+:\d+$/);
    const [branch] = parseBranches(command.split(' ').at(-1) as string);
    expect(decisions[branch?.place ?? -1]?.step).toBe(step);
    await close(opened, 'branch');
  });

  it('runs nothing that was not built into the page', async () => {
    const opened = await open(failing.path);
    const ran = await opened.tab.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "ran"';
      document.body.append(script);
      return document.title;
    });
    expect(ran).not.toBe('ran');
    expect(opened.errors.splice(0)).toEqual([expect.stringContaining('Content Security Policy')]);
    await close(opened, 'policy');
  });
});
