import type { FaultName } from '../../sim/kernel/choices.ts';
import type { Failure } from '../../sim/schedule/failure.ts';
import { LAW_NO_LIVELOCK, waitText } from '../../sim/schedule/judge.ts';
import type { Observer } from '../../sim/schedule/observer.ts';
import { Run, type RunResult } from '../../sim/schedule/run.ts';
import type { Scenario } from '../../sim/schedule/scenario.ts';
import type { Strategy } from '../../sim/schedule/strategy.ts';
import type { World } from '../../sim/schedule/world.ts';
import { Arrival } from '../arrival.ts';
import { RealClock } from '../clock.ts';
import { NodeNetwork } from './network.ts';
import { type NodeRecording, RecordingWriter } from './recording.ts';
import { hasUnseenDeath, letAsyncBodiesRun, turn } from './turn.ts';

/** How a scenario is run on real sockets. @since 0.1.0 */
export interface NodeRunOptions {
  /**
   * Who moves next among those that can; draws the scenario's inputs too. Default: {@link Arrival}.
   */
  readonly strategy?: Strategy;
  /** Faults of the kernel that may be drawn (the network makes its own). Default: none. */
  readonly faults?: readonly FaultName[];
  /** A run that takes longer has a livelock. Default: 10 s of real time. */
  readonly timeMsMax?: number;
  /** A run longer than this has a livelock. Default: no bound but time. */
  readonly stepsMax?: number;
  /**
   * So long what is on its way may take to arrive, before it counts as lost and no task can move
   * any more. Default: 1 s.
   */
  readonly idleMsMax?: number;
  /** So long daemons may work on with their timers once everything else has ended. Default: 1 s. */
  readonly settleMsMax?: number;
  /**
   * Ports of the scenario stand for free ones of the machine, and nothing but the world itself can
   * be reached. Without, they are the machine's own. Default: true.
   */
  readonly mapPorts?: boolean;
  /**
   * Where ports are the machine's own: its address that the scenario's servers listen on, whatever
   * they bind; 0.0.0.0 is every interface. Default: 127.0.0.1.
   */
  readonly address?: string;
  /** Ends the run: laws are judged no more, and every socket is closed. Default: none. */
  readonly signal?: AbortSignal;
  /**
   * Run until `signal` says otherwise, however long that is and whoever has ended: for servers.
   * Default: false.
   */
  readonly untilAborted?: boolean;
  /** Write the run down. Default: false. */
  readonly record?: boolean;
  /** Makes an observer of the run, which it is handed once there is one. Default: none. */
  readonly observe?: (run: () => Run) => Observer;
}

/** How a run on Node's sockets ended. @since 0.2.0 */
export interface NodeRunResult extends RunResult {
  /** It was ended by its signal. */
  readonly aborted: boolean;
  /** If it was asked for: what {@link replayRecording} takes. */
  readonly recording: NodeRecording | undefined;
}

/** Long for a test, and short for whoever waits for one that hangs. */
const TIME_MS_MAX = 10_000;
/** Loopback answers within a millisecond; a loaded machine may take some hundred of them. */
const IDLE_MS_MAX = 1000;
/** Likewise for what is still under way when everybody has ended. */
const SETTLE_MS_MAX = 1000;
/** Nothing is on its way, as far as the world knows: after so long it is believed. */
const QUIET_MS = 5;
/** Daemons that never sleep are left to it after so long. */
const SPIN_MS = 100;
/** Between looks at what the machine has ready, while somebody can move anyway. */
const STEPS_PER_TURN = 256;
/** How often async bodies that wait for something outside are looked after. */
const OUTSIDE_MS = 2;
/** setTimeout takes no more. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/**
 * Run a scenario on real sockets: the simulated kernel with node:net as its network and the
 * machine's clock. Laws are judged as in a simulated run. When this resolves, every socket is
 * closed again.
 *
 * ```ts
 * const { failure, recording } = await runOnNode(echo, { record: true });
 * ```
 *
 * @since 0.1.0
 */
export async function runOnNode(
  scenario: Scenario,
  options: NodeRunOptions = {},
): Promise<NodeRunResult> {
  const driver = new Driver(scenario, options);
  try {
    await driver.drive();
    return driver.finish();
  } finally {
    await driver.network.close();
  }
}

/** Turns what happens on the machine into steps. */
class Driver {
  readonly network: NodeNetwork;
  readonly #run: Run;
  readonly #clock: RealClock = new RealClock();
  readonly #writer: RecordingWriter | undefined;
  readonly #faults: readonly FaultName[];
  readonly #mapPorts: boolean;
  readonly #address: string | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #untilAborted: boolean;
  readonly #timeMsMax: number;
  readonly #stepsMax: number;
  readonly #idleMsMax: number;
  readonly #settleMsMax: number;
  /** When something was last heard from the network. */
  #newsMs = 0;
  /** When somebody last moved. */
  #movedMs = 0;
  /** When everything that has to end had ended; -1 before. */
  #endedMs = -1;
  #wake: (() => void) | null = null;

  constructor(scenario: Scenario, options: NodeRunOptions) {
    this.#faults = options.faults ?? [];
    this.#mapPorts = options.mapPorts ?? true;
    this.#address = options.address;
    this.#signal = options.signal;
    this.#untilAborted = options.untilAborted ?? false;
    const forever = Number.POSITIVE_INFINITY;
    this.#timeMsMax = options.timeMsMax ?? (this.#untilAborted ? forever : TIME_MS_MAX);
    this.#stepsMax = options.stepsMax ?? forever;
    this.#idleMsMax = options.idleMsMax ?? IDLE_MS_MAX;
    this.#settleMsMax = options.settleMsMax ?? SETTLE_MS_MAX;
    const watcher = options.observe?.(() => this.#run);
    this.#writer = options.record === true ? new RecordingWriter(watcher) : undefined;
    const observer = this.#writer?.moves ?? watcher;
    const strategy = options.strategy ?? new Arrival();
    strategy.begin();
    let network: NodeNetwork | undefined;
    this.#run = new Run(scenario, {
      strategy,
      faults: this.#faults,
      stepsMax: this.#stepsMax,
      digest: true,
      ...(observer === undefined ? {} : { observer }),
      setting: {
        clock: this.#clock,
        network: (world) => {
          network = this.#makeNetwork(world);
          return network;
        },
        drain: () => {},
      },
    });
    this.network = network as unknown as NodeNetwork;
    this.network.onReport = () => this.#wake?.();
  }

  #makeNetwork(world: World): NodeNetwork {
    return new NodeNetwork({
      events: world.events,
      hasHost: (name) => world.hosts.some(({ host }) => host === name),
      mapPorts: this.#mapPorts,
      ...(this.#address === undefined ? {} : { address: this.#address }),
    });
  }

  get #nowMs(): number {
    return this.#clock.nowNs / 1e6;
  }

  get #aborted(): boolean {
    return this.#signal?.aborted ?? false;
  }

  async drive(): Promise<void> {
    const run = this.#run;
    run.begin();
    for (let steps = 1; run.failure === undefined; steps++) {
      const isTurn = steps % STEPS_PER_TURN === 0;
      if (isTurn) await turn();
      if (run.world.outside.size > 0) await letAsyncBodiesRun(run);
      if (this.#aborted || run.stepCount >= this.#stepsMax) return;
      this.#clock.look();
      const upcalls = this.network.admit();
      if (upcalls.length > 0) this.#newsMs = this.#nowMs;
      this.#writer?.admitted(run.stepCount, upcalls);
      if (this.#nowMs > this.#timeMsMax) {
        run.failure = this.#tooLong();
        return;
      }
      if (isTurn && this.#isEnding && this.#isSpinning) return;
      if (!this.#move()) {
        const waitMs = this.#waitMs();
        if (waitMs <= 0) return;
        await this.#wait(waitMs);
      }
    }
  }

  /** One step, if there is one to take. */
  #move(): boolean {
    const run = this.#run;
    const { nowNs, timers } = this.#clock;
    const isDue = timers.nextDueNs <= nowNs && this.#matters(timers.nextDueNs / 1e6);
    if (isDue || hasUnseenDeath(run)) run.fireDue();
    else if (run.canStep) run.step();
    else return false;
    this.#writer?.stepped(nowNs);
    this.#movedMs = this.#nowMs;
    return true;
  }

  /** Whether all have ended that have to. */
  get #isEnding(): boolean {
    if (this.#untilAborted || !this.#run.world.allEnded) return false;
    if (this.#endedMs < 0) this.#endedMs = this.#nowMs;
    return true;
  }

  /** Whether a timer still has to be waited for. */
  #matters(dueMs: number): boolean {
    return this.#endedMs < 0 || dueMs <= this.#endedMs + this.#settleMsMax;
  }

  /** How much longer to wait for what is on its way, if nothing has happened since `sinceMs`. */
  #restMs(sinceMs: number): number {
    const { foreignCount, isMoving } = this.network;
    const restMs = isMoving || foreignCount > 0 ? this.#idleMsMax : QUIET_MS;
    return sinceMs + restMs - this.#nowMs;
  }

  /** Whether daemons go on and on although there is no news for them. */
  get #isSpinning(): boolean {
    return this.#restMs(Math.max(this.#newsMs, this.#endedMs) + SPIN_MS) <= 0;
  }

  /** How long it makes sense to wait for something to happen; 0 or less when it no longer does. */
  #waitMs(): number {
    const nowMs = this.#nowMs;
    const leftMs = this.#timeMsMax + 1 - nowMs;
    const restMs = this.#restMs(Math.max(this.#newsMs, this.#movedMs));
    const dueMs = this.#clock.timers.nextDueNs / 1e6;
    const isOutside = this.#run.world.outside.size > 0;
    let waitMs: number;
    if (this.#isEnding) waitMs = this.#matters(dueMs) ? dueMs - nowMs : restMs;
    else if (Number.isFinite(dueMs)) waitMs = dueMs - nowMs;
    else if (isOutside || this.#untilAborted || this.network.foreignCount > 0) waitMs = leftMs;
    else waitMs = restMs;
    return Math.min(waitMs, leftMs, isOutside ? OUTSIDE_MS : Number.POSITIVE_INFINITY);
  }

  /**
   * Until something happens, but at most so long; then to the end of that turn, so that all of it
   * is heard of.
   */
  #wait(timeMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        if (this.#wake === null) return;
        this.#wake = null;
        clearTimeout(timer);
        this.#signal?.removeEventListener('abort', done);
        setImmediate(resolve);
      };
      const timer = timeMs > TIMEOUT_MS_MAX ? undefined : setTimeout(done, Math.ceil(timeMs));
      this.#wake = done;
      this.#signal?.addEventListener('abort', done);
    });
  }

  #tooLong(): Failure {
    const { world, stepCount } = this.#run;
    const left = world.tasks.filter((task) => task.state === 'alive' && !world.isDaemon(task));
    const able = world.ready.tasks.slice(0, world.ready.count);
    const waiting = left.filter((task) => !able.includes(task));
    const parts = [
      ...able.map((task) => `${task.name} could still move`),
      ...waiting.map((task) => `${task.name} waited ${waitText(task)}`),
    ];
    return {
      kind: 'livelock',
      law: LAW_NO_LIVELOCK,
      message: `the run did not end within ${this.#timeMsMax} ms of real time: ${parts.join(', ') || 'only daemons were left'}; raise timeMsMax if the scenario is that long`,
      step: stepCount,
      task: (able[0] ?? left[0])?.name,
      signature: `livelock/${(able.length > 0 ? able : left)
        .map(({ name }) => name)
        .sort()
        .join(',')}`,
    };
  }

  finish(): NodeRunResult {
    const run = this.#run;
    const aborted = this.#aborted && run.failure === undefined;
    const result = run.finish();
    const failure = aborted ? undefined : result.failure;
    return {
      ...result,
      failure,
      aborted,
      recording: this.#writer?.finish(run, result, {
        epochMs: this.#clock.epochMs,
        mapPorts: this.#mapPorts,
        faults: this.#faults,
        stopped: aborted || failure?.kind === 'livelock' ? { failure } : null,
      }),
    };
  }
}
