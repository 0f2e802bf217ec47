// Reports of unmodified Node programs, word for word: what they say is what the programs did.
// `npx vitest run test/report/node.test.ts -u` writes them anew; read what it wrote.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/index.ts';
import { type HostsPlan, hostsScenario } from '../../src/node/hosts.ts';

const golden = (name: string): string => join(import.meta.dirname, 'golden', `${name}.txt`);

const programs = (
  server: string,
  client: string,
  name = 'server',
): Pick<HostsPlan, 'hosts'> & Partial<HostsPlan> => ({
  hosts: [
    { host: name, program: `test/report/node/${server}.mjs`, args: [] },
    { host: 'client', program: `test/report/node/${client}.mjs`, args: [] },
  ],
  latencyMsMin: 0,
  latencyMsMax: 0,
});

async function reportOf(plan: Parameters<typeof hostsScenario>[0]): Promise<string> {
  const error = await check(hostsScenario(plan), { folder: false, runs: 20 }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  const { name, message } = error as Error;
  return `${name}: ${message}\n`;
}

describe('a report of Node programs', () => {
  it.each([
    ['node-two-requests', programs('shop', 'buyers', 'shop')],
    ['node-no-answer', { ...programs('silent', 'asks'), stepsMax: 400 }],
    ['node-deadlock', programs('lines-server', 'lines-client')],
    ['node-unsettled', programs('silent', 'unsettled')],
    ['node-missing-module', programs('silent', 'missing')],
    ['node-rejection', programs('lines-server', 'rejects')],
    [
      'node-closed-connection',
      {
        hosts: [
          { host: 'server', program: 'examples/polling/server.mjs', args: [] },
          { host: 'client', program: 'examples/polling/client.mjs', args: [] },
        ],
        latencyMsMin: 1,
        latencyMsMax: 5,
      },
    ],
  ])('%s', async (name, plan) => {
    const report = await reportOf(plan);
    await expect(report).toMatchFileSnapshot(golden(name));
    const [rows = ''] = /(?<= did\n)(?: {3}.*\n)+/.exec(report) ?? [];
    // Eleven columns of a label and twelve rows at the most, none of them about a loop's own
    // affairs.
    expect(rows.split('\n').filter((row) => /^ {3}. +(?:\d+|end) /.test(row)).length).toBeLessThan(
      14,
    );
    expect(report).not.toMatch(/epoll|setsockopt|eventfd/);
    for (const line of report.split('\n')) expect(line.length).toBeLessThanOrEqual(96);
  });
});
