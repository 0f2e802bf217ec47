import fs from 'node:fs';
import type * as Streams from 'node:stream';
import { isMainThread } from 'node:worker_threads';
import type { Internals } from './internals.ts';
import type { Present } from './present.ts';

const FDS = [
  ['stdout', 1],
  ['stderr', 2],
] as const;
const { fstatSync, writeSync } = fs;
/** Of a worker thread Node has streams of its own, which lead to the thread that started it. */
const ownsDescriptors = isMainThread;

/**
 * What a program prints goes to its simulated descriptors, at once: real pipes would take their own
 * time.
 */
export function replaceConsole(internals: Internals, present: Present): void {
  for (const [name, fd] of FDS) {
    replace(internals, name, fd, (text) => present.now?.post(['output', fd, text]));
  }
}

/**
 * Where stdout and stderr are pipes of the real machine, Node would look for them in the handle
 * classes: they are written to directly.
 */
export function replacePipes(internals: Internals): void {
  if (!ownsDescriptors) return;
  for (const [name, fd] of FDS) {
    try {
      const stat = fstatSync(fd);
      if (stat.isFIFO() || stat.isSocket())
        replace(internals, name, fd, (text) => writeAll(fd, text));
    } catch {
      // There is no such descriptor; Node deals with that.
    }
  }
}

/** Made when it is first looked at: most of Node's streams need not be loaded before. */
function replace(
  { requireBuiltin }: Internals,
  name: 'stdout' | 'stderr',
  fd: number,
  print: (text: string) => void,
): void {
  let stream: object | undefined;
  const get = (): object => {
    if (stream === undefined) {
      const { Writable } = requireBuiltin('stream') as typeof Streams;
      stream = new Writable({
        decodeStrings: false,
        write(chunk: string | Buffer, _encoding, done): void {
          print(String(chunk));
          done();
        },
      });
      Object.assign(stream, { fd, _isStdio: true, _type: 'pipe' });
    }
    return stream;
  };
  Object.defineProperty(process, name, { get, configurable: true, enumerable: true });
}

function writeAll(fd: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return;
      if (code !== 'EAGAIN') throw error;
    }
  }
}
