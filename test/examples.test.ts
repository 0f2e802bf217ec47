// As a user would: vitest, as a command, on the test that README.md begins with.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const example = join(root, 'examples/first');
let folder = '';
let output: Readonly<Record<'default' | 'json' | 'junit', string>>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-examples-'));
  for (const name of ['echo.ts', 'echo.test.ts']) {
    writeFileSync(join(folder, name), readFileSync(join(example, name)));
  }
  const find = (pattern: string): string => `{ find: /^heddle${pattern}`;
  writeFileSync(
    join(folder, 'vitest.config.mjs'),
    `export default { resolve: { alias: [
      ${find('$/')}, replacement: '${root}/src/index.ts' },
      ${find('\\/(.+)$/')}, replacement: '${root}/src/$1.ts' },
      { find: /^vitest$/, replacement: '${root}/node_modules/vitest/dist/index.js' },
    ] } };`,
  );
  const { FORCE_COLOR: _, ...env } = process.env;
  const reporters = ['json', 'junit'] as const;
  const files = reporters.map((name) => `--outputFile.${name}=${name}.out`);
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      ...[join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=default'],
      ...reporters.map((name) => `--reporter=${name}`),
      ...files,
    ],
    { cwd: folder, encoding: 'utf8', env: { ...env, NO_COLOR: '1', CI: '' } },
  );
  const written = reporters.map((name) => [
    name,
    readFileSync(join(folder, `${name}.out`), 'utf8'),
  ]);
  output = { ...Object.fromEntries(written), default: stdout + stderr };
}, 240_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('examples/first', () => {
  const story = [
    'ScheduleFailure: it got "h"',
    '  law        the client gets its bytes back',
    '  pin        fuzz(…, { replay: ',
  ];

  it('fails with the report, in 96 columns and without colour', () => {
    for (const line of story) expect(output.default).toContain(line);
    const lines = output.default.split('\n');
    const from = lines.findIndex((line) => line.startsWith('ScheduleFailure'));
    const report = lines.slice(from, lines.findIndex((line) => line.startsWith('  pin ')) - 1);
    expect(report.length).toBeGreaterThan(20);
    for (const line of report) expect(line.length, line).toBeLessThanOrEqual(96);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none is to be there
    expect(report.join('\n')).not.toMatch(/\u001b/);
  });

  it('shows the line that states the law', () => {
    expect(output.default).toMatch(
      /❯ echo\.test\.ts:10:9\n[\s\S]*?world\.finally\('the client gets/,
    );
  });

  it('says the same by every reporter', () => {
    const { testResults } = JSON.parse(output.json) as {
      testResults: { assertionResults: { failureMessages: string[] }[] }[];
    };
    const [message = ''] = testResults[0]?.assertionResults[0]?.failureMessages ?? [];
    const report = message.slice(0, message.indexOf('\n    at '));
    expect(report.split('\n').length).toBeGreaterThan(20);
    expect(output.default).toContain(report);
    for (const line of report.split('\n').filter((text) => /◆ +\d/.test(text))) {
      expect(output.junit).toContain(line.replaceAll('"', '&quot;'));
    }
  });
});
