import { UsageError } from '../../sys/errors.ts';
import type { Program } from '../../sys/sys.ts';
import { type Chain, Syscall } from '../../sys/syscall.ts';
import type { PendingCall } from '../kernel/pending-call.ts';
import type { Task, TaskBody } from '../kernel/task.ts';

/** What all generators inherit from. */
const GENERATOR = Object.getPrototypeOf(driven.prototype) as Program<unknown>;
/**
 * Looked up once: a generator function has a prototype of its own, so that a look-up in many kinds
 * of generators is one in many shapes.
 */
const { next } = GENERATOR;

/**
 * A generator, the task's `program`: its driver sees each syscall as the value that was yielded.
 */
class GeneratorBody implements TaskBody {
  start(task: Task): void {
    this.resume(task, null, undefined);
  }

  resume(task: Task, _call: PendingCall | null, result: unknown): void {
    try {
      const answer = next.call(task.program as Program<unknown>, result);
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

/** A body's program, if that is what it gave. */
export function programOf(value: unknown): Program<unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.prototype.isPrototypeOf.call(GENERATOR, value)) return value as Program<unknown>;
  const { next: step, throw: fail } = value as Partial<Program<unknown>>;
  if (typeof step !== 'function' || typeof fail !== 'function') return undefined;
  return driven(value as Program<unknown>);
}

/** What has a generator's methods and is none of this realm's, as one that is. */
function* driven(program: Program<unknown>): Program<unknown> {
  let answer = program.next(undefined);
  while (!answer.done) answer = program.next(yield answer.value);
  return answer.value;
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
