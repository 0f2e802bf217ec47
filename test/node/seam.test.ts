import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundlePreload } from '../../tools/node-bundles.ts';

const folder = mkdtempSync(join(tmpdir(), 'heddle-'));
afterAll(() => rmSync(folder, { recursive: true }));
const PRELOAD = bundlePreload(
  new URL('../../src/node', import.meta.url).pathname,
  folder,
  'preload.mjs',
);

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const FIRST_LINE = write('first-line.mjs', `console.log('the first line');`);

function node(...args: string[]): { out: string; err: string; code: number | null } {
  const ran = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return { out: ran.stdout, err: ran.stderr, code: ran.status };
}

const isTwenty = process.versions.node.startsWith('20.');

/** What keeps heddle from taking hold, and what is said then. */
const CLOSED: readonly [name: string, args: readonly string[], why: RegExp][] = [
  [
    'the permission model',
    [isTwenty ? '--experimental-permission' : '--permission', '--allow-fs-read=*'],
    /Access to this API has been restricted.*without --permission/s,
  ],
  [
    'a Node without JSStream',
    ['--require', write('no-stream.cjs', `delete process.binding('js_stream').JSStream;`)],
    /Class extends value undefined.*released Node of version 20 to 26/s,
  ],
  [
    'a runtime that has another process.binding',
    ['--require', write('no-binding.cjs', 'process.binding = (name) => ({ name });')],
    /no internalBinding.*released Node of version 20 to 26/s,
  ],
  [
    'a runtime without process.binding',
    ['--require', write('none.cjs', 'delete process.binding; process.binding = undefined;')],
    /released Node of version 20 to 26/,
  ],
  [
    'a runtime without an inspector',
    [
      '--require',
      write(
        'no-inspector.cjs',
        `require('node:inspector').Session.prototype.connect = () => { throw new Error('no inspector here'); };`,
      ),
    ],
    /no inspector here/,
  ],
];

describe.each(CLOSED)('where the seam is closed by %s', (_, args, why) => {
  it('the program is stopped before its first line, and it is said why and what to do', () => {
    const { out, err, code } = node(...args, '--import', PRELOAD, FIRST_LINE);
    expect(out).toBe('');
    expect(err).toMatch(/^heddle: /m);
    expect(err).toMatch(why);
    expect(err).toContain('Nothing of it has run');
    expect(code).toBe(2);
  });

  it('without the preload the program runs', () => {
    expect(node(...args, FIRST_LINE).out).toBe('the first line\n');
  });
});

it('without the preload nothing of heddle is in the way of a program', () => {
  const path = write(
    'bare.mjs',
    `import net from 'node:net';
     const server = net.createServer().listen(0, () => {
       const symbols = Object.getOwnPropertySymbols(globalThis).map(String);
       console.log(symbols.some((each) => each.includes('heddle')), server._handle.constructor.name);
       console.log(Date.toString().includes('native'), setTimeout.name, process.pid > 0);
       server.close();
     });`,
  );
  expect(node(path).out).toBe('false TCP\ntrue setTimeout true\n');
});

/** What heddle leaves as it is: the loader's own, what is noted as uncontrolled, bare objects. */
const LEFT = [
  ...['getFormatOfExtensionlessFile', 'internalModuleReadJSON', 'legacyMainResolve'],
  ...['StatWatcher', 'FSReqCallback', 'FileHandle'],
];

it('no call of the file system is left to C++, on whichever Node', () => {
  const path = write(
    'left.cjs',
    `const fs = require('internal/test/binding').internalBinding('fs');
     const isNative = (value) => typeof value === 'function' && /native code/.test(String(value));
     console.log(Object.keys(fs).filter((name) => isNative(fs[name])).join());`,
  );
  const flags = ['--no-warnings', '--expose-internals'];
  const bare = node(...flags, path)
    .out.trim()
    .split(',');
  expect(bare).toEqual(expect.arrayContaining(['open', 'read', 'StatWatcher']));
  const { out, err } = node(...flags, '--import', PRELOAD, path);
  expect(err).toBe('');
  expect(
    out
      .trim()
      .split(',')
      .filter((name) => !LEFT.includes(name)),
  ).toEqual([]);
});
