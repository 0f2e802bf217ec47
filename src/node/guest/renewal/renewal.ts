import type { Internal, Internals } from '../internals.ts';
import { closeLeftovers } from '../leftovers.ts';
import type { GuestLoop } from '../loop.ts';
import { noteProcess } from '../process-state.ts';
import { NodeQueues } from '../queues.ts';
import { realWork } from '../uncontrolled.ts';
import { Agents } from './agents.ts';
import { noteModules } from './module-caches.ts';
import type { Pristine } from './pristine.ts';
import { noteSettings } from './settings.ts';
import { watchShared } from './shared-objects.ts';
import { Traces } from './traces.ts';

const realSetImmediate = setImmediate;
/** Of the real loop: what a program has asked of the machine is done long before. */
const TURNS_MAX = 10_000;

/**
 * A thread that has run a program, made as new for the next run.
 *
 * # Threads: one serves many runs, one after the other
 * What the program has left open is closed in a network that is down; its modules, and those of
 * packages, are forgotten and evaluated again; what it has changed of the globals, of V8's and of
 * Node's own objects is put back. Where something cannot be (a hook, a warning that comes once, an
 * open port), the thread is given up, and the next run has a new one.
 */
export class Renewal {
  readonly #inside: Internals;
  readonly #queues: NodeQueues;
  readonly #traces: Traces;
  readonly #agents: Agents;
  readonly #forgetModules: () => void;
  readonly #restoreSettings: () => void;
  readonly #restoreProcess: () => void;
  readonly #pristine: Pristine;
  readonly #env: Readonly<Record<string, string | undefined>> = { ...process.env };
  /** Async ids, which C++ counts. */
  readonly #countFromFirst: () => void;

  /** When everything is installed, and nothing of a program has run. */
  constructor(inside: Internals) {
    this.#inside = inside;
    this.#queues = new NodeQueues(inside);
    this.#traces = new Traces(inside);
    this.#agents = new Agents(inside);
    this.#forgetModules = noteModules(inside);
    this.#restoreSettings = noteSettings(inside);
    this.#restoreProcess = noteProcess();
    this.#pristine = watchShared(inside);
    const { async_id_fields: fields, constants } = inside.internalBinding('async_wrap');
    const first = fields[constants.kAsyncIdCounter];
    this.#countFromFirst = () => {
      fields[constants.kAsyncIdCounter] = first;
    };
  }

  /**
   * The run of `loop` is over. `done` is told when the thread is as new, or why it cannot be made
   * so; in a turn of the real loop.
   */
  begin(loop: GuestLoop, done: (why: string | undefined) => void): void {
    loop.outlive();
    this.#inside.requireBuiltin('internal/async_hooks').clearAsyncIdStack();
    // Of an error that nobody caught; process.nextTick does nothing while it is set.
    (process as Internal)._exiting = false;
    let turns = 0;
    const look = (): void => {
      this.#close(loop);
      // C++ has immediates of its own, and work for the machine.
      if (turns++ === 0 || (realWork() && turns < TURNS_MAX)) realSetImmediate(look);
      else done(this.#finish(loop));
    };
    look();
  }

  #close(loop: GuestLoop): void {
    closeLeftovers([loop], this.#queues, this.#inside);
  }

  #finish(loop: GuestLoop): string | undefined {
    const inCluster = this.#traces.cluster;
    if (inCluster !== undefined) return inCluster;
    this.#restoreProcess();
    this.#restoreSettings();
    this.#restoreEnv();
    const lost = this.#pristine.restore();
    if (lost !== undefined) return `${lost} cannot be put back`;
    this.#agents.renew();
    this.#close(loop);
    this.#forgetModules();
    this.#clearState();
    const found = realWork()
      ? 'work for the real machine does not end'
      : (this.#agents.found ?? this.#traces.found);
    this.#countFromFirst();
    return found;
  }

  #restoreEnv(): void {
    for (const name of Object.keys(process.env)) {
      if (!(name in this.#env)) delete process.env[name];
    }
    for (const [name, value] of Object.entries(this.#env)) {
      if (process.env[name] !== value) process.env[name] = value;
    }
  }

  /** What Node keeps for a program in places of its own. */
  #clearState(): void {
    performance.clearMarks();
    performance.clearMeasures();
    performance.clearResourceTimings?.();
    // Counts and times by their labels, in maps of Node's own.
    const kept = console as Internal;
    for (const key of ['_times', ...Object.getOwnPropertySymbols(kept)]) {
      if (typeof kept[key]?.clear === 'function') kept[key].clear();
    }
    if (process.hasUncaughtExceptionCaptureCallback()) {
      process.setUncaughtExceptionCaptureCallback(null);
    }
  }
}
