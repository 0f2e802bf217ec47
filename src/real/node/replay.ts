import type { FaultName } from '../../sim/kernel/choices.ts';
import { RecordedNetwork } from '../../sim/network/recorded.ts';
import { VirtualClock } from '../../sim/schedule/clock.ts';
import { Departure } from '../../sim/schedule/departure.ts';
import type { Failure } from '../../sim/schedule/failure.ts';
import type { Observer } from '../../sim/schedule/observer.ts';
import { Run, type RunResult } from '../../sim/schedule/run.ts';
import type { Scenario } from '../../sim/schedule/scenario.ts';
import { Replay } from '../../sim/schedule/strategies/replay.ts';
import { Moves, TIMERS } from './moves.ts';
import { type NodeRecording, NUMBERS_A_STEP } from './recording.ts';
import { hasUnseenDeath, letAsyncBodiesRun } from './turn.ts';

/** A recording of a run on Node's sockets again: the same trace, and the same digest. */
export function replayOnNode(
  scenario: Scenario,
  recording: NodeRecording,
  observe: ((run: () => Run) => Observer) | undefined,
): Promise<RunResult> {
  return new RecordingReplay(scenario, recording, observe).replay();
}

class RecordingReplay {
  readonly #recording: NodeRecording;
  readonly #clock: VirtualClock;
  readonly #moves: Moves;
  readonly #run: Run;
  readonly #network: RecordedNetwork;

  constructor(
    scenario: Scenario,
    recording: NodeRecording,
    observe: ((run: () => Run) => Observer) | undefined,
  ) {
    this.#recording = recording;
    this.#clock = new VirtualClock(recording.epochMs);
    this.#moves = new Moves(observe?.(() => this.#run));
    let network: RecordedNetwork | undefined;
    this.#run = new Run(scenario, {
      strategy: new Replay(recording.schedule),
      faults: recording.faults as readonly FaultName[],
      stepsMax: Number.POSITIVE_INFINITY,
      observer: this.#moves,
      digest: true,
      setting: {
        clock: this.#clock,
        network: (world) => {
          network = new RecordedNetwork(recording.upcalls, {
            events: world.events,
            hasHost: (name) => world.hosts.some(({ host }) => host === name),
            mapPorts: recording.mapPorts,
          });
          return network;
        },
        drain: () => {},
      },
    });
    this.#network = network as unknown as RecordedNetwork;
  }

  async replay(): Promise<RunResult> {
    const run = this.#run;
    const { steps, endNs, stopped, digest } = this.#recording;
    run.begin();
    for (let at = 0; at < steps.length; at += NUMBERS_A_STEP) await this.#step(at);
    await this.#prepare();
    const { failure } = run;
    if (failure === undefined && stopped === null && run.canStep) {
      throw this.#departure('the run ends', `${this.#whoCanMove()} can still move`);
    }
    this.#clock.nowNs = endNs;
    const result = run.finish();
    if (result.digest !== digest) {
      throw this.#departure(`a trace with digest ${digest}`, `one with digest ${result.digest}`);
    }
    return stopped === null ? result : { ...result, failure: stopped.failure };
  }

  /** What happened between two steps. */
  async #prepare(): Promise<void> {
    if (this.#run.world.outside.size > 0) await letAsyncBodiesRun(this.#run);
    this.#network.replayUntil(this.#run.stepCount);
  }

  async #step(at: number): Promise<void> {
    const run = this.#run;
    const { steps, texts } = this.#recording;
    const [textIndex, hash, passedNs] = steps.slice(at, at + NUMBERS_A_STEP) as [
      number,
      number,
      number,
    ];
    const expected = texts[textIndex] as string;
    await this.#prepare();
    if (run.failure !== undefined) {
      throw this.#departure(expected, `the run has failed: ${run.failure.message}`);
    }
    this.#clock.nowNs += passedNs;
    const isDue = this.#clock.timers.nextDueNs <= this.#clock.nowNs || hasUnseenDeath(run);
    if (isDue) run.fireDue();
    else if (expected === TIMERS) throw this.#departure(expected, 'no timer is due');
    else if (run.canStep) run.step();
    else throw this.#departure(expected, 'no task can move');
    const error = (run.failure as Failure | undefined)?.error;
    if (error instanceof Departure) throw error;
    const found = this.#moves.taken();
    if (found.text !== expected) throw this.#departureAt(run.stepCount, expected, found.text);
    if (found.hash !== hash) {
      throw this.#departureAt(run.stepCount, expected, `${found.text}, with other contents`);
    }
  }

  #whoCanMove(): string {
    const { ready, events } = this.#run.world;
    return (ready.tasks[0] ?? events.events[0])?.label() ?? '';
  }

  /** At the step that would come next. */
  #departure(expected: string, found: string): Departure {
    return this.#departureAt(this.#run.stepCount + 1, expected, found);
  }

  #departureAt(step: number, expected: string, found: string): Departure {
    return new Departure({ step, expected, found });
  }
}
