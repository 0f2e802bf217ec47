import type { Network } from '../../sim/kernel/network.ts';
import { LAW_NO_LIVELOCK } from '../../sim/schedule/judge.ts';
import type { Observer } from '../../sim/schedule/observer.ts';
import { Run, type RunResult } from '../../sim/schedule/run.ts';
import type { Scenario } from '../../sim/schedule/scenario.ts';
import type { Strategy } from '../../sim/schedule/strategy.ts';
import { InternalError, UsageError } from '../../sys/errors.ts';
import { Arrival } from '../arrival.ts';
import { RealClock } from '../clock.ts';
import { type Journal, JournalWriter, NO_JOURNAL } from './journal.ts';
import { LinuxKernel } from './kernel.ts';
import { type Libc, loadLibc } from './libc.ts';
import { LinuxMachine } from './machine.ts';
import { recordedLibc } from './recorded-libc.ts';
import { type LinuxRecording, recordingOf } from './recording.ts';

/** How a scenario is run on Linux itself. @since 0.1.0 */
export interface LinuxRunOptions {
  /**
   * Who moves next among those that can; draws the scenario's inputs too. Default: {@link Arrival}.
   */
  readonly strategy?: Strategy;
  /** A run that takes longer has a livelock. Default: 10 s of real time. */
  readonly timeMsMax?: number;
  /** A run longer than this has a livelock. Default: a million steps. */
  readonly stepsMax?: number;
  /** So long nothing may happen before no task can move any more. Default: 200 ms. */
  readonly idleMsMax?: number;
  /** So long daemons may work on with their timers once everything else has ended. Default: 1 s. */
  readonly settleMsMax?: number;
  /** Fixed ports of the scenario stand for free ones. Default: true. */
  readonly mapPorts?: boolean;
  /**
   * Where ports are not mapped: the machine's IPv4 address that the first host of the scenario has;
   * 0.0.0.0 is every interface. Default: 127.0.0.1.
   */
  readonly address?: string;
  /** Ends the run: laws are judged no more, and every descriptor is closed. Default: none. */
  readonly signal?: AbortSignal;
  /**
   * Run until `signal` says otherwise, however long that is and whoever has ended: for servers.
   * Default: false.
   */
  readonly untilAborted?: boolean;
  /** Write the run down; it is not to be ended by a signal then. Default: false. */
  readonly record?: boolean;
  /** Makes an observer of the run, which it is handed once there is one. Default: none. */
  readonly observe?: (run: () => Run) => Observer;
}

/**
 * Between looks at what the real kernel has ready, while somebody can move anyway: at least so many
 * steps, and one for each task that sleeps, because a look costs as much as there are.
 */
const STEPS_PER_LOOK_MIN = 8;
/** Under constant load Node's own event loop gets its turn after so many steps. */
const STEPS_PER_TURN = 4096;
/** Loopback traffic of daemons has come to rest after so long. */
const QUIET_MS = 10;
/** The longest sleep in poll(2): Node's own event loop wants its turn. */
const SLICE_MS = 50;

/**
 * Run a scenario on Linux itself: every socket, pipe, eventfd and epoll is real, on loopback. Laws
 * are judged as in a simulated run; faults and virtual time do not exist here. Throws a UsageError
 * where libc cannot be reached.
 *
 * ```ts
 * const { failure } = await runOnLinux(echo, { timeMsMax: 5000 });
 * ```
 *
 * @since 0.1.0
 */
export async function runOnLinux(
  scenario: Scenario,
  options: LinuxRunOptions = {},
): Promise<LinuxRunResult> {
  const { record = false, signal } = options;
  if (record && signal !== undefined) {
    throw new UsageError(
      'a run on Linux that a signal may end is not recorded; take one of the two',
    );
  }
  const journal = record ? new JournalWriter() : undefined;
  const own = await loadLibc();
  const libc = journal === undefined ? own : recordedLibc(own, journal);
  const linux = new LinuxRun(scenario, options, libc, journal ?? NO_JOURNAL);
  try {
    await linux.drive();
    const aborted = signal?.aborted === true && linux.run.failure === undefined;
    const result = linux.run.finish();
    const recording = journal && recordingOf(linux.run, result, options, journal.pages);
    return { ...result, ...(aborted ? { failure: undefined } : {}), recording };
  } finally {
    linux.dispose();
  }
}

/** How a run on Linux ended. @since 0.2.0 */
export interface LinuxRunResult extends RunResult {
  /** If it was asked for: what {@link replayRecording} takes. */
  readonly recording: LinuxRecording | undefined;
}

/** A run, its machine and its clock. */
export class LinuxRun {
  readonly run: Run;
  readonly #machine: LinuxMachine;
  readonly #clock: RealClock;
  readonly #options: LinuxRunOptions;

  /** @param libc as the journal has it */
  constructor(scenario: Scenario, options: LinuxRunOptions, libc: Libc, journal: Journal) {
    const machine = new LinuxMachine(libc, options, journal);
    const clock = new RealClock((what, read) => journal.told(what, read));
    const strategy = options.strategy ?? new Arrival();
    strategy.begin();
    const observer = options.observe?.(() => this.run);
    this.#machine = machine;
    this.#clock = clock;
    this.#options = options;
    this.run = new Run(scenario, {
      strategy,
      ...(observer === undefined ? {} : { observer }),
      faults: [],
      digest: true,
      stepsMax: options.stepsMax ?? 1_000_000,
      setting: {
        clock,
        network: () => NO_NETWORK,
        drain: () => {},
        kernel: (host, world) => new LinuxKernel(host, world, machine),
      },
    });
  }

  async drive(): Promise<void> {
    this.run.begin();
    await new Driver(this.run, this.#machine, this.#clock, this.#options).drive();
  }

  /** Closes all that is open. */
  dispose(): void {
    for (const kernel of this.run.world.hosts) {
      for (const process of kernel.processes) process.exit(0);
    }
    this.#machine.dispose();
  }
}

/** Turns real time and real readiness into steps. */
class Driver {
  readonly #run: Run;
  readonly #machine: LinuxMachine;
  readonly #clock: RealClock;
  readonly #timeMsMax: number;
  readonly #stepsMax: number;
  readonly #idleMsMax: number;
  readonly #settleMsMax: number;
  readonly #signal: AbortSignal | undefined;
  readonly #untilAborted: boolean;
  #endedMs = -1;
  /** Since Node's event loop had its turn. */
  #steps = 0;

  constructor(run: Run, machine: LinuxMachine, clock: RealClock, options: LinuxRunOptions) {
    this.#run = run;
    this.#machine = machine;
    this.#clock = clock;
    this.#signal = options.signal;
    this.#untilAborted = options.untilAborted ?? false;
    const forever = Number.POSITIVE_INFINITY;
    this.#timeMsMax = options.timeMsMax ?? (this.#untilAborted ? forever : 10_000);
    this.#stepsMax = options.stepsMax ?? (this.#untilAborted ? forever : 1_000_000);
    this.#idleMsMax = options.idleMsMax ?? 200;
    this.#settleMsMax = options.settleMsMax ?? 1000;
  }

  get #nowMs(): number {
    return this.#clock.nowNs / 1e6;
  }

  async drive(): Promise<void> {
    const run = this.#run;
    this.#clock.look();
    let idleSinceMs = this.#nowMs;
    while (run.failure === undefined && run.stepCount < this.#stepsMax) {
      if (this.#signal?.aborted) return;
      this.#clock.look();
      if (this.#nowMs > this.#timeMsMax) {
        this.#tooLong();
        return;
      }
      if (this.#clock.timers.nextDueNs <= this.#clock.nowNs) run.fireDue();
      if (run.world.outside.size > 0) {
        await nextTurn();
        run.fireDue();
      }
      if (run.canStep) {
        await this.#stepForAWhile();
        this.#clock.look();
        idleSinceMs = this.#nowMs;
        continue;
      }
      const waitMs = this.#waitMs(idleSinceMs);
      if (waitMs < 0) return;
      this.#machine.look(run.world.outside.size > 0 ? 0 : Math.ceil(Math.min(SLICE_MS, waitMs)));
      await nextTurn();
    }
  }

  /** A few steps, and a look at what the real kernel has ready for the tasks that sleep. */
  async #stepForAWhile(): Promise<void> {
    const run = this.#run;
    const machine = this.#machine;
    let steps = 0;
    const stepsMax = Math.max(STEPS_PER_LOOK_MIN, machine.sleepers);
    while (steps < stepsMax && run.canStep && run.failure === undefined) {
      if (steps > 0) this.#clock.look();
      run.step();
      steps++;
      if (run.world.outside.size > 0 || run.stepCount >= this.#stepsMax) break;
    }
    machine.look(0);
    this.#steps += steps;
    if (this.#steps < STEPS_PER_TURN) return;
    this.#steps = 0;
    await nextTurn();
  }

  /** How long it makes sense to wait for something to happen; negative when it no longer does. */
  #waitMs(idleSinceMs: number): number {
    const nowMs = this.#nowMs;
    const dueMs = Math.min(this.#clock.timers.nextDueNs, this.#machine.nextRetryNs) / 1e6;
    const { world } = this.#run;
    if (this.#untilAborted) return Math.max(0, dueMs - nowMs);
    if (world.allEnded) {
      if (this.#endedMs < 0) this.#endedMs = nowMs;
      if (dueMs > this.#endedMs + this.#settleMsMax) return idleSinceMs + QUIET_MS - nowMs;
    } else if (dueMs === Number.POSITIVE_INFINITY) {
      return idleSinceMs + this.#idleMsMax - nowMs;
    }
    return Math.max(0, dueMs - nowMs);
  }

  #tooLong(): void {
    const names = this.#run.world.tasks
      .filter((task) => task.state === 'alive' && !this.#run.world.isDaemon(task))
      .map((task) => task.name);
    this.#run.failure = {
      kind: 'livelock',
      law: LAW_NO_LIVELOCK,
      message: `the run did not end within ${this.#timeMsMax} ms of real time: ${names.join(', ') || 'only daemons'} had not ended; raise timeMsMax if the scenario is that long`,
      step: this.#run.stepCount,
      task: names[0],
      signature: `livelock/${names.sort().join(',')}`,
    };
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const notHere = (): never => {
  throw new InternalError('a real socket went to the simulated network');
};

/** Stands where a simulated network would: real sockets never ask it. */
export const NO_NETWORK: Network = {
  bind: notHere,
  listen: notHere,
  unlisten: notHere,
  connect: notHere,
  abortConnect: notHere,
  disconnected: notHere,
  released: notHere,
  describe: () => [],
};
