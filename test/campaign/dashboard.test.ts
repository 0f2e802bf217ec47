import { get } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { Dashboard, type DashboardOptions } from '../../src/campaign/dashboard.ts';
import { dashboardPage } from '../../src/campaign/page.ts';
import { HOSTILE, someReport } from './report-data.ts';

const opened: Dashboard[] = [];

async function open(more: Partial<DashboardOptions> = {}): Promise<Dashboard> {
  const dashboard = await Dashboard.open({
    ...{ host: '127.0.0.1', port: 0 },
    report: async () => someReport(),
    viewOf: async (path) => `<p>${path}</p>`,
    ...more,
  });
  opened.push(dashboard);
  return dashboard;
}

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

describe('the dashboard', () => {
  it('serves its page, what is known, and the picture of each failure', async () => {
    const { url } = await open();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const page = await fetch(url);
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'sha256-/,
    );
    expect(await page.text()).toContain('heddle campaign');
    expect(await (await fetch(`${url}report.json`)).json()).toEqual(someReport());
    expect(await (await fetch(`${url}view/0`)).text()).toBe('<p>.heddle/x.json</p>');
    for (const path of ['view/1', 'view/2', 'view/-1', 'etc']) {
      expect((await fetch(`${url}${path}`)).status).toBe(404);
    }
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  });

  it('answers to names of this machine alone', async () => {
    const { url } = await open();
    const status = await new Promise((resolve) =>
      get(url, { headers: { host: 'rebound.example' } }, (answer) => resolve(answer.statusCode)),
    );
    expect(status).toBe(403);
  });

  it('wants its token where others can reach it, and keeps it out of the address', async () => {
    const { url } = await open({ host: '0.0.0.0' });
    const { origin, searchParams } = new URL(url);
    const token = searchParams.get('token') as string;
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    expect((await fetch(`${origin}/`)).status).toBe(401);
    expect((await fetch(`${origin}/report.json?token=${'0'.repeat(32)}`)).status).toBe(401);
    const first = await fetch(url, { redirect: 'manual' });
    expect(first.headers.get('location')).toBe('/');
    const cookie = (first.headers.get('set-cookie') as string).split(';')[0] as string;
    expect(first.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict/);
    expect((await fetch(`${origin}/`, { headers: { cookie } })).status).toBe(200);
  });

  it('says where it cannot listen', async () => {
    const { url } = await open();
    const port = Number(new URL(url).port);
    await expect(open({ port })).rejects.toThrow(
      /cannot listen at 127\.0\.0\.1:\d+: .*another port/,
    );
  });

  it('holds what programs have named themselves as data', () => {
    const page = dashboardPage(someReport(), { isLive: false, views: [] });
    expect(page).not.toContain(HOSTILE);
    expect(page).toContain('\\u003c/script>');
  });
});
