import { readFileSync } from 'node:fs';
import { UsageError } from '../../sys/errors.ts';

/**
 * What V8 reserves for a thread: 590 to 850 MiB, measured on Node 20 to 26 (x64), most of it for
 * code that is never made. Where it cannot be reserved, V8 ends the whole process.
 */
const THREAD_BYTES = 2 ** 30;
/** Threads that have just been stopped give theirs back within milliseconds. */
const PATIENCE_MS = 2_000;
const LOOK_MS = 5;
const PAGE_BYTES = 4096;

const pause = new Int32Array(new SharedArrayBuffer(4));
let limit: number | undefined;

/** Bytes of address space that `ulimit -v` permits this process (RLIMIT_AS, getrlimit(2)). */
function permitted(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max address space +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

const used = (): number =>
  Number.parseInt(readFileSync('/proc/self/statm', 'utf8'), 10) * PAGE_BYTES;

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/**
 * Where the address space is limited, see that there is room for one more thread.
 *
 * @throws UsageError where there is none: without this, V8 would abort the process.
 */
export function requireRoomForAThread(): void {
  limit ??= permitted();
  if (limit === Number.POSITIVE_INFINITY) return;
  for (let waitedMs = 0; used() + THREAD_BYTES > limit; waitedMs += LOOK_MS) {
    if (waitedMs >= PATIENCE_MS) {
      throw new UsageError(
        `the address space of this process is limited to ${gibibytes(limit)} (ulimit -v) and ${gibibytes(used())} of it are taken: there is no room for the thread of one more Node program, which reserves up to ${gibibytes(THREAD_BYTES)}; raise the limit, or run fewer hosts`,
      );
    }
    Atomics.wait(pause, 0, 0, LOOK_MS);
  }
}
