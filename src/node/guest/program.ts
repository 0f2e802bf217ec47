import { existsSync, readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withoutCache } from '../../load/tsx-cache.ts';
import type { GuestConfig } from '../wire.ts';
import type { Internal } from './internals.ts';
import { endTls, TLS_END } from './tls-end.ts';

const STARTED = Symbol.for('heddle.started');

/**
 * Load the program as Node would have with `node PROGRAM ARGS…`. `started` is called when
 * everything is read and its first line is about to run: reading modules takes real turns of the
 * event loop, which are none of the program's.
 */
export async function loadProgram(config: GuestConfig, started: () => void): Promise<void> {
  const { program, text, argv, execArgv } = config;
  if (program === TLS_END) {
    const [key = '', cert = ''] = argv;
    started();
    endTls({ key, cert });
    return;
  }
  process.execArgv = [...execArgv];
  const [node] = process.argv as [string];
  process.argv = text === null ? [node, program, ...argv] : [node, ...argv];
  if (text !== null) {
    const evaluated = new Module('[eval]') as Internal;
    evaluated.filename = program;
    evaluated.paths = (Module as Internal)._nodeModulePaths(dirname(program));
    started();
    evaluated._compile(text, program);
    return;
  }
  if (isCommonJs(program)) {
    createRequire(program);
    started();
    (Module as Internal)._load(program, null, true);
    return;
  }
  (globalThis as Internal)[STARTED] = () => {
    delete (globalThis as Internal)[STARTED];
    started();
  };
  const mark = dataUrl("globalThis[Symbol.for('heddle.started')]()");
  const url = pathToFileURL(program).href;
  try {
    await import(dataUrl(`import ${JSON.stringify(mark)}; import ${JSON.stringify(url)};`));
  } catch (error) {
    started();
    throw error;
  }
}

function dataUrl(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

/** Before anything is replaced: such a loader has a thread of its own. */
export function prepareLoader(loader: string): Promise<void> {
  return withoutCache(async () => {
    for (const each of [loader, loader.replace(`${sep}esm${sep}`, `${sep}cjs${sep}`)]) {
      const { register } = (await import(pathToFileURL(each).href)) as { register: () => void };
      register();
    }
  });
}

/** As Node decides: by the ending, or by the nearest package.json. */
function isCommonJs(path: string): boolean {
  if (/\.[cm][jt]s$/.test(path)) return path.at(-3) === 'c';
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      const { type } = JSON.parse(readFileSync(file, 'utf8')) as { type?: string };
      return type !== 'module';
    }
    if (folder === dirname(folder)) return true;
  }
}
