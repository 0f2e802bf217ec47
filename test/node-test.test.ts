// Scenarios as tests of node:test: check is a function that rejects, and nothing of vitest is
// needed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

it('a scenario is a test of node:test too, with the report as its message', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-node-test-'));
  writeFileSync(
    join(folder, 'echo.test.mts'),
    `import test from 'node:test';
import { check, scenario } from '${root}/src/index.ts';
import { client, server } from '${root}/examples/first/echo.ts';
const echo = scenario('hello comes back', (world) => {
  let answer = '';
  world.process('server').spawn('server', server);
  world.process('client').spawn('client', async (sys) => void (answer = await client(sys)), { afterListen: 7000 });
  world.finally('the client gets its bytes back', () => answer === 'hello' || 'it got ' + answer);
});
const quiet = scenario('a server listens', (world) => {
  world.process('server').spawn('server', server);
});
test('breaks', () => check(echo));
test('holds', () => check(quiet));
`,
  );
  const { NODE_TEST_CONTEXT: _, FORCE_COLOR: __, ...env } = process.env;
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), '--test', '--test-reporter=tap', 'echo.test.mts'],
    { cwd: folder, encoding: 'utf8', env: { ...env, NO_COLOR: '1' } },
  );
  rmSync(folder, { recursive: true });
  expect(status).toBe(1);
  expect(stdout).toMatch(/not ok \d+ - breaks/);
  expect(stdout).toMatch(/^\s*ok \d+ - holds/m);
  expect(stdout).toMatch(/law +the client gets its bytes back/);
  expect(stdout).toMatch(/◆ +\d+ .*\n[\s\S]*✗ +end .* the law: it got h/);
}, 120_000);
