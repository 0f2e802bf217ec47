import { O_ACCMODE, O_CLOEXEC, O_LARGEFILE, O_NONBLOCK, O_RDWR } from '../../../sys/constants.ts';
import { EBADF, EINVAL } from '../../../sys/errno.ts';
import { UnsupportedError } from '../../../sys/errors.ts';
import { NullDevice, RegularFile } from '../regular-file.ts';
import { FLAG_CLOEXEC, FLAG_NONBLOCK, openFile, opens } from './descriptors.ts';
import { type Row, row } from './row.ts';
import { writesFile } from './touches.ts';

/** open(2). # open: there is no file system; of all paths only /dev/null exists. */
export const open: Row<string, number> = row({
  perform(task, call) {
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
  },
  ...opens,
  asked: ({ data: path }) => `open ${path}`,
});

/** MFD_NAME_MAX_LEN. */
const NAME_BYTES_MAX = 249;

export const memfdCreate: Row<string, number> = row({
  perform(task, { data: name, a0: flags }) {
    if (new TextEncoder().encode(name).length > NAME_BYTES_MAX) return -EINVAL;
    return openFile(task, new RegularFile(name), O_RDWR | O_LARGEFILE, flags & FLAG_CLOEXEC);
  },
  ...opens,
  asked: ({ data: name }) => `memfdCreate ${name}`,
});

const SEEK_SET = 0;
const SEEK_END = 2;

export const lseek: Row<undefined, number> = row({
  perform(task, call) {
    const description = task.process.descriptors.get(call.a0);
    if (description === null) return -EBADF;
    // No such place is EINVAL even where there is none at all (ksys_lseek).
    if (call.a2 < SEEK_SET || call.a2 > SEEK_END) return -EINVAL;
    return description.file.seek(call.a1, call.a2);
  },
  touches: writesFile,
  answered: (_call, offset) => String(offset),
});

/** unlink(2): of all files only the names of sockets are there. */
export const unlink: Row<string, number> = row({
  perform(task, { data: path }) {
    return task.process.kernel.unixNames.unlink(path);
  },
  touches: (task, _call, into) => into.write(task.process.kernel.unixNames),
  asked: ({ data: path }) => `unlink ${path}`,
});
