/** The dashboard of a campaign: live, afterwards as a file, and for everybody. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dashboard } from '../../src/campaign/dashboard.ts';
import { dashboardPage } from '../../src/campaign/page.ts';
import type { CampaignReport } from '../../src/campaign/report.ts';
import { HOSTILE, someReport } from '../campaign/report-data.ts';
import { folder } from './pages.ts';
import { browser, close, open, startBrowser, stopBrowser } from './tab.ts';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

beforeAll(startBrowser);
afterAll(stopBrowser);

/** Text of cells, row by row. */
const cellsOf = (tab: Tab, id: string): Promise<(string | null)[][]> =>
  tab
    .locator(`#${id} tr`)
    .evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent)),
    );

describe('the dashboard of a campaign', () => {
  it('shows what goes on, and what is new without being asked', async () => {
    let report: CampaignReport = someReport({ finds: [] });
    const dashboard = await Dashboard.open({
      ...{ host: '127.0.0.1', port: 0, report: async () => report },
      viewOf: async (path) => `<!doctype html><title>${path}</title><h1>the run</h1>`,
    });
    const tab = await browser().newPage();
    const errors: string[] = [];
    tab.on('pageerror', (error) => errors.push(error.message));
    tab.on(
      'console',
      (message) => void (message.type() === 'error' && errors.push(message.text())),
    );
    await tab.goto(dashboard.url);
    expect(await tab.locator('#status').textContent()).toBe('round 7 is merged, 60 min left');
    expect(await tab.locator('#finds').textContent()).toBe('nothing so far');
    expect(await cellsOf(tab, 'scenarios')).toEqual([
      [HOSTILE, 'portfolio', '3', '12,000', 'about 32,768', '25.0 %', 'searched'],
      ['', 'pct:3', '1', '345', '', '25.0 %', ''],
      ['broken', '', '0', '0', '0', '', 'broken: it cannot be loaded'],
    ]);
    expect(await cellsOf(tab, 'machines')).toEqual([
      ['one', '4', '12,000', '321', 'works'],
      ['two', '8', '0', '0', 'refuses: file a.sim.ts differs'],
    ]);
    report = someReport({ round: 8, leftMs: 60_000 });
    const found = tab.locator('#finds details').first();
    await found.waitFor();
    expect(await tab.locator('#status').textContent()).toBe('round 8 is merged, 60 s left');
    expect(await tab.title()).toBe('2 found · heddle campaign 20261130-0315-7f3a');
    await found.locator('summary').click();
    expect(await found.locator('pre').textContent()).toBe('the report');
    // What is open stays open when something new comes.
    report = someReport({ round: 9, leftMs: 50_000 });
    await tab.getByText('round 9 is merged').waitFor();
    expect(await found.locator('pre').isVisible()).toBe(true);
    await found.getByText('look at its run').click();
    await tab.getByText('the run').waitFor();
    expect(await tab.title()).toBe('.heddle/x.json');
    await tab.goBack();
    report = someReport({ isOver: true });
    await tab.getByText('over with round 7').waitFor();
    await dashboard.close();
    expect(errors.filter((text) => !text.includes('ERR_CONNECTION'))).toEqual([]);
    await tab.close();
  });

  it('says so when the coordinator does not answer any more', async () => {
    const report = async (): Promise<CampaignReport> => someReport();
    const viewOf = async (): Promise<string> => '';
    const dashboard = await Dashboard.open({ host: '127.0.0.1', port: 0, report, viewOf });
    const tab = await browser().newPage();
    await tab.goto(dashboard.url);
    await dashboard.close();
    await tab.getByText('the coordinator does not answer').waitFor();
    await tab.close();
  });

  it.each([
    [600, 'light'],
    [1280, 'dark'],
  ] as const)(
    'is a file that asks nobody and keeps nobody out: %i px, %s',
    async (width, scheme) => {
      const path = join(folder, `campaign-${width}.html`);
      writeFileSync(
        path,
        dashboardPage(someReport(), { isLive: false, views: ['view-0.html', null] }),
      );
      const opened = await open(path, '', { width, scheme, shows: '#finds details' });
      const { tab } = opened;
      await tab.locator('#finds summary').first().click();
      expect(await tab.locator('#finds a').getAttribute('href')).toBe('view-0.html');
      await tab.evaluate(AXE);
      const { violations } = await tab.evaluate(() =>
        (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
      );
      expect(violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`)).toEqual([]);
      const [needed, given] = await tab.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return [scrollWidth, clientWidth] as const;
      });
      expect(needed).toBe(given);
      await close(opened, `campaign-${width}-${scheme}`);
    },
  );
});
