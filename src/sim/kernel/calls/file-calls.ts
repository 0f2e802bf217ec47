import { EBADF, EINVAL } from '../../../sys/errno.ts';
import type { FileCall, FileChange } from '../../../sys/sys.ts';
import type { FileObject } from '../file.ts';
import { Directory, FileInode, type Inode, Symlink } from '../inode.ts';
import { OnDisk } from '../regular-file.ts';
import type { Task } from '../task.ts';
import { lookedUp, nameTouched } from './paths.ts';
import { type Call, type Row, row } from './row.ts';
import { fileTouched } from './touches.ts';

type Answer = number | string | readonly number[];

/**
 * What only Node programs ask of their disk: all that stat(2) tells, links, owners, times.
 *
 * # Digests leave out what stat tells: it holds the times of real folders, which others change
 */
export const fileCall: Row<FileCall, Answer> = row({
  perform(task, { data: asked }) {
    const { disk } = task.process.kernel;
    if (asked.do === 'symlink') return disk.symlink(asked.target, asked.at);
    if (asked.do === 'realpath') return disk.realPath(asked.at);
    const inode = inodeOf(task, asked);
    if (typeof inode === 'number') return inode;
    if (asked.do === 'readlink') return inode instanceof Symlink ? inode.target : -EINVAL;
    if (asked.do === 'status') return statusOf(inode);
    if (asked.do === 'change') change(inode, asked.to);
    return 0;
  },
  touches(task, call, into) {
    const { data: asked } = call;
    if (typeof asked.at === 'number') {
      const file = fileTouched(task, asked.at, into);
      if (file instanceof OnDisk) into[asked.do === 'change' ? 'write' : 'read'](file.inode);
      return;
    }
    const found = lookedUp(task, asked.at, into, asked.do !== 'symlink' && followsLast(asked));
    if (found === null) return;
    if (asked.do === 'symlink') nameTouched(task, found, into);
    else if (found.inode !== undefined) into[asked.do === 'change' ? 'write' : 'read'](found.inode);
  },
  asked: askedText,
  answered: (_call, answer) => (typeof answer === 'string' ? answer : ''),
  hash(answer, into) {
    if (typeof answer === 'string') into.mixText(answer);
  },
  askedAlike: (call) => `${askedText(call)} ${JSON.stringify(call.data)}`,
});

const followsLast = (asked: FileCall): boolean =>
  'follows' in asked ? asked.follows : asked.do === 'realpath';

function inodeOf(task: Task, asked: FileCall): Inode | number {
  const { at } = asked;
  if (typeof at === 'string') return task.process.kernel.disk.at(at, followsLast(asked));
  const file: FileObject | undefined = task.process.descriptors.get(at)?.file;
  return file instanceof OnDisk ? file.inode : -EBADF;
}

function askedText({ data: asked }: Call<FileCall>): string {
  const what = typeof asked.at === 'number' ? `fd ${asked.at}` : asked.at;
  if (asked.do === 'symlink') return `symlink ${what} to ${asked.target}`;
  if (asked.do !== 'change') return `${asked.do === 'status' ? 'stat' : asked.do} ${what}`;
  const { mode, owner } = asked.to;
  return `${mode !== undefined ? 'chmod' : owner !== undefined ? 'chown' : 'utimes'} ${what}`;
}

/** Blocks that st_blocks counts are of so many bytes (stat(3type)). */
const COUNTED_BYTES = 512;
/** What ext4 shows for a directory: one block. */
const DIRECTORY_BYTES = 4096;

function statusOf(inode: Inode): readonly number[] {
  const { size, links } = inode.status();
  const attributes = inode.attributes as NonNullable<Inode['attributes']>;
  const { mode, uid, gid, dev, ino, rdev, blksize, blocks: known, ...times } = attributes;
  const bytes = inode instanceof Directory ? (inode.shown?.size ?? DIRECTORY_BYTES) : size;
  const isChanged = inode instanceof FileInode && !inode.isUnchanged;
  const blocks = isChanged ? Math.ceil(bytes / blksize) * (blksize / COUNTED_BYTES) : known;
  return [
    ...[dev, mode, links, uid, gid, rdev, blksize, ino, bytes, blocks],
    ...[...times.accessed, ...times.modified, ...times.changed, ...times.born],
  ];
}

/** chmod(2), chown(2) and utimensat(2). An id of -1 stays what it was. */
function change(inode: Inode, { mode, owner, times }: FileChange): void {
  const { attributes } = inode;
  if (attributes === undefined) return;
  if (mode !== undefined) attributes.mode = (attributes.mode & ~0o7777) | (mode & 0o7777);
  if (owner !== undefined) {
    const [uid, gid] = owner;
    if (uid !== UNCHANGED) attributes.uid = uid;
    if (gid !== UNCHANGED) attributes.gid = gid;
  }
  attributes.changes();
  if (times !== undefined) [attributes.accessed, attributes.modified] = times;
}

/** (uid_t) -1 */
const UNCHANGED = 0xffff_ffff;
