import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnsupportedError } from '../../sys/errors.ts';
import type { Journal } from './journal.ts';

/** Linux's own tmpfs: the simulated disk is compared with it, and nothing there wears out. */
const TMPFS = '/dev/shm';

/**
 * # Linux: the disk of a host is a folder of the run's own, on a tmpfs where there is one, and is
 * gone with the run. Paths with `..` could lead out of it, so they are refused.
 */
export class RealDisks {
  readonly #journal: Journal;
  /** It was made by this run, so it goes with it; in a replay there is none. */
  #folder: string | undefined;
  readonly #roots = new Map<string, string>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** What stands for `path` on that host. */
  toReal(host: string, path: string): string {
    if (path === '') return path;
    if (path.split('/').includes('..')) {
      throw new UnsupportedError(`${path} on Linux itself`, 'a path without .. leads there too');
    }
    // The root is a name that can be neither given nor taken, as `.` is.
    return `${this.#rootOf(host)}/${/^\/*$/.test(path) ? '.' : path}`;
  }

  #rootOf(host: string): string {
    let root = this.#roots.get(host);
    if (root === undefined) {
      root = this.#journal.told('root of a disk', () => this.#makeRoot());
      this.#roots.set(host, root);
    }
    return root;
  }

  #makeRoot(): string {
    this.#folder ??= mkdtempSync(join(existsSync(TMPFS) ? TMPFS : tmpdir(), 'heddle-'));
    const root = join(this.#folder, String(this.#roots.size));
    mkdirSync(root);
    return root;
  }

  dispose(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }
}
