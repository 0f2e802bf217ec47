import { O_ACCMODE, O_CLOEXEC, O_LARGEFILE, O_NONBLOCK, O_RDWR } from '../../../sys/constants.ts';
import { EBADF, EINVAL } from '../../../sys/errno.ts';
import { UnsupportedError } from '../../../sys/errors.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import { NullDevice, RegularFile } from '../regular-file.ts';
import type { Task } from '../task.ts';
import { FLAG_CLOEXEC, FLAG_NONBLOCK, open as openFile } from './descriptors.ts';

/** open(2). # There is no file system: of all paths only /dev/null exists. */
export function open(task: Task, call: Syscall<unknown>): number {
  if (call.data !== '/dev/null') {
    throw new UnsupportedError(
      `open of ${String(call.data)}`,
      'there is no file system, only /dev/null; memfdCreate makes a regular file',
    );
  }
  const bits =
    ((call.a0 & O_NONBLOCK) !== 0 ? FLAG_NONBLOCK : 0) |
    ((call.a0 & O_CLOEXEC) !== 0 ? FLAG_CLOEXEC : 0);
  return openFile(task, new NullDevice(), (call.a0 & O_ACCMODE) | O_LARGEFILE, bits);
}

/** MFD_NAME_MAX_LEN. */
const NAME_BYTES_MAX = 249;

export function memfdCreate(task: Task, call: Syscall<unknown>): number {
  if (new TextEncoder().encode(call.data as string).length > NAME_BYTES_MAX) return -EINVAL;
  return openFile(
    task,
    new RegularFile(call.data as string),
    O_RDWR | O_LARGEFILE,
    call.a0 & FLAG_CLOEXEC,
  );
}

const SEEK_SET = 0;
const SEEK_END = 2;

export function lseek(task: Task, call: Syscall<unknown>): number {
  const description = task.process.descriptors.get(call.a0);
  if (description === null) return -EBADF;
  // No such place is EINVAL even where there is none at all (ksys_lseek).
  if (call.a2 < SEEK_SET || call.a2 > SEEK_END) return -EINVAL;
  return description.file.seek(call.a1, call.a2);
}

/** unlink(2): of all files only the names of sockets are there. */
export function unlink(task: Task, call: Syscall<unknown>): number {
  return task.process.kernel.unixNames.unlink(call.data as string);
}
