import { UsageError } from '../../sys/errors.ts';
import type { Program } from '../../sys/sys.ts';
import { type Chain, Syscall } from '../../sys/syscall.ts';
import type { PendingCall } from '../kernel/pending-call.ts';
import type { Task, TaskBody } from '../kernel/task.ts';

/**
 * A generator, the task's `program`: its driver sees each syscall as the value that was yielded.
 */
class GeneratorBody implements TaskBody {
  start(task: Task): void {
    this.advance(task, undefined);
  }

  resume(task: Task, _call: PendingCall, result: unknown): void {
    this.advance(task, result);
  }

  private advance(task: Task, result: unknown): void {
    try {
      const answer = (task.program as Program<unknown>).next(result);
      if (answer.done) {
        task.end('ended');
        return;
      }
      if (!task.asks(answer.value)) throw stranger(task, answer.value);
    } catch (error) {
      task.error = error;
      task.end('died');
    }
  }

  abandon(): void {
    // The generator may be running at this moment (exit within its own step); it is simply never
    // resumed.
  }
}

/** One for all tasks that run generators: what differs stands in the task. */
export const GENERATOR_BODY: TaskBody = new GeneratorBody();

function stranger(task: Task, value: unknown): UsageError {
  if (value instanceof Syscall) {
    return new UsageError(
      `${task.name} used the sys of ${value.owner.name} (${value.name}); a program reaches the world only through the sys it was given`,
    );
  }
  const what = value instanceof Promise ? 'a promise' : `${typeof value} ${String(value)}`;
  return new UsageError(
    `${task.name} yielded ${what}, which is no syscall; write \`yield* sys.recv(…)\` with the star, or \`yield*\` another generator`,
  );
}

/**
 * An async function: a syscall reaches the kernel when it is awaited. After each resumption `drain`
 * runs what the runtime has queued, so that the body has posted its next syscall, has ended, or
 * waits for something outside.
 */
export class AsyncBody implements TaskBody {
  readonly #run: () => Promise<unknown>;
  readonly #drain: () => void;

  constructor(run: () => Promise<unknown>, drain: () => void) {
    this.#run = run;
    this.#drain = drain;
  }

  start(task: Task): void {
    this.#run().then(
      () => {
        if (task.state === 'alive') task.end('ended');
      },
      (error: unknown) => {
        if (task.state !== 'alive') return;
        task.error = error;
        task.end('died');
      },
    );
    this.#drain();
  }

  resume(_task: Task, call: PendingCall, result: unknown): void {
    (call.value as Chain).settle(call, result);
    this.#drain();
  }

  abandon(): void {}
}
