/**
 * How the runtime is brought to run what async bodies have queued, before the next step is chosen.
 *
 * # Two ways
 * The engine's own microtask checkpoint, called in place, together with a nextTick queue of our
 * own: it has Node's order, costs less than a tenth of a turn of the event loop, and survives
 * callbacks that throw. Where a runtime refuses it, each step that resumed an async body gives way
 * to the event loop with setImmediate: the public, always correct way.
 *
 * # Not from inside a microtask
 * V8 does not nest runs of the microtask queue, so a checkpoint asked for inside a promise job does
 * nothing. Runs with async bodies therefore start in a macrotask.
 */
import { AsyncResource } from 'node:async_hooks';
import { UsageError } from '../../../sys/errors.ts';
import { findCheckpoint } from './checkpoint.ts';

export type DrainMode = 'checkpoint' | 'hop';

/** More nextTick callbacks than this in one drain are a program that never gives way. */
const TICKS_MAX = 100_000;

/** A fake setImmediate may stand in the global one's place later. */
const realSetImmediate = setImmediate;

let natives: (() => void) | null | undefined;

/** The engine's checkpoint; null where the runtime does not give it away. */
function nativeCheckpoint(): (() => void) | null {
  if (natives === undefined) natives = findCheckpoint();
  return natives;
}

/**
 * The way that this runtime allows. The environment variable `HEDDLE_DRAIN=hop` asks for the event
 * loop.
 */
export function drainMode(): DrainMode {
  if (process.env['HEDDLE_DRAIN'] === 'hop' || nativeCheckpoint() === null) return 'hop';
  return 'checkpoint';
}

/** Run the microtasks that are queued, and those that they queue. */
export function checkpoint(): void {
  if (natives === undefined) nativeCheckpoint();
  natives?.();
}

/** Whether this very moment is inside a promise job, where a checkpoint does nothing. */
function insideMicrotask(): boolean {
  let ran = false;
  void Promise.resolve().then(() => {
    ran = true;
  });
  checkpoint();
  return !ran;
}

/**
 * Why async bodies cannot be drained in place at this moment; undefined if they can. Runs what is
 * queued already.
 */
export function refusal(): UsageError | undefined {
  if (drainMode() === 'hop') {
    return new UsageError(
      'a run with async tasks needs turns of the event loop here, because this runtime does not run microtasks on demand (or HEDDLE_DRAIN=hop asks for it): `check` and `fuzz` take Node, Bun or Deno, and a single run `await runAsync(…)`',
    );
  }
  if (insideMicrotask()) {
    return new UsageError(
      'a run with async tasks was started from inside a promise job (after an await, or at the top level of a module), where the microtasks of its tasks cannot run; use `await runAsync(…)`, or start it in a macrotask with `await inMacrotask(() => …)`',
    );
  }
  return undefined;
}

/** Do `work` in a macrotask of its own. */
export function macrotask<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    realSetImmediate(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** One turn of the event loop: everything that is queued now, and what it queues, has run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    realSetImmediate(resolve);
  });
}

interface Tick {
  readonly callback: (...args: unknown[]) => unknown;
  readonly args: unknown[];
  readonly resource: AsyncResource;
}

/** What stands behind `process.nextTick` during a run. */
export class TickQueue {
  readonly #ticks: Tick[] = [];

  get empty(): boolean {
    return this.#ticks.length === 0;
  }

  add(callback: (...args: unknown[]) => unknown, args: unknown[]): void {
    const resource = new AsyncResource('TickObject', { requireManualDestroy: true });
    this.#ticks.push({ callback, args, resource });
  }

  /**
   * Run all of them and those that they add; one that throws does not keep the others from running.
   * `before` were run in this drain already; gives how many it is now.
   */
  run(before: number, failed: (error: unknown) => void): number {
    const ticks = this.#ticks;
    const countMax = TICKS_MAX - before;
    let count = 0;
    for (; count < ticks.length && count < countMax; count++) {
      const { callback, args, resource } = ticks[count] as Tick;
      try {
        resource.runInAsyncScope(callback, undefined, ...args);
      } catch (error) {
        failed(error);
      }
    }
    if (count < ticks.length) {
      const calls = TICKS_MAX.toLocaleString('en');
      failed(
        new UsageError(
          `nextTick callbacks went on for ${calls} calls without giving way; a program that polls gives way with setImmediate`,
        ),
      );
    }
    ticks.length = 0;
    return before + count;
  }
}

/** Ticks and microtasks, in Node's order, until none is left. */
export function drainInPlace(ticks: TickQueue, failed: (error: unknown) => void): void {
  let count = ticks.empty ? 0 : ticks.run(0, failed);
  checkpoint();
  while (!ticks.empty) {
    count = ticks.run(count, failed);
    checkpoint();
  }
}

/** Drains by turns of the event loop. */
export async function drainHopping(
  ticks: TickQueue,
  failed: (error: unknown) => void,
): Promise<void> {
  let count = 0;
  do {
    count = ticks.run(count, failed);
    await turn();
  } while (!ticks.empty);
}

/** Drains the async bodies of the run that is executing. */
export interface Drainer {
  drain(): void;
}

let drainer: Drainer | null = null;

/** From now on {@link drainNow} is `next`'s affair. */
export function setDrainer(next: Drainer | null): void {
  drainer = next;
}

/** An async body was resumed: run what the runtime has queued for it. */
export function drainNow(): void {
  if (drainer === null) {
    throw new UsageError(
      'a run with async tasks needs its nextTick queue, timers and clock in place; execute it with runSync, runAsync or inMacrotask',
    );
  }
  drainer.drain();
}
