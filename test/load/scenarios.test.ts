// The files are loaded in a process of their own, by Node and not by vitest, as the command line
// does it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const source = join(import.meta.dirname, '../../src');
let root = '';
let folder = '';

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'heddle-load-'));
  folder = join(root, 'here');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const name of ['old', 'a folder', '../beside']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'old/package.json'), '{ "type": "commonjs" }');
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function load(name: string, text: string): { names?: string[]; error?: string } {
  writeFileSync(
    join(folder, name),
    text.replace("from 'heddle'", `from '${join(source, 'index.ts')}'`),
  );
  const script = `
    import { loadScenarios } from '${join(source, 'load/scenarios.ts')}';
    const told = await loadScenarios('${name}').then(
      (found) => ({ names: found.map(({ name, where }) => name + ' ' + where) }),
      (error) => ({ error: error.name + ': ' + error.message }),
    );
    console.log(JSON.stringify(told));
  `;
  writeFileSync(join(folder, 'load.mts'), script);
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), 'load.mts'],
    { cwd: folder, encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  return JSON.parse(stdout) as { names?: string[]; error?: string };
}

describe('loadScenarios', () => {
  it('takes what a file exports and what it defines, with its line', () => {
    const text = `import { scenario } from 'heddle';
enum Port { echo = 7 } // no mere type annotation
export const one = scenario('one ' + Port.echo, () => {});
scenario('two', () => {});`;
    expect(load('plain.ts', text).names).toEqual(['one 7 plain.ts:3:20', 'two plain.ts:4:1']);
  });

  it('takes TypeScript for a module in a project that says CommonJS too', () => {
    const text = `import { it } from 'vitest';
import { scenario } from 'heddle';
await null;
export const one = scenario('one', () => {});
it('is a test', () => {});`;
    expect(load('old/a.test.ts', text).names).toEqual(['one old/a.test.ts:4:20']);
  });

  it('keeps the lines of what such a file imports', () => {
    const inner = `import { scenario } from 'heddle';

export const one = scenario('one', () => {});`;
    expect(load('old/inner.ts', inner).names).toEqual(['one old/inner.ts:3:20']);
    const outer = `import { scenario } from 'heddle';
export { one } from './inner.ts';
export const two = scenario('two', () => {});`;
    expect(load('old/outer.ts', outer).names).toEqual([
      'one old/inner.ts:3:20',
      'two old/outer.ts:3:20',
    ]);
  });

  it('takes a file that requires', () => {
    const text = `const test = require('node:test');
const { scenario } = require('heddle');
const one = scenario('one', () => {});
test('is a test', () => { console.log('it ran', one); });
test.describe('a group', () => { scenario('two', () => {}); });`;
    expect(load('old/b.test.js', text).names).toEqual([
      'one old/b.test.js:3:13',
      'two old/b.test.js:5:34',
    ]);
  });

  it('names places in folders with a space, and outside the current one', () => {
    const text = `import { scenario } from 'heddle';
scenario('one', () => {});`;
    expect(load('a folder/a.ts', text).names).toEqual(['one a folder/a.ts:2:1']);
    expect(load('../beside/a.ts', text).names).toEqual(['one ../beside/a.ts:2:1']);
  });

  it.each([
    ['vitest', "import { describe, expect, it, test, vi } from 'vitest';"],
    ['node:test', "import test, { describe, it } from 'node:test';"],
    ['jest', ''],
  ])('enters the groups of %s and runs no test', (_runner, imports) => {
    const text = `${imports}
import { scenario } from 'heddle';
describe('a group', () => {
  const inside = scenario('inside', () => {});
  it('is a test', () => { console.log('it ran', inside); });
  it.only('is another', () => { console.log('it ran', inside); });
});
test('is a test', () => { console.log('it ran'); });`;
    expect(load('tests.test.ts', text).names).toEqual(['inside tests.test.ts:4:18']);
  });

  it.each([
    ['a file without scenarios', 'export const one = 1;', /holds no scenario: export one/],
    ['a mistake in it', 'throw new TypeError("no")', /could not be loaded: TypeError: no/],
    ['a mistake in its syntax', 'const = 1', /could not be loaded: /],
  ])('says what is wrong with %s', (_what, text, message) => {
    const { error } = load('bad.ts', text);
    expect(error).toMatch(/^UsageError: bad\.ts /);
    expect(error).toMatch(message);
  });
});
