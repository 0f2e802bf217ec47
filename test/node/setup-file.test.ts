import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundlePreload } from '../../tools/node-bundles.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const VITEST = join(
  dirname(createRequire(import.meta.url).resolve('vitest/package.json')),
  'vitest.mjs',
);
// Beside node_modules, so that its tests find vitest.
const folder = mkdtempSync(join(ROOT, '.setup-file-'));
const bundles = mkdtempSync(join(tmpdir(), 'heddle-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(bundles, { recursive: true });
});
const PRELOAD = bundlePreload(join(ROOT, 'src/node'), bundles, 'preload.mjs');

/** Tests as a user writes them; vitest has loaded net, http and crypto before. */
const TESTS = `
import crypto, { randomUUID } from 'node:crypto';
import http from 'node:http';
import { once } from 'node:events';
import { expect, it } from 'vitest';
const simulated = process.env.SIMULATED === '1';
it('is on the simulated network, or on the real one', async () => {
  const server = http.createServer((request, response) => response.end(request.url)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  expect(server._handle.heddleId > 0).toBe(simulated);
  const answer = await fetch(\`http://127.0.0.1:\${server.address().port}/hello\`);
  expect(await answer.text()).toBe('/hello');
  server.closeAllConnections();
  server.close();
});
it('waits for as long as it says', async () => {
  const ms = simulated ? 60_000 : 10;
  const began = Date.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  expect(Date.now() - began).toBeGreaterThanOrEqual(ms - 1);
});
it('draws', () => {
  console.log('drew', crypto.randomBytes(8).toString('hex'), randomUUID());
});
`;
writeFileSync(join(folder, 'user.test.mjs'), TESTS);

function run(pool: string, simulated: boolean): { out: string; code: number | null } {
  const config = join(folder, `${pool}-${simulated}.config.mjs`);
  const setupFiles = simulated ? [PRELOAD] : [];
  const test = { include: ['*.test.mjs'], pool, setupFiles, watch: false };
  writeFileSync(config, `export default ${JSON.stringify({ root: folder, test })};`);
  const ran = spawnSync(process.execPath, [VITEST, 'run', '--config', config], {
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', SIMULATED: simulated ? '1' : '0' },
  });
  return { out: ran.stdout + ran.stderr, code: ran.status };
}

describe.each(['forks', 'threads'])("heddle/node in vitest's setupFiles, pool %s", (pool) => {
  it('puts the tests on the simulated network and clock, and the same in every run', () => {
    const drew = [1, 2].map(() => {
      const { out, code } = run(pool, true);
      expect(code, out).toBe(0);
      return /drew (.*)/.exec(out)?.[1];
    });
    expect(drew[0]).toMatch(/^[0-9a-f]{16} /);
    expect(drew[1]).toBe(drew[0]);
  });

  it('leaves the same tests on real sockets where it is absent', () => {
    const { out, code } = run(pool, false);
    expect(code, out).toBe(0);
  });
});

describe.each(['vmThreads', 'vmForks'])("heddle/node in vitest's setupFiles, pool %s", (pool) => {
  it('is refused before the first test, and it is said why and what to do', () => {
    const { out, code } = run(pool, true);
    expect(code).toBe(1);
    expect(out).toMatch(/context of node:vm.*use pool 'forks' or 'threads'/);
    expect(out).not.toContain('drew');
    expect(out).not.toMatch(/[1-9]\d* passed/);
  });
});
