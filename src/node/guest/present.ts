import { AsyncLocalStorage } from 'node:async_hooks';
import type { GuestLoop } from './loop.ts';
import type { Timers } from './timers.ts';

/**
 * Whose the code is that runs now. What is installed asks here each time, and keeps no loop of its
 * own: so it is installed once, for however many runs and programs follow each other in a realm.
 *
 * While nobody is present, everything is Node's own.
 */
export class Present {
  /** Of the program of this thread, or of the run that is being made. */
  main: GuestLoop | undefined;
  /** The clock under Node's timers: one for all of a realm, as there is one list of timers. */
  timers: Timers | undefined;
  #hosts: AsyncLocalStorage<GuestLoop> | undefined;

  /** The loop of the host in whose async context the code runs, or else the main one. */
  get now(): GuestLoop | undefined {
    return this.#hosts === undefined ? this.main : (this.#hosts.getStore() ?? this.main);
  }

  /** In whose context a timer or an immediate was set; undefined for the main loop's. */
  loopOf(resource: object): GuestLoop | undefined {
    return this.#hosts === undefined ? undefined : storeOf(this.#hosts, resource);
  }

  /** Run `code` as if nobody were present. */
  without<T>(code: () => T): T {
    const { main } = this;
    this.main = undefined;
    try {
      return this.#hosts === undefined ? code() : this.#hosts.exit(code);
    } finally {
      this.main = main;
    }
  }

  /** Run `code` on a host: what it makes, and whatever comes of it later, is that host's. */
  within<T>(loop: GuestLoop, code: () => T): T {
    this.#hosts ??= new AsyncLocalStorage();
    return this.#hosts.run(loop, code);
  }
}

/**
 * What an AsyncLocalStorage holds in the context of a resource of Node's own. Up to Node 22 it is
 * kept on the resource itself, later in a frame that the resource has
 * (lib/internal/async_local_storage).
 */
function storeOf<T>(storage: AsyncLocalStorage<T>, resource: object): T | undefined {
  const { kResourceStore } = storage as unknown as { kResourceStore?: symbol };
  const known = resource as Record<symbol, unknown>;
  if (kResourceStore !== undefined) return known[kResourceStore] as T | undefined;
  // A map whose class does not inherit from Map, so that nothing a program does to that reaches it.
  const frame = Object.getOwnPropertySymbols(resource)
    .map((symbol) => known[symbol] as Map<unknown, T> | undefined)
    .find((value) => typeof value?.get === 'function');
  return frame?.get(storage);
}
