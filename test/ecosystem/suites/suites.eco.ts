/**
 * What packages test of themselves, under the preload: each test that passes natively on this Node
 * passes there too, but for those that the table excepts. What fails natively is none of heddle's.
 *
 * HEDDLE_SUITES=DIR adds clones of repositories; HEDDLE_SUITES_SHARE=0.1 takes a tenth of the
 * files of each, and one at least.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { afterAll, describe, expect, it } from 'vitest';
import { bundlePreload } from '../../../tools/node-bundles.ts';
import { type Outcomes, outcomesOf } from './outcomes.ts';
import { FROM_CLONES, FROM_REGISTRY, type Suite } from './table.ts';

const CLONES = process.env['HEDDLE_SUITES'];
const SHARE = Number(process.env['HEDDLE_SUITES_SHARE'] ?? 1);
const NODE = Number(process.versions.node.split('.', 1)[0]);

const scratch = mkdtempSync(join(tmpdir(), 'heddle-suites-'));
const preload = bundlePreload(
  join(import.meta.dirname, '../../../src/node'),
  scratch,
  'preload.mjs',
);
/** As of `node --import`: what any preload changes is none of heddle's. */
const NATIVE = ['--import', 'data:text/javascript,'];
const SIMULATED = ['--import', preload];

const counts = new Map<string, number>();

afterAll(() => {
  rmSync(scratch, { recursive: true });
  for (const [name, count] of counts) console.log(`${name}: ${count} tests pass natively`);
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  console.log(`${counts.size} suites, ${all} tests`);
});

/** Of the tests that pass natively, those that do not under the preload, with what they say. */
function lostOf(suite: Suite, native: Outcomes, simulated: Outcomes): Record<string, string> {
  const lost: Record<string, string> = {};
  for (const [name, outcome] of native.tests) {
    if (outcome !== '') continue;
    counts.set(suite.name, (counts.get(suite.name) ?? 0) + 1);
    const now = simulated.tests.get(name) ?? `it did not run: ${simulated.stderr}`;
    const isExcepted = Object.keys(suite.except ?? {}).some((start) => name.startsWith(start));
    if (now !== '' && !isExcepted) lost[name] = now;
    if (now === '' && isExcepted) lost[name] = 'it passes: it is no exception any more';
  }
  return lost;
}

function testSuite(suite: Suite, folder: string): void {
  const files = globSync(suite.tests, { cwd: folder }).sort();
  if (files.length === 0) throw new Error(`${folder} holds none of ${suite.tests.join(', ')}`);
  const some = files.filter((_, index) => index % Math.round(1 / SHARE) === 0);
  it.concurrent.each(some)(`${suite.name}: %s`, async (file) => {
    const native = await outcomesOf(suite, folder, file, NATIVE);
    const simulated = await outcomesOf(suite, folder, file, SIMULATED);
    expect(lostOf(suite, native, simulated)).toEqual({});
  });
}

describe.each(FROM_REGISTRY.filter(isForThisNode))('from the registry: $name', (suite) => {
  testSuite(suite, join(import.meta.dirname, 'node_modules', suite.name));
});

function isForThisNode({ node = 0 }: Suite): boolean {
  return NODE >= node;
}

const cloned = FROM_CLONES.filter(isForThisNode).filter(
  ({ name }) => CLONES !== undefined && existsSync(join(CLONES, name)),
);

describe.runIf(cloned.length > 0).each(cloned)('from a clone: $name', (suite) => {
  testSuite(suite, join(CLONES ?? '', suite.name));
});
