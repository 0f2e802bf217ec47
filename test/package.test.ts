// What is installed as heddle: what it exports, and what a program loads that imports it.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { HEDDLE_INDEX } from './built.ts';

const DIST = dirname(HEDDLE_INDEX);

function printedBy(code: string, ...args: string[]): string[] {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--no-warnings', ...args, '--input-type=module', '--eval', code],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout.split('\n').filter((line) => line !== '');
}

const urlOf = (entry: string): string => pathToFileURL(join(DIST, `${entry}.js`)).href;

/** Tells of each module that is loaded, builtin ones left out. */
const TELLING = `
import { writeSync } from 'node:fs';
export async function load(url, context, next) {
  if (!url.startsWith('node:')) writeSync(1, url + '\\n');
  return next(url, context);
}`;
const REGISTER = `
import { register } from 'node:module';
register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(TELLING)}`)});`;

/** The files that an entry point loads, as paths from dist/. */
function loadedBy(entry: string): string[] {
  const hooks = `data:text/javascript,${encodeURIComponent(REGISTER)}`;
  return printedBy(`await import(${JSON.stringify(urlOf(entry))})`, '--import', hooks)
    .filter((url) => url.startsWith('file:'))
    .map((url) => relative(DIST, fileURLToPath(url)).replaceAll('\\', '/'))
    .sort();
}

/** The package where no other is installed. */
const alone = mkdtempSync(join(tmpdir(), 'heddle-alone-'));
cpSync(DIST, join(alone, 'dist'), { recursive: true });
cpSync(join(DIST, '../package.json'), join(alone, 'package.json'));
afterAll(() => rmSync(alone, { recursive: true }));

/** What is said of an import, from the package's own folder. */
function refused(code: string): string {
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', `${code}.catch((e) => console.log(e.name, e.message))`],
    { cwd: alone, encoding: 'utf8' },
  );
  expect(status).toBe(0);
  return stdout;
}

describe('without its optional packages', () => {
  it('heddle can be imported', () => {
    expect(refused("import('heddle').then(({ check }) => console.log(typeof check))")).toBe(
      'function\n',
    );
  });

  it('heddle/fast-check names fast-check', () => {
    expect(refused("import('heddle/fast-check')")).toBe(
      'UsageError heddle/fast-check needs the optional package fast-check, which is not installed: `npm install -D fast-check`\n',
    );
  });

  it.runIf(process.platform === 'linux')("Linux's own sockets name koffi", () => {
    const code = "import('heddle').then((h) => h.runOnLinux(h.scenario('nothing', () => {})))";
    expect(refused(code)).toMatch(
      /^UsageError .* needs the optional package koffi, which is not installed: `npm install -D koffi`\n$/,
    );
  });
});

describe('the package', () => {
  it.each(['index', 'laws', 'sync', 'fast-check', 'realm'])(
    '%s exports what its source does',
    async (entry) => {
      const source = Object.keys(await import(join('../src', `${entry}.ts`)));
      const code = `console.log(Object.keys(await import(${JSON.stringify(urlOf(entry))})).join('\\n'))`;
      expect(printedBy(code).sort()).toEqual(source.sort());
    },
  );

  it('import of heddle loads these files, and no other package', () => {
    expect(loadedBy('index')).toEqual(['heddle.js', 'index.js', 'rolldown-runtime.js', 'start.js']);
  });

  it('carries the licence of each package whose code is in it', () => {
    const licences = readFileSync(join(DIST, 'LICENCES.txt'), 'utf8');
    expect(licences).toContain('@sinonjs/fake-timers 15.');
    expect(licences.match(/Copyright/g)?.length).toBeGreaterThanOrEqual(3);
  });

  it('declares types for its entry points, which name each other by what is there', () => {
    for (const entry of [
      'index',
      'laws',
      'sync',
      'vitest',
      'fast-check',
      'realm',
      'node/preload',
    ]) {
      const path = join(DIST, `${entry}.d.ts`);
      const text = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
      for (const [, name] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
        expect(name).toMatch(/\.js$/);
        expect(existsSync(join(dirname(path), (name as string).replace(/js$/, 'd.ts')))).toBe(true);
      }
    }
  });
});
