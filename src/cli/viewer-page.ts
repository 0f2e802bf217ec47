/**
 * The viewer's page: built into the package; from a checkout it is built by vite when it is needed.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ROOT } from '../root.ts';
import { writeWhole } from '../sim/explore/whole-file.ts';
import type { PageData } from '../sim/trace/page.ts';
import { UsageError } from '../sys/errors.ts';

const BUILT = fileURLToPath(new URL('viewer.html', ROOT));
const CHECKOUT = fileURLToPath(new URL('..', ROOT));
/** What the viewer is made of; it shares the reading of traces with us. */
const SOURCES = ['viewer', 'src/sim/trace'];

/** One HTML file that draws `data` and asks no network for anything. */
export async function pageOf(data: PageData): Promise<string> {
  const template = existsSync(BUILT) ? readFileSync(BUILT, 'utf8') : await builtNow();
  // A script ends at the first `</`, wherever that stands.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  const place = '<script type="application/json" id="data"></script>';
  if (!template.includes(place)) throw new UsageError(`${BUILT} is no page of the viewer`);
  return template.replace(place, () => place.replace('><', `>${json}<`));
}

/** Built from source; kept for the next time while the sources are the same. */
async function builtNow(): Promise<string> {
  const builder = join(CHECKOUT, 'viewer/build.ts');
  if (!existsSync(builder)) {
    throw new UsageError(
      `${BUILT} is missing: this installation is not whole, install heddle again`,
    );
  }
  const folder = join(CHECKOUT, 'node_modules/.cache/heddle');
  const path = join(folder, `viewer-${hashOfSources()}.html`);
  if (existsSync(path)) return readFileSync(path, 'utf8');
  const { buildViewer } = (await import(pathToFileURL(builder).href)) as {
    buildViewer: () => Promise<string>;
  };
  const page = await buildViewer();
  writeWhole(path, page);
  return page;
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    const names = readdirSync(join(CHECKOUT, source), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((file) => /\.(tsx?|css|html)$/.test(file)).sort()) {
      hash.update(name).update(readFileSync(join(CHECKOUT, source, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
