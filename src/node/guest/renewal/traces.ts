import diagnostics from 'node:diagnostics_channel';
import Module, { syncBuiltinESMExports } from 'node:module';
import v8 from 'node:v8';
import type { Internal, Internals } from '../internals.ts';

/** Kinds of resources that are nobody's: Node's lists of timers and immediates, emptied by now. */
const NOBODYS: ReadonlySet<string> = new Set(['Timeout', 'Immediate', 'TickObject']);
/** It changes how events and promises work for as long as its thread lives. */
const FOR_GOOD = 'domain';

/** Calls whose effects cannot be taken back, or not without the program that has made them. */
const CALLS: readonly (readonly [on: Internal, name: string, methods: readonly string[]])[] = [
  // Node warns of most things once.
  [process, 'process', ['emitWarning', 'setSourceMapsEnabled']],
  [Module, 'module', ['register', 'registerHooks', 'enableCompileCache', 'setSourceMapsSupport']],
  [diagnostics, 'diagnostics_channel', ['subscribe']],
  [diagnostics.Channel.prototype, 'Channel', ['subscribe', 'bindStore']],
  [v8, 'v8', ['setFlagsFromString']],
];

/**
 * What a program leaves in its thread that cannot be taken back: with it the thread is of no more
 * use.
 */
export class Traces {
  readonly #inside: Internals;
  readonly #resources: ReadonlyMap<string, number>;
  #made: string | undefined;

  /** To be made before anything is watched, when the thread has everything of its own. */
  constructor(inside: Internals) {
    this.#inside = inside;
    for (const [on, name, methods] of CALLS) {
      for (const method of methods) this.#noteCalls(on, name, method);
    }
    syncBuiltinESMExports();
    this.#resources = resources();
  }

  #noteCalls(on: Internal, name: string, method: string): void {
    const real = on[method];
    if (typeof real !== 'function') return;
    const note = (): void => {
      this.#made ??= `${name}.${method} was called`;
    };
    const noted = function (this: unknown, ...args: Internal[]): Internal {
      note();
      return real.apply(this, args);
    };
    const was = Object.getOwnPropertyDescriptor(on, method);
    Object.defineProperty(noted, 'name', { value: method, configurable: true });
    Object.defineProperty(noted, 'length', { value: real.length, configurable: true });
    Object.defineProperty(on, method, { ...was, value: noted });
  }

  /** Before anything is put back: whether the program was in a cluster, as net keeps in mind. */
  get cluster(): string | undefined {
    const cluster = this.#inside.BuiltinModule.map.get('cluster');
    if (cluster?.loaded !== true) return undefined;
    const { isWorker, settings } = cluster.exports;
    return isWorker || Object.keys(settings).length > 0 ? 'it was in a cluster' : undefined;
  }

  /** The first of them, in words; undefined where there is none. */
  get found(): string | undefined {
    if (this.#made !== undefined) return this.#made;
    const { BuiltinModule, requireBuiltin } = this.#inside;
    if (BuiltinModule.map.get(FOR_GOOD)?.loaded === true) return `node:${FOR_GOOD} was loaded`;
    const [hooks] = requireBuiltin('internal/async_hooks').getHookArrays();
    if (hooks.length > 0) return 'hooks of node:async_hooks are enabled';
    for (const [kind, count] of resources()) {
      if (count > (this.#resources.get(kind) ?? 0)) return `a ${kind} is still open`;
    }
    return undefined;
  }
}

function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (!NOBODYS.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}
