// Reports of unmodified Node programs, word for word: what they say is what the programs did.
// `npx vitest run test/report/node.test.ts -u` writes them again; read what it wrote.
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

/** Where the calm run fails there is nothing to reduce, and few neighbours are worth a look. */
const REPLAYS_MAX = 5;

async function reportOf(
  plan: Parameters<typeof hostsScenario>[0],
  replaysMax = REPLAYS_MAX,
): Promise<string> {
  const made = hostsScenario(plan);
  const its = { ...made, options: { ...made.options, replaysMax } };
  const error = await check(its, { folder: false, runs: 5 }).catch((thrown: unknown) => thrown);
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
      30,
    ],
  ] as const)('%s', async (name, plan, replaysMax?: number) => {
    const report = await reportOf(plan, replaysMax);
    await expect(report).toMatchFileSnapshot(golden(name));
    const [rows = ''] = /(?<= did\n)(?: {3}.*\n)+/.exec(report) ?? [];
    // Twelve rows at most and the law's, none of them about a loop's own affairs.
    expect(rows.split('\n').filter((row) => /^ {3}. +(?:\d+|end) /.test(row)).length).toBeLessThan(
      14,
    );
    expect(report).not.toMatch(/epoll|setsockopt|eventfd/);
    for (const line of report.split('\n')) expect(line.length).toBeLessThanOrEqual(96);
  });

  it('says which module is missing, and shows nothing of the program that it was not', async () => {
    const report = await reportOf(programs('silent', 'missing'));
    expect(report.replace(/\s+/g, ' ')).toMatch(
      /client died: Error: Cannot find module '\S+is-not-there\.mjs' imported from \S+missing\.mjs/,
    );
    expect(report).toMatch(/^ {3}✗ .* client dies of Error: Cannot find module/m);
  });
});
