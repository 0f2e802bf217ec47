/** What belongs to the project that heddle is used in, and what is somebody else's. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** What stands in the folder of a project. */
const MARKS = ['package.json', '.git', '.heddle'];

/** The nearest folder from the current one upwards that is a project's; else the current one. */
export function projectFolder(from: string = process.cwd()): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (MARKS.some((mark) => existsSync(join(folder, mark)))) return folder;
    if (dirname(folder) === folder) return from;
  }
}

/**
 * Whether a file is the project's own: it is there, and stands inside its folder once all links
 * are followed, and not in a package of others. A share of another machine (`\\host\share`) never
 * is, and is not even looked at.
 */
export function isOfProject(path: string, folder: string = projectFolder()): boolean {
  if (/^(?:\\\\|\/\/)/.test(path)) return false;
  try {
    const inside = relative(realpathSync(folder), realpathSync(path));
    const parts = inside.split(sep);
    return parts[0] !== '..' && inside !== '' && !isElsewhere(inside) && !parts.includes(PACKAGES);
  } catch {
    return false;
  }
}

const PACKAGES = 'node_modules';

/** On another drive: there is no way from one to the other. */
const isElsewhere = (path: string): boolean => /^[A-Za-z]:|^[\\/]/.test(path);
