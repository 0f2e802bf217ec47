import { AsyncResource } from 'node:async_hooks';
import type { UsageError } from '../../../sys/errors.ts';
import { stackOf, tellable, thrownText } from '../../../sys/thrown.ts';
import type { Task } from '../../kernel/task.ts';
import type { ProgramRuntime, World } from '../world.ts';
import { type Drainer, drainHopping, drainInPlace, setDrainer, TickQueue } from './drain.ts';
import { drawChance, Entropy } from './entropy.ts';
import type { RealmRun } from './realm-run.ts';
import { Rejections } from './rejections.ts';
import { VirtualImmediates } from './virtual-immediates.ts';
import { VirtualTimers } from './virtual-timers.ts';

/** Something that a program queued was called by the runtime and threw: no task could catch it. */
class UncaughtError extends Error {
  override readonly name: string;

  constructor(where: string, error: unknown) {
    super(thrownText(tellable(error)), { cause: error });
    this.name = `uncaught exception in ${where}`;
    const stack = stackOf(error);
    if (stack !== undefined) this.stack = stack;
  }
}

/** Who executes the run. */
export interface Executor {
  /** Give way to the event loop instead of draining in place. */
  readonly hops: boolean;
  /** The macrotask is the run's own, so promises that are found rejected in it are the run's. */
  readonly ownsMacrotask: boolean;
  /** Called before the first async body goes on; gives why none can. */
  prepare(): UsageError | undefined;
}

/**
 * The runtime as the bodies of one run see it: its ticks, timers, clock, randomness and uncaught
 * errors. What stands in the global objects' place asks the one that is active
 * (virtual-globals.ts).
 */
export class VirtualRuntime implements Drainer, ProgramRuntime {
  readonly world: World;
  readonly ticks: TickQueue = new TickQueue();
  /** Whether this run has async bodies. */
  hasAsyncBodies = false;
  /** What the run has of Node's own library; undefined where that is not installed. */
  realm: RealmRun | undefined;
  /** Why this run cannot go on. */
  refusal: UsageError | undefined;
  #needsHop = false;
  readonly #executor: Executor;
  #rejections: Rejections | undefined;
  #entropy: Entropy | undefined;
  #timers: VirtualTimers | undefined;
  #immediates: VirtualImmediates | undefined;
  /** Whose callback the runtime is in, or was in last. */
  #caller: Task | undefined;

  constructor(world: World, executor: Executor) {
    this.world = world;
    this.#executor = executor;
    world.runtime = this;
  }

  // ---- what programs see ----

  get entropy(): Entropy {
    this.#entropy ??= new Entropy(drawChance(this.world, 'all async tasks'));
    return this.#entropy;
  }

  get timers(): VirtualTimers {
    this.#timers ??= new VirtualTimers(this);
    return this.#timers;
  }

  get immediates(): VirtualImmediates {
    this.#immediates ??= new VirtualImmediates(this);
    return this.#immediates;
  }

  /** Nanoseconds of the monotonic clock. */
  get nowNs(): number {
    return this.world.clock.nowNs;
  }

  /** What `Date.now()` says. */
  get dateMs(): number {
    const { clock } = this.world;
    return clock.epochMs + Math.floor(clock.nowNs / 1e6);
  }

  // ---- what the run asks for ----

  drain(): void {
    if (!this.hasAsyncBodies) this.#begin();
    if (this.realm !== undefined) this.realm.drain();
    else if (this.#executor.hops) this.#needsHop = true;
    else drainInPlace(this.ticks, this.#tickFailed);
  }

  #begin(): void {
    this.refusal = this.#executor.prepare();
    if (this.refusal !== undefined) throw this.refusal;
    this.hasAsyncBodies = true;
    if (!this.#executor.ownsMacrotask && this.realm === undefined) return;
    this.#rejections = new Rejections();
    if (this.#executor.hops || this.realm !== undefined) this.#rejections.watch();
  }

  /** Give way to the event loop until nothing is queued any more. */
  async settle(): Promise<void> {
    if (!this.#needsHop) return;
    this.#needsHop = false;
    await drainHopping(this.ticks, this.#tickFailed);
    this.world.lookOutside();
  }

  floating(): readonly unknown[] {
    this.realm?.over();
    return this.#rejections?.collect() ?? [];
  }

  close(): void {
    this.realm?.close();
    this.#rejections?.unwatch();
    this.#timers?.close();
  }

  // ---- what the runtime calls ----

  /** Whose code is running, as well as can be told; undefined while the scenario is built. */
  get owner(): Task | undefined {
    const { world } = this;
    const [outside] = world.outside;
    return world.running ?? this.#caller ?? outside ?? world.tasks[0];
  }

  /**
   * `callback` as the runtime will call it: on its owner's account, and in the async context it was
   * made in.
   */
  bind(where: string, callback: (...args: unknown[]) => unknown, args: unknown[]): () => void {
    const { owner } = this;
    const resource = new AsyncResource('Timeout', { requireManualDestroy: true });
    return () => {
      this.#caller = owner;
      try {
        resource.runInAsyncScope(callback, undefined, ...args);
      } catch (error) {
        this.uncaught(where, error);
      }
      this.drain();
    };
  }

  readonly #tickFailed = (error: unknown): void => this.uncaught('a nextTick callback', error);

  /** As Node would, but it is the task that dies, and not everything. */
  uncaught(where: string, error: unknown): void {
    this.uncaughtIn(this.owner, where, error);
  }

  uncaughtIn(task: Task | undefined, where: string, error: unknown): void {
    if (task === undefined) throw error;
    task.error = new UncaughtError(where, error);
    if (task.state === 'alive') task.end('died');
    else this.world.deaths.push(task);
  }
}

let active: VirtualRuntime | null = null;

/** The runtime of the run that is executing; null while none is. */
export function activeRuntime(): VirtualRuntime | null {
  return active;
}

/** From now on `next` is asked. Gives who was asked before. */
export function setActiveRuntime(next: VirtualRuntime | null): VirtualRuntime | null {
  const before = active;
  active = next;
  setDrainer(next);
  return before;
}
