import type { Task } from '../../sim/kernel/task.ts';
import { POLLIN, POLLOUT, SIGTERM } from '../../sys/constants.ts';
import { EINTR, ENOBUFS, ETIMEDOUT } from '../../sys/errno.ts';
import { SysError } from '../../sys/errors.ts';
import type { PollEntry, Program, Sys } from '../../sys/sys.ts';
import type { Refused, SpawnAsked, SpawnedSync, SpawnLimits } from '../wire.ts';
import type { Children, Given } from './children.ts';
import { pidOf } from './process-ids.ts';
import { errnoOf } from './uv-stream.ts';

const READ_BYTES = 65_536;
const NO_BYTES = new Uint8Array(0);

/** One end of a pipe to a process that is waited for. */
interface End {
  /** -1 once it is closed. */
  fd: number;
  /** What is still to be written; undefined where it is read from. */
  input: Uint8Array | undefined;
  readonly parts: Uint8Array[];
  bytes: number;
}

const failed = (errno: number): SpawnedSync => ({ pid: 0, status: 0, signal: 0, errno, bytes: [] });

/**
 * SyncProcessRunner of Node's src/spawn_sync.cc: a process is started, its pipes are served until
 * it has ended, and its parent does nothing else.
 */
export function* runSync(
  children: Children,
  task: Task,
  asked: SpawnAsked,
  limits: SpawnLimits,
  input: Uint8Array,
): Program<readonly [SpawnedSync | Refused, Uint8Array]> {
  const { sys } = task;
  const started = children.what(asked);
  if (started.is === 'refused') return [{ refused: started.why }, NO_BYTES];
  const given = yield* children.give(asked.stdio);
  if (typeof given === 'number') return [failed(given), NO_BYTES];
  const ends = endsOf(asked, given, input);
  const process = yield* children.fork(started, asked, given);
  if (typeof process === 'number') {
    for (const end of ends) if (end !== undefined) yield* sys.close(end.fd);
    return [failed(process), NO_BYTES];
  }
  const dueNs =
    limits.timeoutMs > 0
      ? task.surroundings.clock.nowNs + limits.timeoutMs * 1e6
      : Number.POSITIVE_INFINITY;
  const errno = yield* serve(task, ends, limits.bytesMax, dueNs);
  if (errno !== 0) yield* sys.kill(process.pid, limits.signal || SIGTERM);
  for (const end of ends) if (end !== undefined && end.fd >= 0) yield* sys.close(end.fd);
  yield* sys.waitpid(process.pid);
  const { killedBy, status = 0 } = process;
  const answer: SpawnedSync = {
    pid: pidOf(process),
    status: killedBy === 0 ? status : 0,
    signal: killedBy,
    errno,
    bytes: ends.map((end) => (end === undefined || end.input !== undefined ? -1 : end.bytes)),
  };
  return [answer, Buffer.concat(ends.flatMap((end) => end?.parts ?? []))];
}

function endsOf(asked: SpawnAsked, given: readonly Given[], input: Uint8Array) {
  let at = 0;
  return asked.stdio.map((one, number): End | undefined => {
    if (one.is !== 'pipe') return undefined;
    const { inputBytes } = one;
    const from = at;
    at += inputBytes ?? 0;
    return {
      fd: (given[number] as Given).other,
      input: inputBytes === undefined ? undefined : input.subarray(from, at),
      parts: [],
      bytes: 0,
    };
  });
}

/** Until all that is read from has come to its end. Gives 0, or why that was not waited for. */
function* serve(
  task: Task,
  ends: readonly (End | undefined)[],
  bytesMax: number,
  dueNs: number,
): Program<number> {
  const { sys } = task;
  for (;;) {
    const open = ends.filter((end): end is End => end !== undefined && end.fd >= 0);
    if (open.length === 0) return 0;
    const leftMs = (dueNs - task.surroundings.clock.nowNs) / 1e6;
    if (leftMs <= 0) return -ETIMEDOUT;
    const asked = open.map(({ fd, input }) => ({
      fd,
      events: input === undefined ? POLLIN : POLLOUT,
    }));
    const waitMs = leftMs === Number.POSITIVE_INFINITY ? null : Math.ceil(leftMs);
    for (const { fd } of yield* ready(sys, asked, waitMs)) {
      const end = open.find((one) => one.fd === fd) as End;
      if (yield* moved(task, end)) continue;
      yield* sys.close(fd);
      end.fd = -1;
    }
    const printed = ends.reduce((sum, end) => sum + (end?.bytes ?? 0), 0);
    if (bytesMax > 0 && printed > bytesMax) return -ENOBUFS;
  }
}

function* ready(sys: Sys, asked: readonly PollEntry[], waitMs: number | null) {
  try {
    return yield* sys.poll(asked, waitMs);
  } catch (error) {
    if (errnoOf(error) !== EINTR) throw error;
    return [];
  }
}

/** Read or write what goes now; false when nothing more will. */
function* moved(task: Task, end: End): Program<boolean> {
  const { sys } = task;
  try {
    if (end.input === undefined) {
      const part = yield* sys.read(end.fd, READ_BYTES);
      end.parts.push(part);
      end.bytes += part.length;
      return part.length > 0;
    }
    if (end.input.length > 0) end.input = end.input.subarray(yield* sys.write(end.fd, end.input));
    return end.input.length > 0;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    // EPIPE: nobody reads it.
    return false;
  }
}
