import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first of these folders, after those on PATH, that has all of these programs. */
export function folderWith(
  programs: readonly string[],
  more: readonly string[] = [],
): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...onPath, ...more].find((folder) => programs.every((name) => has(join(folder, name))));
}

function has(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
