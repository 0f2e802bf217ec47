/** A project of a user's, with heddle and what it needs installed, for tests of what users do. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HEDDLE_MAIN } from './built.ts';

const MODULES = join(import.meta.dirname, '../node_modules');

/** How a command has ended. */
export interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** A folder with a project. */
export interface Scratch {
  readonly folder: string;
  readonly write: (path: string, text: string) => void;
  /** Run a line of a shell in it. */
  readonly shell: (line: string, environment?: Readonly<Record<string, string>>) => Ended;
  readonly remove: () => void;
}

/** Make one; `npx heddle` and `npx vitest` are there. */
export function scratchProject(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-scratch-'));
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  for (const name of readdirSync(MODULES)) {
    if (!name.startsWith('.')) symlinkSync(join(MODULES, name), join(modules, name));
  }
  symlinkSync(join(dirname(HEDDLE_MAIN), '../..'), join(modules, 'heddle'));
  for (const [name, script] of [
    ['heddle', HEDDLE_MAIN],
    ['vitest', join(MODULES, 'vitest/vitest.mjs')],
  ] as const) {
    const text = `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`;
    writeFileSync(join(modules, '.bin', name), text, { mode: 0o755 });
  }
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('package.json', '{ "name": "scratch", "type": "module" }');
  // Without it vitest would look for what it may run in the folders above.
  write('vitest.config.js', 'export default { test: { watch: false } };\n');
  return {
    folder,
    write,
    shell: (line, environment = {}) => {
      const { VITEST: _, ...rest } = process.env;
      const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', line], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...rest, NO_COLOR: '1', CI: 'true', ...environment },
      });
      return { status, out: stdout, err: stderr };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
