import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Directory, FileInode, Symlink } from '../../sim/kernel/inode.ts';
import type { World } from '../../sim/schedule/world.ts';
import { UsageError } from '../../sys/errors.ts';

/** @throws UsageError unless it is a new folder or an empty one */
export function requireEmpty(folder: string): void {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new UsageError(`${folder} is no folder; what a run has changed is written into one`);
  }
  if (names.length === 0) return;
  throw new UsageError(
    `${folder} is not empty; what a run has changed is written into a new folder, or an empty one`,
  );
}

/**
 * Write what a run has changed on the disks of its hosts into a folder: `/a/b` of the host `db`
 * into `db/a/b`. Gives how many files that were, and the paths of what was removed.
 */
export function keepFiles(
  world: World,
  folder: string,
): { readonly files: number; readonly removed: readonly string[] } {
  let files = 0;
  const removed: string[] = [];
  for (const { host, disk } of world.hosts) {
    for (const [path, inode] of disk.root.changes()) {
      const target = join(folder, host, path);
      if (inode === undefined) {
        removed.push(`${host}:${path}`);
        continue;
      }
      mkdirSync(inode instanceof Directory ? target : dirname(target), { recursive: true });
      if (inode instanceof Symlink) symlinkSync(inode.target, target);
      if (!(inode instanceof FileInode)) continue;
      writeFileSync(target, inode.bytes);
      chmodSync(target, (inode.attributes?.mode ?? 0o644) & 0o777);
      files++;
    }
  }
  return { files, removed };
}
