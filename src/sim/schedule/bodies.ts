import { UsageError } from '../../sys/errors.ts';
import type { Program } from '../../sys/sys.ts';
import { Syscall } from '../../sys/syscall.ts';
import type { Task, TaskBody } from '../kernel/task.ts';

/**
 * A generator, the task's `program`: its driver sees each syscall as the value that was yielded.
 */
class GeneratorBody implements TaskBody {
  start(task: Task): void {
    this.resume(task, undefined);
  }

  resume(task: Task, result: unknown): void {
    task.settling = null;
    try {
      const answer = (task.program as Program<unknown>).next(result);
      if (answer.done) {
        task.end('ended');
        return;
      }
      const call: Syscall<unknown> | undefined = answer.value;
      if (call?.owner !== task) throw stranger(task, call);
      task.call = call;
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

  resume(task: Task, result: unknown): void {
    const { chain, settling } = task;
    task.chain = null;
    if (chain !== null && settling !== null) chain.settle(settling, result);
    this.#drain();
  }

  abandon(): void {}
}
