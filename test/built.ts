/**
 * heddle as it is installed, for the tests that start its commands: compiled once a run of the
 * suite. From its sources each start would cost a second of translating them.
 */
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { buildPackage } from '../tools/build-package.ts';

const ROOT = join(import.meta.dirname, '..');
const built = process.env['HEDDLE_BUILT'] as string;

/** The script of the command `heddle`. */
export const HEDDLE_MAIN: string = join(built, 'package/dist/cli/main.js');

/** What `import 'heddle'` gives to a scenario that such a command loads. */
export const HEDDLE_INDEX: string = join(built, 'package/dist/index.js');

if (!existsSync(HEDDLE_MAIN)) await compile();

/** Several files of tests may come here at once: the first that is through has made it for all. */
async function compile(): Promise<void> {
  const folder = mkdtempSync(join(built, 'making-'));
  await buildPackage(join(folder, 'dist'));
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  // The viewer's page is built from where its sources are.
  for (const name of ['node_modules', 'viewer', 'src'] as const) {
    symlinkSync(join(ROOT, name), join(folder, name));
  }
  try {
    renameSync(folder, join(built, 'package'));
  } catch (error) {
    if (!existsSync(HEDDLE_MAIN)) throw error;
    rmSync(folder, { recursive: true });
  }
}
