import type { Task } from '../../sim/kernel/task.ts';
import { POLLIN } from '../../sys/constants.ts';
import { EAGAIN } from '../../sys/errno.ts';
import type { Program } from '../../sys/sys.ts';
import type { HandleId } from '../wire.ts';
import { errnoOf } from './uv-stream.ts';

/** epoll's mark for the signals of a loop. */
export const SIGNALS = -1;
/** Who watches SIGCHLD for the processes that a program has started. */
export const CHILDREN: HandleId = 0;
const ONE = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/**
 * libuv's unix/signal.c: what the kernel calls for a signal writes into a pipe of the loop's, and
 * the loop tells who watches it, behind all else that one poll has given (linux.c, have_signals).
 */
export class LoopSignals {
  readonly #task: Task;
  readonly #epoll: () => number;
  #fd = -1;
  readonly #caught: number[] = [];
  readonly #watchers = new Map<number, Set<HandleId>>();

  constructor(task: Task, epoll: () => number) {
    this.#task = task;
    this.#epoll = epoll;
  }

  /** uv_signal_start. */
  *watch(id: HandleId, signal: number): Program<void> {
    const watchers = this.#watchers.get(signal);
    if (watchers !== undefined && watchers.size > 0) {
      watchers.add(id);
      return;
    }
    const { sys } = this.#task;
    if (this.#fd < 0) {
      this.#fd = yield* sys.eventfd(0, { nonblock: true });
      yield* sys.epollCtl(this.#epoll(), 'add', this.#fd, POLLIN, SIGNALS);
    }
    // uv__signal_register_handler.
    yield* sys.sigaction(signal, { handler: this.#catch, restart: true });
    this.#watchers.set(signal, new Set([id]));
  }

  /** uv__signal_stop. */
  *unwatch(id: HandleId): Program<void> {
    for (const [signal, watchers] of this.#watchers) {
      if (!watchers.delete(id) || watchers.size > 0) continue;
      yield* this.#task.sys.sigaction(signal, 'default');
    }
  }

  readonly #catch = (signal: number): void => {
    this.#caught.push(signal);
    this.#task.process.descriptors.get(this.#fd)?.file.write(ONE, 0);
  };

  /** uv__signal_event: what has come, and who is to be told of it. */
  *take(): Program<(readonly [signal: number, told: readonly HandleId[]])[]> {
    try {
      yield* this.#task.sys.read(this.#fd, ONE.length);
    } catch (error) {
      if (errnoOf(error) !== EAGAIN) throw error;
    }
    return this.#caught
      .splice(0)
      .map((signal) => [signal, [...(this.#watchers.get(signal) ?? [])]] as const);
  }
}
