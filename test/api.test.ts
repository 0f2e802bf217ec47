// What heddle gives its users: every export says what it is, since when, its defaults, and by an
// example how it is used; the examples compile; and the report of it all is up to date.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Api, type Declared } from '../tools/api-model.ts';
import { apiReport, ENTRIES } from '../tools/api-report.ts';
import { missingIn } from '../tools/api-rules.ts';
import { HEDDLE_INDEX } from './built.ts';

const ROOT = join(import.meta.dirname, '..');
const api = new Api(dirname(HEDDLE_INDEX));
const folder = mkdtempSync(join(tmpdir(), 'heddle-api-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('every export is documented', () => {
  it.each(Object.entries(ENTRIES))('%s', (_, module) => {
    expect(missingIn(api, module)).toEqual([]);
  });

  it('and what is missing is found', () => {
    const text = `
export { other as renamed } from './b.js';
export * from './c.js';
export declare class Bare { one(): void; private two; #three; }
/** With options. @since 1.0.0 */
export interface SomeOptions {
  /** How long. */
  readonly ms?: number;
}
/** Without a version, and without an example. */
export declare function run(options?: SomeOptions): void;
/** @since 1.0.0 */
export declare const SIZE = 1;
/** Says it for others. @since 1.0.0 */
export interface Said {
  /** Said here. */
  one(): void;
}
/** Inherits it. @since 1.0.0 */
export declare class Heir implements Said { one(): void; two(): void; }
`;
    writeFileSync(join(folder, 'a.d.ts'), text);
    writeFileSync(join(folder, 'b.d.ts'), 'export declare const other: string;\n');
    writeFileSync(join(folder, 'c.d.ts'), '/** Of all. @since 1.0.0 */\nexport type All = 1;\n');
    expect(missingIn(new Api(folder), 'a')).toEqual([
      'Bare: what it is',
      'Bare: @since',
      'Bare.one: what it is',
      'Heir.two: what it is',
      'SIZE: what it is',
      'SomeOptions.ms: its default',
      'renamed: what it is',
      'renamed: @since',
      'run: @since',
      'run: an example',
    ]);
  });
});

it('etc/api.md is the report of what is exported', () => {
  const written = readFileSync(join(ROOT, 'etc/api.md'), 'utf8');
  expect(written === apiReport(api), 'run `npm run api`, and read what it has changed').toBe(true);
});

it('a world shows what is of use in a scenario, and nothing of the machinery', () => {
  const names = api
    .exportsOf('index')
    .get('World')
    ?.members.map(({ name }) => name);
  expect(new Set(names)).toEqual(
    new Set([
      ...['stepCount', 'nowMs', 'host', 'process', 'always', 'eventually', 'finally', 'sometimes'],
      ...['draw', 'drawFrom', 'partition', 'delay', 'onEnd', 'cell', 'mutex', 'condition'],
      'output',
    ]),
  );
});

/** What the examples take for granted. */
const GIVEN = `
declare global {
    const echo: import('heddle').Scenario;
  const counter: import('heddle').Scenario;
  const story: import('heddle').Story;
  const history: import('heddle/laws').History<
    import('heddle/laws').QueueCall, import('heddle/laws').QueueResult>;
  const text: string;
  const json: string;
  const server: (sys: import('heddle').Sys, options?: object) => import('heddle').Program;
  const client: (sys: import('heddle').Sys, options?: object) => import('heddle').Program;
  const clients: () => import('fast-check').Arbitrary<number>;
  const echoOf: (clients: number) => import('heddle').Scenario;
  const startDatabase: (port: number) => Promise<void>;
  const buy: (store: SeatStore, seat: string) => Promise<void>;
  class SeatStore {
    sold(): Promise<number>;
  }
  function test(name: string, body: () => unknown): void;
  function expect(value: unknown): { toHaveLength(length: number): void };
}
export {};
`;

interface Example {
  readonly of: string;
  readonly entry: string;
  readonly code: string;
}

function examplesOf(entry: string, { name, comment, members }: Declared): Example[] {
  const comments = [comment, ...members.map((member) => member.comment)];
  return comments.flatMap((each) =>
    [...each.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => ({
      of: name,
      entry,
      code: (code as string).replace(/^\s*\* ?/gm, ''),
    })),
  );
}

/** The example as a module of its own, with what it uses imported. */
function moduleOf({ of, entry, code }: Example): string {
  const taken = new Set<string>();
  // `fuzz` of heddle gives what it has found, vitest's makes a test.
  const first = /^fuzz[.(]/m.test(code) ? 'heddle/vitest' : entry;
  const imports = [first, entry, ...Object.keys(ENTRIES)].map((from) => {
    const names = [...api.exportsOf(ENTRIES[from] as string).keys()].filter((name) => {
      const isUsed = new RegExp(`(?<![.\\w])${name}\\b(?!['"]?:)`).test(code);
      const isOwn = new RegExp(`(?:const|let|function\\*?|class) ${name}\\b`).test(code);
      return isUsed && !isOwn && !taken.has(name);
    });
    for (const name of names) taken.add(name);
    return names.length === 0 ? '' : `import { ${names.join(', ')} } from '${from}';\n`;
  });
  const world = /^Realm/.test(of) ? 'Realm' : 'World';
  const given = `declare const world: import('heddle').${world};\n`;
  const fc = code.includes('fc.') ? "import fc from 'fast-check';\n" : '';
  return `${imports.join('')}${fc}${given}${code}\nexport {};\n`;
}

it('the examples compile, on what is exported', () => {
  const own = join(folder, 'examples');
  mkdirSync(own);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const examples = Object.entries(ENTRIES).flatMap(([entry, module]) =>
    [...api.exportsOf(module).values()].flatMap((declared) => examplesOf(entry, declared)),
  );
  expect(examples.length).toBeGreaterThan(50);
  examples.forEach((example, at) => {
    writeFileSync(join(own, `${example.of}-${at}.ts`), moduleOf(example));
  });
  writeFileSync(join(own, 'given.ts'), GIVEN);
  writeFileSync(join(own, 'app.ts'), 'export const createApp = (): void => {};\n');
  const dist = dirname(HEDDLE_INDEX);
  const paths = Object.fromEntries(
    Object.entries(ENTRIES).map(([name, module]) => [name, [join(dist, `${module}.d.ts`)]]),
  );
  const compilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, paths, types: ['node'] },
    ...{
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      module: 'nodenext',
      allowImportingTsExtensions: true,
    },
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['examples'] }),
  );
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  expect(stdout).toBe('');
});
