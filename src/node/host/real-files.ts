import {
  type BigIntStats,
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import { constants } from 'node:os';
import type { Stamp } from '../../sim/kernel/attributes.ts';
import type { Beneath, BeneathStatus } from '../../sim/kernel/beneath.ts';
import type { Disk } from '../../sim/kernel/disk.ts';
import { EIO } from '../../sys/errno.ts';

/** What lies here is made when it is read: its size says nothing (proc(5), sysfs(5)). */
const MADE_WHEN_READ = /^\/(?:proc|sys|dev)\//;

/**
 * The real machine's files, under the disks of simulated hosts. They are read when a run first asks
 * for them.
 */
const REAL_FILES: Beneath = {
  status(path) {
    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? undefined : statusOf(path, found);
  },
  names: (path) => attempt(() => readdirSync(path), []),
  target: (path) => readlinkSync(path),
  read(path, offset, bytesMax) {
    try {
      const fd = openSync(path, 'r');
      try {
        return readAt(fd, offset, bytesMax);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      return -((constants.errno as Record<string, number>)[code] ?? EIO);
    }
  },
};

/** Have a disk show the real machine's files; what is made on it is whose heddle is. */
export function layOverReal(disk: Disk): void {
  disk.layOver(REAL_FILES);
  disk.owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

/** All of it; what has no places is read from where it is. */
function readAt(fd: number, offset: number, bytesMax: number): Uint8Array {
  const bytes = new Uint8Array(bytesMax);
  let length = 0;
  while (length < bytesMax) {
    const count = readSync(fd, bytes, length, bytesMax - length, offset + length);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

function attempt<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

function statusOf(path: string, found: BigIntStats): BeneathStatus {
  const { mode, uid, gid, dev, ino, rdev, blksize, blocks, size, nlink } = found;
  const type = found.isSymbolicLink()
    ? 'link'
    : found.isDirectory()
      ? 'directory'
      : found.isFile() && !MADE_WHEN_READ.test(path)
        ? 'file'
        : 'special';
  return {
    type,
    size: Number(size),
    links: Number(nlink),
    ...{ mode: Number(mode), uid: Number(uid), gid: Number(gid), dev: Number(dev) },
    ...{ ino: Number(ino), rdev: Number(rdev), blksize: Number(blksize), blocks: Number(blocks) },
    accessed: stamp(found.atimeNs),
    modified: stamp(found.mtimeNs),
    changed: stamp(found.ctimeNs),
    born: stamp(found.birthtimeNs),
  };
}

const stamp = (ns: bigint): Stamp => [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)];
