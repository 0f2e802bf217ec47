import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where `test/built.ts` compiles to, once a run of the suite and only if some test asks. */
export function setup(): (() => void) | undefined {
  // Each project of vitest's comes here.
  if (process.env['HEDDLE_BUILT'] !== undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'heddle-built-'));
  process.env['HEDDLE_BUILT'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
