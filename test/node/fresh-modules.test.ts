// Modules that are evaluated again in each run of a realm scenario.
import '../../src/realm.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { type Realm, realm } from '../../src/sim/schedule/realm.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { runOnce } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'heddle-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): URL {
  const path = join(folder, name);
  writeFileSync(path, text);
  return pathToFileURL(path);
}

async function calm<T>(body: (world: Realm) => Promise<T>): Promise<T> {
  const given: T[] = [];
  const each = realm('a body', async (world) => given.push(await body(world)));
  const { result } = await inMacrotask(() => runOnce(each));
  if (result.failure !== undefined) throw new Error(result.failure.message);
  return given[0] as T;
}

interface Counter {
  count(): number;
}

const COUNTER = `
  // What it keeps is the run's.
  let count: number = 0;

  export const count_ = (): number => ++count;
`;
write('counter.ts', COUNTER);
const USER = write(
  'user.ts',
  `import { count_ } from './counter.js';
   import path from 'node:path';
   export const count = (): number => count_() + path.sep.length - 1;
   export const later = async () => (await import('./counter.ts')).count_();`,
);
const COMMON = write(
  'common.cjs',
  `const { sep } = require('node:path');
   let count = 0;
   exports.count = () => ++count + sep.length - 1;`,
);

it.each([
  ['of TypeScript, with what it imports', USER],
  ['of CommonJS', COMMON],
])('a module %s begins again in each run', async (_, url) => {
  const counted = (): Promise<number[]> =>
    calm(async (world) => {
      const first = await world.import<Counter>(url);
      const second = await world.import<Counter>(url);
      return [first.count(), first.count(), second.count()];
    });
  expect(await counted()).toEqual([1, 2, 3]);
  expect(await counted()).toEqual([1, 2, 3]);
});

it('import() inside of it gives the same module', async () => {
  const counts = await calm(async (world) => {
    const user = await world.import<Counter & { later(): Promise<number> }>(USER);
    return [user.count(), await user.later(), user.count()];
  });
  expect(counts).toEqual([1, 2, 3]);
});

it('each host has a module of its own', async () => {
  const counts = await calm((world) =>
    Promise.all(
      ['a', 'b', 'a'].map((name) =>
        world.host(name).run(async () => (await world.import<Counter>(USER)).count()),
      ),
    ),
  );
  expect(counts).toEqual([1, 1, 2]);
});

it('a path counts from the calling file', async () => {
  const server = calm((world) => world.import('./no-such-file.ts'));
  await expect(server).rejects.toThrow(join(import.meta.dirname, 'no-such-file.ts'));
});

it('errors stand on the lines of the source', async () => {
  const url = write(
    'throws.ts',
    `// A comment, which is no code.
import { sep } from 'node:path';
interface None {
  readonly a: number;
}

const text = \`two
lines\`;

export function boom(): None {
  throw new Error(sep + text); // line 11
}
`,
  );
  const stack = await calm(async (world) => {
    const { boom } = await world.import<{ boom(): void }>(url);
    try {
      boom();
    } catch (error) {
      return (error as Error).stack;
    }
    return '';
  });
  expect(stack).toContain('throws.ts:11:');
});

it('a changed file is read again', async () => {
  const url = write('changes.ts', 'export const n = 1;');
  const read = (): Promise<number> =>
    calm(async (world) => (await world.import<{ n: number }>(url)).n);
  expect(await read()).toBe(1);
  writeFileSync(url, 'export const n = 2; // longer');
  expect(await read()).toBe(2);
});

it('a top-level await is refused, with what to do', async () => {
  const url = write('awaits.ts', 'export const n = await Promise.resolve(1);');
  await expect(calm((world) => world.import(url))).rejects.toThrow(/awaits\.ts.*top-level await/i);
});
