import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { bundlePreload } from '../../tools/node-bundles.ts';

/** What a program of Node's came to. */
export interface Ended {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
}

/** A folder that is gone after this file's tests, with the preload in it, as it is published. */
export class Both {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'heddle-'));
  readonly preload: string = bundlePreload(
    new URL('../../src/node', import.meta.url).pathname,
    this.folder,
    'preload.mjs',
  );
  readonly #nothing: string = this.write('nothing.mjs', '');
  #files = 0;

  constructor() {
    afterAll(() => rmSync(this.folder, { recursive: true }));
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** A CommonJS program of this text. */
  file(text: string): string {
    return this.write(`program-${++this.#files}.cjs`, text);
  }

  node(args: readonly string[], env: Record<string, string> = {}): Ended {
    const { stdout, stderr, status } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
    });
    return { out: stdout, err: stderr, code: status };
  }

  /**
   * On this machine, behind a preload that does nothing: what any `--import` of a file changes is
   * none of heddle's (the main module runs in a promise job; on Node 20 the loader is still at work
   * then, so that there is a turn of the event loop for immediates that nobody waits for).
   */
  real(path: string, env: Record<string, string> = {}): Ended {
    return this.node(['--import', this.#nothing, path], env);
  }

  simulated(path: string, env: Record<string, string> = {}): Ended {
    return this.node(['--import', this.preload, path], env);
  }
}
