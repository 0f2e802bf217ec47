/** What is seen of a run besides its steps: lists, a part of it, folded lanes. */
import type { Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failingPage, nodePage, type Page, threadsPage } from './pages.ts';
import { close, open, startBrowser, stopBrowser } from './tab.ts';

let failing: Page;
let node: Page;
let threads: Page;

beforeAll(async () => {
  await startBrowser();
  failing = await failingPage();
  node = await nodePage();
  threads = await threadsPage();
});

afterAll(stopBrowser);

const texts = (tab: Tab, of: string): Promise<string[]> => tab.locator(of).allInnerTexts();
const stepsOf = (tab: Tab): Promise<number[]> =>
  tab
    .locator('.row')
    .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-step'))));

describe('a run of Node programs', () => {
  it('is told in requests, timers and lines of output, and in syscalls if they are asked for', async () => {
    const { steps, decisions } = node.model;
    const opened = await open(node.path);
    const { tab } = opened;
    const timer = steps.findIndex(({ after }) => after.startsWith('setTimeout')) + 1;
    expect(await tab.locator(`[data-step="${timer}"] .did`).innerText()).toMatch(/^setTimeout/);
    const marked = decisions.filter(({ choice }) => choice !== 0).map(({ step }) => step);
    const plumbing =
      steps.findIndex(
        ({ isPlumbing, after }, at) => isPlumbing && after === '' && !marked.includes(at + 1),
      ) + 1;
    const grid = tab.getByRole('grid');
    const told = Number(await grid.getAttribute('aria-rowcount'));
    expect(told).toBeLessThan(steps.length);
    expect(await tab.locator(`[data-step="${plumbing}"]`).count()).toBe(0);
    await tab.getByRole('button', { name: 'syscalls' }).click();
    expect(await grid.getAttribute('aria-rowcount')).toBe(String(steps.length + 1));
    expect(await tab.evaluate(() => location.hash)).toContain('syscalls=1');
    await close(opened, 'syscalls');
  });

  it('lists its requests with their answers, and its console', async () => {
    const { exchanges, steps } = node.model;
    expect(exchanges.length).toBeGreaterThan(1);
    const opened = await open(node.path);
    const { tab } = opened;
    await tab.getByRole('button', { name: 'requests' }).click();
    const rows = await texts(tab, '.passing tbody tr');
    expect(rows.length).toBe(exchanges.length);
    exchanges.forEach(({ step, text, answered }, at) => {
      const row = rows[at] as string;
      expect(row.startsWith(`${step}\t`)).toBe(true);
      expect(row).toContain(text);
      expect(row).toContain(`${answered} ${steps[(answered as number) - 1]?.did}`);
    });
    const answered = exchanges[0]?.answered as number;
    await tab
      .locator('.passing tbody tr')
      .first()
      .getByRole('button', { name: `${answered}` })
      .click();
    expect(await tab.locator('.card.step .eyebrow').innerText()).toMatch(
      new RegExp(`^step ${answered} `, 'i'),
    );
    await tab.getByRole('button', { name: 'console' }).click();
    const printed = steps.filter(({ did }) => did.startsWith('prints'));
    expect(printed.length).toBeGreaterThan(0);
    expect(await texts(tab, '.passing tbody td:nth-child(4)')).toEqual(
      printed.map(({ did }) => did),
    );
    expect(await tab.getByRole('button', { name: 'queries' }).count()).toBe(0);
    await close(opened, 'lists');
  });
});

describe('messages', () => {
  it('are listed with who reads each', async () => {
    const { steps, arrows } = failing.model;
    const opened = await open(failing.path, '#view=messages', { shows: '.passing' });
    const { tab } = opened;
    const arrivals = steps.flatMap(({ arrives }, at) => (arrives === 'data' ? [at + 1] : []));
    const rows = await texts(tab, '.passing tbody tr');
    expect(rows.length).toBe(arrivals.length);
    arrivals.forEach((arrival, at) => {
      const reads = arrows.find(({ kind, from }) => kind === 'message' && from === arrival)?.to;
      const did = reads === undefined ? '–' : `${reads} `;
      expect(rows[at]?.split('\t').at(-1)?.startsWith(did)).toBe(true);
    });
    await close(opened, 'messages');
  });

  it('are found by who sent them, and steps by what came before', async () => {
    const { steps, lanes } = failing.model;
    const opened = await open(failing.path, '#q=from:client%20task:server&view=found');
    const { tab } = opened;
    const found = await stepsOf(tab);
    expect(found.length).toBeGreaterThan(0);
    for (const step of found) expect(lanes[steps[step - 1]?.lane ?? -1]?.name).toBe('server');
    const listen = steps.findIndex(({ call }) => call === 'listen') + 1;
    await tab.getByRole('searchbox').fill('after:call:listen');
    expect((await stepsOf(tab))[0]).toBe(listen + 1);
    await tab.getByRole('searchbox').fill('-after:call:listen');
    expect((await stepsOf(tab)).at(-1)).toBe(listen);
    await close(opened, 'from');
  });
});

describe('a part of a run', () => {
  it('is what is dragged over in the strip, or from a step on', async () => {
    const { length } = threads.model.steps;
    const opened = await open(threads.path, '#step=1');
    const { tab } = opened;
    const strip = await tab.locator('.overview').boundingBox();
    const { x = 0, y = 0, width = 0 } = strip ?? {};
    await tab.mouse.move(x + width / 4, y + 5);
    await tab.mouse.down();
    await tab.mouse.move(x + width / 2, y + 5);
    await tab.mouse.up();
    const shown = await tab.locator('.banner').innerText();
    const [, from, to] = /^Steps (\d+) to (\d+)/.exec(shown)?.map(Number) ?? [];
    expect(Math.abs((from as number) - length / 4)).toBeLessThan(length / 50);
    expect(Math.abs((to as number) - length / 2)).toBeLessThan(length / 50);
    expect(await tab.getByRole('grid').getAttribute('aria-rowcount')).toBe(
      String((to as number) - (from as number) + 2),
    );
    // The strip is of that part alone now.
    await tab.mouse.click(x + width / 2, y + 5);
    const at = Number(await tab.locator('.row.selected').getAttribute('data-step'));
    expect(Math.abs(at - (length * 3) / 8)).toBeLessThan(length / 50);
    await tab.keyboard.press('Escape');
    expect(await tab.locator('.banner').count()).toBe(0);
    await tab.keyboard.press('{');
    expect(await tab.locator('.banner').innerText()).toContain(`Steps ${at} to ${length}`);
    await close(opened, 'range');
  });
});

describe('lanes of one process', () => {
  it('are folded into one', async () => {
    const { lanes } = threads.model;
    const pids = lanes.map(({ pid }) => pid);
    const pid = pids.find((one, at) => pids.indexOf(one) !== at) as number;
    const process = lanes.find((lane) => lane.pid === pid)?.process as string;
    const opened = await open(threads.path);
    const { tab } = opened;
    await tab.locator('.lane-menu summary').click();
    await tab.getByRole('checkbox', { name: `${process}: its` }).click();
    const names = await texts(tab, '.names .lane');
    expect(names.length).toBe(lanes.length - pids.filter((one) => one === pid).length + 1);
    expect(names).toContain(process);
    expect(await tab.evaluate(() => location.hash)).toContain(`fold=${pid}`);
    await close(opened, 'folded');
  });
});
