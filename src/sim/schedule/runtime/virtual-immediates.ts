import type { Happening } from '../../kernel/happening.ts';
import type { Task } from '../../kernel/task.ts';
import { EnvironmentEvent } from '../../network/events.ts';
import type { VirtualRuntime } from './virtual-runtime.ts';

/** What setImmediate returns. */
export class VirtualImmediate {
  readonly call: () => void;
  readonly #queue: ImmediateQueue;
  #referenced = true;

  constructor(queue: ImmediateQueue, call: () => void) {
    this.#queue = queue;
    this.call = call;
  }

  ref(): this {
    this.#referenced = true;
    return this;
  }

  unref(): this {
    this.#referenced = false;
    return this;
  }

  hasRef(): boolean {
    return this.#referenced;
  }

  clear(): void {
    this.#queue.remove(this);
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

/** The immediates of one task: they come in their order, each as a step of its own. */
class ImmediateQueue extends EnvironmentEvent {
  readonly #runtime: VirtualRuntime;
  readonly #owner: Task | undefined;
  readonly #pending: VirtualImmediate[] = [];

  constructor(runtime: VirtualRuntime, owner: Task | undefined) {
    super();
    this.#runtime = runtime;
    this.#owner = owner;
  }

  add(immediate: VirtualImmediate): void {
    this.#pending.push(immediate);
    this.#runtime.world.events.add(this);
  }

  remove(immediate: VirtualImmediate): void {
    const place = this.#pending.indexOf(immediate);
    if (place >= 0) this.#pending.splice(place, 1);
    this.#update();
  }

  override fire(): void {
    const immediate = this.#pending.shift();
    this.#update();
    immediate?.call();
  }

  override happening(): Happening {
    return { kind: 'other', text: `setImmediate of ${this.#owner?.name ?? 'the scenario'}` };
  }

  #update(): void {
    if (this.#pending.length === 0) this.#runtime.world.events.remove(this);
  }
}

/**
 * # setImmediate is a choice
 * Time stands still while anybody can move, so an immediate that waited for time would come last of
 * all. It is an event of the surroundings instead: due at once, and the schedule says when.
 */
export class VirtualImmediates {
  readonly #runtime: VirtualRuntime;
  readonly #queues = new Map<Task | undefined, ImmediateQueue>();

  constructor(runtime: VirtualRuntime) {
    this.#runtime = runtime;
  }

  set(callback: (...args: unknown[]) => unknown, args: unknown[]): VirtualImmediate {
    const { owner } = this.#runtime;
    let queue = this.#queues.get(owner);
    if (queue === undefined) {
      queue = new ImmediateQueue(this.#runtime, owner);
      this.#queues.set(owner, queue);
    }
    const call = this.#runtime.bind('a setImmediate callback', callback, args);
    const immediate = new VirtualImmediate(queue, call);
    queue.add(immediate);
    return immediate;
  }
}
