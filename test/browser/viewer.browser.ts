import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failingPage, folder, longPage, type Page } from './pages.ts';
import { browser, close, open, startBrowser, stopBrowser } from './tab.ts';

const BYTES_MAX = 3_000_000;

let failing: Page;
let long: Page;

beforeAll(async () => {
  await startBrowser();
  failing = await failingPage();
  long = await longPage();
});

afterAll(stopBrowser);

const selected = (tab: Tab): Promise<number> =>
  tab.locator('.row.selected').getAttribute('data-step').then(Number);

describe('a failure', () => {
  it('opens where it shows, with the law, what was done, and the line', async () => {
    const opened = await open(failing.path);
    const { tab } = opened;
    const { failure } = failing.model;
    expect(await selected(tab)).toBe(failure?.step);
    expect(await tab.locator('.verdict').innerText()).toContain(failure?.message);
    expect(await tab.locator('.verdict').innerText()).toContain(failure?.law);
    expect(await tab.locator('.source .here').innerText()).toMatch(/^\d+\s*\S/);
    await close(opened, 'failure');
  });

  it('shows a step that is clicked, and what it has changed of the kernel', async () => {
    const opened = await open(failing.path, '#step=1');
    const { tab } = opened;
    const accept =
      failing.model.steps.findIndex(
        ({ call, result }) => call === 'accept' && result.startsWith('fd '),
      ) + 1;
    await tab.evaluate((step) => location.assign(`#step=${step}`), accept - 1);
    await tab.locator(`[data-step="${accept}"]`).click();
    expect(await selected(tab)).toBe(accept);
    const step = failing.model.steps[accept - 1];
    expect(await tab.locator('.card.step').innerText()).toContain(step?.did);
    const fd = /^fd \d+/.exec(step?.result ?? '')?.[0] as string;
    const changed = tab.locator('[data-section="process"] .field.changed');
    expect(await changed.allInnerTexts()).toEqual([expect.stringContaining(fd)]);
    await close(opened, 'clicked');
  });

  it('tells of the roads not taken, and where they lead', async () => {
    const { decisions, alternatives } = failing.model;
    const place = decisions.findIndex(
      ({ choice, kind }) => choice !== 0 && kind !== 'input' && kind !== 'swarm',
    );
    const decision = decisions[place];
    const opened = await open(failing.path, `#step=${decision?.step}`);
    const card = opened.tab.locator('.decision.restless').first();
    const roads = alternatives.filter((road) => road.decision === place);
    expect(await card.locator('.roads li').count()).toBe(roads.length);
    expect(await card.locator('.roads .taken').innerText()).toContain('taken');
    for (const road of roads.filter(({ outcome }) => outcome === 'passes')) {
      expect(await card.innerText()).toContain(`passes, ${road.steps} steps`);
    }
    expect(roads.some(({ outcome }) => outcome !== null)).toBe(true);
    await close(opened, 'roads');
  });

  it('goes where keys lead', async () => {
    const opened = await open(failing.path, '#step=3');
    const { tab } = opened;
    const press = async (key: string): Promise<number> => {
      await tab.keyboard.press(key);
      return selected(tab);
    };
    expect(await press('ArrowRight')).toBe(4);
    expect(await press('j')).toBe(5);
    expect(await press('ArrowLeft')).toBe(4);
    expect(await press('End')).toBe(failing.model.steps.length);
    expect(await press('Home')).toBe(1);
    expect(await press('f')).toBe(failing.model.failure?.step);
    await tab.keyboard.press('?');
    await tab.locator('dialog[open]').waitFor();
    await tab.screenshot({ path: join(folder, 'help.png') });
    await tab.keyboard.press('Escape');
    expect(await tab.locator('dialog[open]').count()).toBe(0);
    await tab.keyboard.press('c');
    expect(await tab.locator('.banner').innerText()).toMatch(/^\d+ of \d+ steps led to step/);
    expect(await tab.evaluate(() => location.hash)).toContain('view=causes');
    await close(opened, 'causes');
  });

  it('shows the nearest passing run beside it, and where they part', async () => {
    const { nearest } = failing.model;
    const opened = await open(failing.path);
    const { tab } = opened;
    await tab.keyboard.press('d');
    const passing = tab.locator('.passing');
    expect(await passing.locator('.banner').innerText()).toContain(nearest?.changed.join(' and '));
    expect(await tab.evaluate(() => location.hash)).toContain('view=passing');
    const parting = nearest?.rows.find(({ here, there }) => here === null || there === null);
    const first = passing.locator('tr.here, tr.there').first();
    expect(await first.innerText()).toContain(parting?.did);
    expect(await passing.locator('tr.there').count()).toBeGreaterThan(0);
    await passing.locator('tr.here button').first().click();
    expect(await tab.locator('.card.step .eyebrow').innerText()).toMatch(
      new RegExp(`^step ${nearest?.rows.find(({ there }) => there === null)?.here} `, 'i'),
    );
    await close(opened, 'passing');
  });

  it('searches', async () => {
    const opened = await open(failing.path, '#step=1');
    const { tab } = opened;
    await tab.keyboard.press('/');
    await tab.keyboard.type('task:client call:recv');
    const wanted = failing.model.steps.flatMap(({ call, lane }, index) =>
      call === 'recv' && failing.model.lanes[lane ?? -1]?.name.startsWith('client')
        ? [index + 1]
        : [],
    );
    expect(await tab.locator('search output').innerText()).toMatch(
      new RegExp(`^${wanted.length} steps?$`),
    );
    await tab.keyboard.press('Enter');
    expect(await selected(tab)).toBe(wanted[0]);
    await tab.locator('.switch button', { hasText: 'found' }).click();
    const rows = tab.locator('.row');
    const steps = await rows.evaluateAll((all) =>
      all.map((row) => Number(row.getAttribute('data-step'))),
    );
    expect(steps).toEqual(wanted);
    await close(opened, 'found');
  });

  it('opens at the step that its address names, in the dark if that is asked for', async () => {
    const opened = await open(failing.path, '#step=7', { scheme: 'dark' });
    const { tab } = opened;
    expect(await selected(tab)).toBe(7);
    const background = (): Promise<string> =>
      tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await tab.keyboard.press('t');
    await tab.keyboard.press('t');
    expect(await background()).not.toBe(dark);
    await tab.keyboard.press('t');
    expect(await background()).toBe(dark);
    await close(opened, 'dark');
  });

  it.each(['light', 'dark'] as const)(
    'can be read: every text has a contrast of 4.5 to 1, %s',
    async (scheme) => {
      const opened = await open(failing.path, '', { scheme });
      expect(await opened.tab.evaluate(faintTexts)).toEqual([]);
      await close(opened, `contrast-${scheme}`);
    },
  );
});

describe('a run of 5,000 steps', () => {
  it('weighs less than 3 MB, and draws no more than is in sight', async () => {
    const { size } = statSync(long.path);
    expect(long.model.steps.length).toBeGreaterThanOrEqual(5_000);
    expect(size).toBeLessThan(BYTES_MAX);
    const opened = await open(long.path);
    const { tab } = opened;
    // The page's own clock: from the moment it was asked for until the first picture with a step in
    // it.
    const openMs = await tab.evaluate(
      () =>
        new Promise<number>((resolve) => {
          requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
        }),
    );
    const workMs = await opened.workMs();
    expect(await tab.locator('.row').count()).toBeLessThan(120);
    const frames: number[] = [];
    for (const part of [0.2, 0.5, 0.8, 1]) frames.push(await scrollMs(tab, part));
    process.stdout.write(
      `${long.model.steps.length} steps: ${(size / 1e6).toFixed(2)} MB, opened in ${Math.round(openMs)} ms, ${Math.round(workMs)} ms of them work of the page (at most 2,000 are asked for), scrolled to elsewhere in ${frames.map(Math.round).join(', ')} ms\n`,
    );
    await tab.keyboard.press('End');
    expect(await selected(tab)).toBe(long.model.steps.length);
    await tab.locator(`[data-step="${long.model.steps.length}"]`).waitFor();
    await close(opened, 'long');
  });
});

describe('heddle view --compare', () => {
  it('shows four servers side by side, who waits where, and opens each', async () => {
    const path = join(folder, 'compare.html');
    const main = join(import.meta.dirname, '../../src/cli/main.ts');
    const args = [
      '--import',
      import.meta.resolve('tsx'),
      main,
      'view',
      '--compare',
      '--no-open',
      '--out',
      path,
    ];
    const { status, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      cwd: join(import.meta.dirname, '../..'),
    });
    expect(status, stderr).toBe(0);
    const context = await browser().newContext({ viewport: { width: 1440, height: 1000 } });
    const tab = await context.newPage();
    const requests: string[] = [];
    tab.on('request', (request) => requests.push(request.url()));
    await tab.goto(`file://${path}`);
    const servers = tab.locator('.server');
    expect(await servers.locator('h2').allInnerTexts()).toEqual(
      ['threaded', 'select-queues', 'epoll-level', 'streams'].map((name) =>
        expect.stringContaining(name),
      ),
    );
    const waits = await servers.locator('.waits').allInnerTexts();
    expect(waits[0]).toMatch(/accept fd 3[\s\S]*recv fd 4[\s\S]*recv fd 5/);
    expect(waits[1]).toMatch(/asleep in select/);
    expect(waits[2]).toMatch(/asleep in epollWait/);
    const before = await tab.locator('.scrubber label').innerText();
    await tab.keyboard.press('ArrowRight');
    expect(await tab.locator('.scrubber label').innerText()).not.toBe(before);
    await tab.screenshot({ path: join(folder, 'compare.png'), fullPage: true });
    await servers.nth(2).locator('h2 button').click();
    await tab.locator('.row.selected').waitFor();
    expect(await tab.evaluate(() => location.hash)).toMatch(/^#run=3&step=\d+$/);
    await tab.locator('.back').click();
    await servers.first().waitFor();
    expect(
      requests.every((url) => url.startsWith(`file://${path}`) || url.startsWith('data:')),
    ).toBe(true);
    expect(readdirSync(folder)).toContain('compare.png');
    await context.close();
  });
});

/** How long it takes until rows stand at another place. */
function scrollMs(tab: Tab, part: number): Promise<number> {
  return tab.evaluate(
    (to) =>
      new Promise<number>((resolve) => {
        const box = document.querySelector('.timeline') as HTMLElement;
        const began = performance.now();
        box.scrollTop = to * box.scrollHeight;
        requestAnimationFrame(() =>
          requestAnimationFrame(() => resolve(performance.now() - began)),
        );
      }),
    part,
  );
}

/** Texts that are too faint (WCAG 2.2, 1.4.3), with what they say. Runs in the page. */
function faintTexts(): string[] {
  const channel = (value: number): number => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  const parse = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = ([r = 0, g = 0, b = 0]: number[]): number =>
    0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element: Element | null): number[] => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || (color[3] ?? 0) > 0.99) return color;
    }
    return [255, 255, 255];
  };
  const faint: string[] = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(
      (node) => node.nodeType === 3 && (node.textContent ?? '').trim() !== '',
    );
    if (!own || element.closest('.sr, script, style, :disabled') !== null) continue;
    const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5)
      faint.push(
        `${contrast.toFixed(2)} ${element.className} ${(element.textContent ?? '').slice(0, 30)}`,
      );
  }
  return [...new Set(faint)].slice(0, 10);
}
