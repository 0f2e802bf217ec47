/** A Chromium, and pages opened in it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page as Tab } from 'playwright-core';
import { expect } from 'vitest';
import { folder } from './pages.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const ARGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

let started: Browser | undefined;

export async function startBrowser(): Promise<void> {
  if (!existsSync(CHROMIUM)) {
    throw new Error(
      `there is no Chromium at ${CHROMIUM}; apt-get install chromium, or name one in CHROMIUM`,
    );
  }
  started = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
}

export async function stopBrowser(): Promise<void> {
  await started?.close();
  process.stdout.write(`screenshots: ${folder}\n`);
}

/** The one that was started. */
export function browser(): Browser {
  if (started === undefined) throw new Error('no browser was started');
  return started;
}

export interface Opened {
  readonly tab: Tab;
  readonly context: BrowserContext;
  /** Everything the page has asked for, its own file aside. */
  readonly requests: string[];
  readonly errors: string[];
  /**
   * Processor time that the page has taken so far, in milliseconds: the same on a machine that does
   * other things besides.
   */
  readonly workMs: () => Promise<number>;
}

export interface Look {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
  /** What is there once the page has opened. */
  readonly shows?: string;
}

export async function open(
  path: string,
  hash = '',
  { width = 1440, scheme = 'light', shows = '.row.selected' }: Look = {},
): Promise<Opened> {
  const context = await browser().newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
  });
  const tab = await context.newPage();
  const requests: string[] = [];
  const errors: string[] = [];
  tab.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`file://${path}`) && !url.startsWith('data:')) requests.push(url);
  });
  tab.on('pageerror', (error) => errors.push(error.message));
  tab.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  const session = await context.newCDPSession(tab);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await tab.goto(`file://${path}${hash}`);
  await tab.waitForSelector(shows);
  const workMs = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
  };
  return { tab, context, requests, errors, workMs };
}

/** Nothing was asked of any network, nothing has gone wrong, and there is a picture to look at. */
export async function close(
  { tab, context, requests, errors }: Opened,
  shot: string,
): Promise<void> {
  await tab.screenshot({ path: join(folder, `${shot}.png`) });
  expect(requests).toEqual([]);
  expect(errors).toEqual([]);
  await context.close();
}
