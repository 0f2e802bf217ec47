/**
 * How one run is executed. Every run goes through {@link runSync} or {@link runAsync}: tasks may be
 * generator functions or async functions, and what async ones see of the runtime is virtual while
 * the run executes, and real again after it.
 */
import type { UsageError } from '../../../sys/errors.ts';
import { Run, type RunOptions, type RunResult } from '../run.ts';
import type { Scenario } from '../scenario.ts';
import { type DrainMode, drainMode, macrotask, refusal, turn } from './drain.ts';
import { realmRunFor } from './realm-run.ts';
import { installGlobals, restoreGlobals } from './virtual-globals.ts';
import { type Executor, setActiveRuntime, VirtualRuntime } from './virtual-runtime.ts';

/** A run on the simulated kernel, in virtual time. */
export interface SyncOptions extends Omit<RunOptions, 'setting'> {
  /** Handed the run before it begins: for those who look at its world afterwards. */
  readonly watch?: (run: Run) => void;
}

export interface ExecuteOptions extends SyncOptions {
  /** How {@link runAsync} drains async bodies. Default: in place where the runtime allows it. */
  readonly drain?: DrainMode;
}

/** Scenarios that have shown no async task so far: their runs have no need of virtual globals. */
const generatorsOnly = new WeakSet<Scenario>();

/** Inside {@link inMacrotask}. */
let batching = false;

/**
 * Execute one run, here and now. The strategy has begun its run.
 *
 * A scenario with async tasks needs a macrotask around it: called from inside a promise job (after
 * an `await`, or at the top level of a module) this throws a UsageError; call it inside {@link
 * inMacrotask}, or call {@link runAsync}. Only there are promises that tasks leave rejected
 * reported as failures of their run; elsewhere Node reports them, at the end of the macrotask.
 *
 * ```ts
 * const { failure, steps } = runSync(echo, { strategy: new Calm() });
 * ```
 *
 * @since 0.1.0
 */
export function runSync(scenario: Scenario, options: SyncOptions): RunResult {
  const run = new Run(scenario, options);
  options.watch?.(run);
  const execution = new Execution(run, false);
  try {
    const result = run.execute();
    if (execution.runtime.refusal !== undefined) throw execution.runtime.refusal;
    return result;
  } finally {
    execution.end();
  }
}

/**
 * Execute one run in a macrotask of its own. Works from everywhere.
 *
 * Where microtasks cannot be run in place the run gives way to the event loop after each step of an
 * async task instead. Other code of this process then sees virtual globals too, until the run has
 * ended.
 *
 * ```ts
 * const { failure, steps } = await runAsync(echo, { strategy: new Calm() });
 * ```
 *
 * @since 0.1.0
 */
export function runAsync(scenario: Scenario, options: ExecuteOptions): Promise<RunResult> {
  const { drain = drainMode(), ...others } = options;
  if (drain === 'hop') return runHopping(scenario, others);
  return inMacrotask(() => runSync(scenario, others));
}

/**
 * Do `work` in a macrotask of its own, where {@link runSync} takes scenarios with async tasks. For
 * many runs: what a run needs of the runtime is put in place once for all of them, and put back
 * when `work` returns or throws.
 *
 * ```ts
 * const steps = await inMacrotask(() => runSync(echo, { strategy: new Calm() }).steps);
 * ```
 *
 * @since 0.1.0
 */
export function inMacrotask<T>(work: () => T): Promise<T> {
  return macrotask(() => {
    batching = true;
    try {
      return work();
    } finally {
      batching = false;
      if (hopping === 0) restoreGlobals();
    }
  });
}

/** Runs that hop have the globals for themselves, one after the other. */
let lastHopping: Promise<unknown> = Promise.resolve();
let hopping = 0;

function runHopping(scenario: Scenario, options: SyncOptions): Promise<RunResult> {
  const result = lastHopping.then(async () => {
    hopping++;
    await turn();
    const run = new Run(scenario, options);
    const execution = new Execution(run, true);
    try {
      return await run.executeHopping(() => execution.runtime.settle());
    } finally {
      hopping--;
      execution.end();
    }
  });
  lastHopping = result.catch(() => {});
  return result;
}

/** The virtual runtime of one run, in place from construction to {@link end}. */
class Execution implements Executor {
  readonly runtime: VirtualRuntime;
  readonly hops: boolean;
  readonly ownsMacrotask: boolean;
  readonly #scenario: Scenario;
  readonly #outer: VirtualRuntime | null;
  #prepared = false;
  #refusal: UsageError | undefined;

  constructor(run: Run, hops: boolean) {
    this.hops = hops;
    this.ownsMacrotask = hops || batching;
    this.#scenario = run.scenario;
    this.runtime = new VirtualRuntime(run.world, this);
    this.#outer = setActiveRuntime(this.runtime);
    this.runtime.realm = realmRunFor(run, this.runtime);
    // A body runs up to its first `await` before it shows that it is async.
    if (!generatorsOnly.has(run.scenario)) this.prepare();
  }

  prepare(): UsageError | undefined {
    if (!this.#prepared) {
      this.#prepared = true;
      if (!this.hops) this.#refusal = refusal();
      if (this.runtime.realm === undefined) installGlobals();
      else restoreGlobals();
    }
    return this.#refusal;
  }

  end(): void {
    setActiveRuntime(this.#outer);
    this.runtime.close();
    this.runtime.world.close();
    if (this.runtime.hasAsyncBodies) generatorsOnly.delete(this.#scenario);
    else generatorsOnly.add(this.#scenario);
    if (!batching && hopping === 0) restoreGlobals();
  }
}
