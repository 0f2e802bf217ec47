import { ENOENT, ENOSPC, ENOTDIR } from '../../../sys/errno.ts';
import type { FileStatus, TwoPaths } from '../../../sys/sys.ts';
import { KIND, strikes } from '../choices.ts';
import type { PathFound } from '../disk.ts';
import type { Footprint } from '../footprint.ts';
import { Directory } from '../inode.ts';
import type { Task } from '../task.ts';
import { type Call, type Row, type RowParts, row } from './row.ts';
import { statusText } from './text.ts';

/** What a path is looked up in, noted; null where it leads nowhere. */
export function lookedUp(
  task: Task,
  path: string,
  into: Footprint,
  follows = false,
): PathFound | null {
  const found = task.process.kernel.disk.find(path, into, follows);
  return typeof found === 'number' ? null : found;
}

/**
 * A name is to stand for something else: whoever reads its directory sees that too, and in what
 * order names were changed shows after a crash.
 */
export function nameTouched(task: Task, { parent, name, inode }: PathFound, into: Footprint): void {
  into.write(task.process.kernel.disk.model);
  into.write(parent.place(name));
  into.write(parent);
  if (inode !== undefined) into.write(inode);
}

function pathTouched(task: Task, path: string, into: Footprint): void {
  const found = lookedUp(task, path, into);
  if (found !== null) nameTouched(task, found, into);
}

const pathText = ({ name, data: path }: Call<string>): string => `${name} ${path}`;

const changesName: Pick<RowParts<string, number>, 'touches' | 'asked' | 'askedAlike'> = {
  touches: (task, { data: path }, into) => pathTouched(task, path, into),
  asked: pathText,
  askedAlike: pathText,
};

/** unlink(2). # AF_UNIX: names of sockets are looked for first; they are not on the disk. */
export const unlink: Row<string, number> = row({
  perform(task, { data: path }) {
    const { unixNames, disk } = task.process.kernel;
    const result = unixNames.unlink(path);
    return result === -ENOENT ? disk.unlink(path) : result;
  },
  ...changesName,
  touches(task, { data: path }, into) {
    const { unixNames } = task.process.kernel;
    if (unixNames.hasPath(path)) into.write(unixNames);
    else {
      into.read(unixNames);
      pathTouched(task, path, into);
    }
  },
});

/** A fault: there is no room for a name that is not there yet. */
export function isFull(task: Task, path: string): boolean {
  const found = task.process.kernel.disk.find(path);
  if (typeof found === 'number' || found.inode !== undefined) return false;
  return strikes(task.surroundings.choices, KIND.enospc, task);
}

export const mkdir: Row<string, number> = row({
  perform: (task, { data: path, a0: mode }) =>
    isFull(task, path) ? -ENOSPC : task.process.kernel.disk.mkdir(path, mode),
  ...changesName,
});

export const rmdir: Row<string, number> = row({
  perform: (task, { data: path }) => task.process.kernel.disk.rmdir(path),
  ...changesName,
});

const changesNames: Pick<RowParts<TwoPaths, number>, 'touches' | 'asked' | 'askedAlike'> = {
  touches(task, { data: { from, to } }, into) {
    pathTouched(task, from, into);
    pathTouched(task, to, into);
  },
  asked: ({ name, data: { from, to } }) => `${name} ${from} to ${to}`,
  askedAlike: ({ name, data: { from, to } }) => `${name} ${from} ${to}`,
};

export const rename: Row<TwoPaths, number> = row({
  perform: (task, { data: { from, to } }) => task.process.kernel.disk.rename(from, to),
  ...changesNames,
});

export const link: Row<TwoPaths, number> = row({
  perform: (task, { data: { from, to } }) => task.process.kernel.disk.link(from, to),
  ...changesNames,
});

/** What looks at what a path leads to. */
const readsPath: Pick<RowParts<string, unknown>, 'touches' | 'asked' | 'askedAlike'> = {
  touches(task, { data: path }, into) {
    const inode = lookedUp(task, path, into, true)?.inode;
    if (inode !== undefined) into.read(inode);
  },
  asked: pathText,
  askedAlike: pathText,
};

export const stat: Row<string, FileStatus> = row({
  perform(task, { data: path }) {
    const inode = task.process.kernel.disk.at(path);
    return typeof inode === 'number' ? inode : inode.status();
  },
  ...readsPath,
  answered: (_call, status) => statusText(status),
  seen: (_call, status) => statusText(status),
});

export const readdir: Row<string, string[]> = row({
  perform(task, { data: path }) {
    const inode = task.process.kernel.disk.at(path);
    if (typeof inode === 'number') return inode;
    return inode instanceof Directory ? [...inode.list().keys()].sort() : -ENOTDIR;
  },
  ...readsPath,
  answered: (_call, names) => names.join(', ') || 'nothing',
  seen: (_call, names) => names.join('/'),
});
