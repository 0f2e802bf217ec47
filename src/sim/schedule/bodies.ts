import { UsageError } from '../../sys/errors.ts';
import type { Program } from '../../sys/sys.ts';
import { Syscall } from '../../sys/syscall.ts';
import type { Task, TaskBody } from '../kernel/task.ts';

/** A generator: its driver sees each syscall as the value that was yielded. */
export class GeneratorBody implements TaskBody {
  readonly #task: Task;
  readonly #generator: Program<unknown>;

  constructor(task: Task, generator: Program<unknown>) {
    this.#task = task;
    this.#generator = generator;
  }

  start(): void {
    this.resume(undefined);
  }

  resume(result: unknown): void {
    const task = this.#task;
    task.settling = null;
    try {
      const answer = this.#generator.next(result);
      if (answer.done) {
        task.result = answer.value;
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
    // The generator may be running at this moment (exit within its own step); it is simply never resumed.
  }
}

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
 * An async function: a syscall reaches the kernel when it is awaited. After each resumption `drain` runs what the runtime has
 * queued, so that the body has posted its next syscall, has ended, or waits for something outside.
 */
export class AsyncBody implements TaskBody {
  readonly #task: Task;
  readonly #run: () => Promise<unknown>;
  readonly #drain: () => void;

  constructor(task: Task, run: () => Promise<unknown>, drain: () => void) {
    this.#task = task;
    this.#run = run;
    this.#drain = drain;
  }

  start(): void {
    const task = this.#task;
    this.#run().then(
      (result) => {
        task.result = result;
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

  resume(result: unknown): void {
    const task = this.#task;
    const { chain, settling } = task;
    task.chain = null;
    if (chain !== null && settling !== null) chain.settle(settling, result);
    this.#drain();
  }

  abandon(): void {}
}
