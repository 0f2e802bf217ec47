import { InternalError, UsageError } from '../../sys/errors.ts';
import { OP, type Op } from '../../sys/ops.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { BLOCKED } from '../kernel/calls/handler.ts';
import {
  FAULT_FIRST,
  FAULT_NAMES,
  type FaultName,
  faultBit,
  KIND,
  type Kind,
  type Labelled,
} from '../kernel/choices.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Network } from '../kernel/network.ts';
import type { PendingCall } from '../kernel/pending-call.ts';
import type { ReadyList } from '../kernel/ready.ts';
import type { Task } from '../kernel/task.ts';
import type { EnvironmentEvent, EventList } from '../network/events.ts';
import { VirtualNetwork } from '../network/virtual.ts';
import { buildWorld } from './build-world.ts';
import { VirtualClock } from './clock.ts';
import { Digest } from './digest.ts';
import type { Failure } from './failure.ts';
import {
  deadlockFailure,
  deathFailure,
  floatingFailure,
  lawFailure,
  livelockFailure,
  outsideFailure,
  stuckFailure,
  unusedFailure,
} from './judge.ts';
import type { Observer } from './observer.ts';
import { drainNow } from './runtime/drain.ts';
import { faultsOf, type Scenario } from './scenario.ts';
import type { ChoicePoint, Strategy } from './strategy.ts';
import { stuckTasks } from './stuck.ts';
import { Tape } from './tape.ts';
import { type Law, World } from './world.ts';

/** A run longer than this is a livelock, not a test. */
export const STEPS_MAX_DEFAULT = 20_000;
/**
 * So many steps in a row a task may take under the calm choice before it is another's turn: calm is
 * fair.
 */
const TURN_STEPS_MAX = 200;
/**
 * So many steps without any sleep, and time passes although somebody could move: a spinning task
 * does not stop the clock.
 */
const SPIN_STEPS_MAX = 2_000;
/** How often the fault `slow` lets time pass in a run, at most. */
const SLOW_MAX = 16;
/** Work takes so long at most: what comes due later than that does not come due early. */
const SLOW_NS_MAX = 1e9;
const SLOW_FAULT: Labelled = { label: () => 'fault slow' };
const SLOW: Labelled = { label: () => 'the next timer' };

/** Virtual time that daemons are given to settle once everything else has ended. */
const SETTLE_NS = 5e9;
/**
 * How often a fault that strikes meanwhile gives them as much again: a server that looks for room
 * once a second needs a second for each. Not for ever: there are daemons that never rest.
 */
const SETTLES_MAX = 16;

/** What surrounds a run: its clock, its network, and how async bodies are drained. */
export interface RunSetting {
  readonly clock: Clock;
  readonly network: (world: World) => Network;
  readonly drain: () => void;
  /** Makes the kernel of a host. Default: the simulated one. */
  readonly kernel?: (host: string, world: World) => Kernel;
}

/** How one run is made. @since 0.1.0 */
export interface RunOptions {
  /** Makes the decisions. */
  readonly strategy: Strategy;
  /** Faults that may be drawn. Default: the scenario's own. */
  readonly faults?: readonly FaultName[];
  /** A run longer than this is a livelock. Default: the scenario's own, or 20,000. */
  readonly stepsMax?: number;
  /** Is told of every step. Default: nobody is. */
  readonly observer?: Observer;
  /**
   * Hash the trace: for who compares runs. A replay gives the digest of any run later. Default:
   * false.
   */
  readonly digest?: boolean;
  /**
   * Each syscall has a record of its own, so that one that is asked for a second time is found
   * however late that is. Default: where somebody looks
   * on, an observer or a strategy that is told of every step; else a record is used again once its
   * answer is taken.
   */
  readonly fresh?: boolean;
  /** Default: virtual time, the scenario's virtual network. */
  readonly setting?: RunSetting;
}

/** How a run ended. @since 0.1.0 */
export interface RunResult {
  /** Undefined if every law held. */
  readonly failure: Failure | undefined;
  /** Steps that were made. */
  readonly steps: number;
  /** Decisions taken, calm ones included. */
  readonly decisions: number;
  /** The decisions up to the last that was not calm. */
  readonly schedule: number[];
  /** Hash of the trace, 16 hexadecimal digits; for runs that were asked for it. */
  readonly digest: string;
  /** Virtual time at the end. */
  readonly timeMs: number;
  /** The laws that were stated, and of what should be met whether it was in this run. */
  readonly laws: readonly Pick<Law, 'when' | 'text' | 'fulfilled'>[];
  /** The faults that have fired, as {@link faultBit}s. */
  readonly struck: number;
  /** The states that TCP sockets have been in, as bits by the numbers of {@link SEEN}. */
  readonly socketsSeen: number;
}

/** One execution of a scenario under one schedule: the step loop. */
export class Run implements ChoicePoint {
  readonly scenario: Scenario;
  readonly world: World;
  private readonly ready: ReadyList;
  private readonly events: EventList;
  readonly tape: Tape = new Tape();
  readonly strategy: Strategy;
  private readonly digest: Digest | undefined;
  private readonly observer: Observer | undefined;
  private readonly virtual: VirtualClock | undefined;
  private readonly stepsMax: number;
  private hasLaws = false;
  private lawCount = 0;
  private readonly always: Law[] = [];
  private readonly eventually: Law[] = [];
  private readonly sometimes: Law[] = [];
  /** The faults that have fired, as their bits. */
  private struck = 0;
  failure: Failure | undefined;
  stepCount = 0;
  /** Syscalls that were made in the middle of steps. */
  private withinCount = 0;
  /** The task that moved last. */
  current: Task | null = null;
  /** Whether the strategy wants to be told of every step. */
  private readonly tells: boolean;
  private turnSteps = 0;
  private spinSteps = 0;
  private mustYield = false;
  /** When the last task that has to end had ended, or a fault has struck since; -1 before. */
  private endedNs = -1;
  /** So often a fault may still move that. */
  private settlesLeft = SETTLES_MAX;
  /** So often the fault `slow` may still let time pass; 0 where it is not active. */
  private slowLeft = 0;
  /** Whether it is active is drawn when there is first a timer that could come due early. */
  private slowDrawn = true;
  private readonly namesFaults: boolean;
  private ended = false;

  constructor(scenario: Scenario, options: RunOptions) {
    this.scenario = scenario;
    this.strategy = options.strategy;
    this.tells = options.strategy.moves !== undefined;
    this.observer = options.observer;
    this.digest = options.digest === true ? new Digest() : undefined;
    this.stepsMax = options.stepsMax ?? scenario.options.stepsMax ?? STEPS_MAX_DEFAULT;
    const { setting } = options;
    this.virtual = setting === undefined ? new VirtualClock() : undefined;
    this.namesFaults = (options.faults ?? scenario.options.faults) !== undefined;
    const faults = this.drawFaults(options.faults ?? faultsOf(scenario));
    const networkOptions = { mode: 'adversarial' as const, ...scenario.options.network };
    let virtualNetwork: VirtualNetwork | undefined;
    this.world = new World({
      clock: setting?.clock ?? (this.virtual as VirtualClock),
      faults,
      network:
        setting?.network ??
        ((world) => {
          virtualNetwork = new VirtualNetwork(networkOptions, {
            clock: world.clock,
            choices: world,
            events: world.events,
            recording: options.observer !== undefined,
            tap: options.observer?.tap,
          });
          return virtualNetwork;
        }),
      drain: setting?.drain ?? drainNow,
      fresh: options.fresh ?? (this.tells || options.observer !== undefined),
      steps: () => this.stepCount,
      patience: scenario.options.patience ?? 1,
      decide: (kind, arity, about) => this.decide(kind, arity, about),
      callWithin: (task, call) => this.callWithin(task, call),
      observer: options.observer,
      hostAdded: (name) => virtualNetwork?.addHost(name),
      ...(setting?.kernel === undefined ? {} : { kernel: setting.kernel }),
    });
    this.ready = this.world.ready;
    this.events = this.world.events;
  }

  private drawFaults(names: readonly FaultName[]): number {
    let faults = 0;
    for (const name of names) {
      if (!FAULT_NAMES.includes(name)) {
        throw new UsageError(`there is no fault "${name}"; there are: ${FAULT_NAMES.join(', ')}`);
      }
      if (name === 'slow') {
        this.slowDrawn = this.virtual === undefined;
        continue;
      }
      const label = (): string => `fault ${name}`;
      if (this.decide(KIND.swarm, 2, { label }) === 1) faults |= faultBit(KIND[name]);
    }
    return faults;
  }

  private faultStruck(kind: Kind): void {
    this.struck |= faultBit(kind);
    if (this.endedNs < 0 || this.settlesLeft === 0) return;
    this.settlesLeft--;
    this.endedNs = this.world.clock.nowNs;
  }

  // ---- the one door ----

  decide(kind: Kind, arity: number, about?: Labelled): number {
    const choice = this.strategy.choose(kind, arity, this, about);
    if (!(choice >= 0 && choice < arity)) {
      throw new InternalError(`strategy ${this.strategy.name} chose ${choice} of ${arity}`);
    }
    this.tape.push(choice);
    if (choice !== 0 && kind >= FAULT_FIRST) this.faultStruck(kind);
    if (this.observer !== undefined) {
      const taken = kind === KIND.step ? this.alternative(choice) : undefined;
      this.observer.decided?.(kind, arity, choice, about, taken);
    }
    return choice;
  }

  /**
   * Who would move by alternative `index` of a `step` decision: first the current task while it may
   * run on (the calm choice), then what the surroundings may do, then the other tasks.
   */
  alternative(index: number): Task | EnvironmentEvent {
    const place = this.placeOf(index);
    const { ready, events } = this;
    return (place < 0 ? events.events[-1 - place] : ready.tasks[place]) as Task | EnvironmentEvent;
  }

  /**
   * Where an alternative stands: its place in the ready list, or -1 minus its place in the list of
   * events.
   */
  private placeOf(index: number): number {
    const { ready, events } = this;
    const place = this.current === null ? -1 : this.current.readyIndex;
    if (place >= 0 && !this.givesWay) {
      if (index === 0) return place;
      if (index <= events.count) return -index;
      const offset = index - events.count;
      return offset <= place ? offset - 1 : offset;
    }
    if (index < events.count) return -1 - index;
    // After one that had to yield come its neighbours, in turn, and itself last.
    const offset = index - events.count + (place + 1);
    return offset < ready.count ? offset : offset - ready.count;
  }

  get moverCount(): number {
    return this.ready.count + this.events.count;
  }

  get tasks(): readonly Task[] {
    return this.world.tasks;
  }

  /** The calm choice is not the task that moved last, although it may move. */
  private get givesWay(): boolean {
    return this.mustYield || this.current?.turnOver === true;
  }

  get yielded(): boolean {
    return this.givesWay && (this.current as Task).readyIndex >= 0;
  }

  // ---- the step loop ----

  /** Whether anything can happen without time going on. */
  get canStep(): boolean {
    return this.moverCount > 0;
  }

  /** The last step, as it is told: there, what is called in the middle of one is one itself. */
  get stepTold(): number {
    return this.stepCount + this.withinCount;
  }

  get over(): boolean {
    return this.failure !== undefined || this.ended;
  }

  /** Build the world and run every task up to its first syscall. */
  begin(): void {
    this.build();
    while (this.world.startNext());
    this.look();
  }

  private build(): void {
    buildWorld(this.scenario, this.world);
    this.takeLaws();
  }

  /** Those that have been stated since it was asked last: a running body may state some too. */
  private takeLaws(): void {
    const { laws } = this.world;
    for (; this.lawCount < laws.length; this.lawCount++) {
      const law = laws[this.lawCount] as Law;
      if (law.when === 'always') this.always.push(law);
      else if (law.when === 'eventually') this.eventually.push(law);
      else if (law.when === 'sometimes') this.sometimes.push(law);
    }
    this.hasLaws = this.always.length + this.eventually.length + this.sometimes.length > 0;
  }

  step(): void {
    const place = this.choosePlace();
    if (place < 0) this.fire(this.events.events[-1 - place] as EnvironmentEvent);
    else this.moveTask(this.ready.tasks[place] as Task);
    this.look();
  }

  /** Who moves: its place among the ready tasks, or -1 minus its place among the events. */
  private choosePlace(): number {
    const n = this.moverCount;
    const choice = n === 1 ? 0 : this.decide(KIND.step, n);
    this.stepCount++;
    this.spinSteps++;
    const place = this.placeOf(choice);
    if (this.tells) this.strategy.moves?.(this.alternative(choice), this);
    this.mustYield = false;
    return place;
  }

  /** What has come of the step? */
  private look(): void {
    const { world } = this;
    if (world.outside.size > 0) world.lookOutside();
    if (this.lawCount < world.laws.length) this.takeLaws();
    if (this.hasLaws || world.deaths.length > 0) this.judge();
  }

  private fire(event: EnvironmentEvent): void {
    if (this.digest !== undefined) {
      this.digest.mix(-1);
      this.digest.mixText(event.contents());
    }
    if (this.observer === undefined) {
      event.fire();
      return;
    }
    const happening = event.happening();
    const label = event.label();
    event.fire();
    this.observer.fired?.(label, happening);
  }

  private moveTask(task: Task): void {
    const call = task.call as PendingCall;
    const { op } = call;
    const result = this.perform(task, call);
    if (result === BLOCKED) return;
    task.body?.resume(task, call, result);
    this.moved(task, op);
  }

  /**
   * The kernel's side of a syscall. Gives BLOCKED if the task does not go on, and else leaves it
   * running.
   */
  private perform(task: Task, call: PendingCall): unknown {
    if (task === this.current) this.turnSteps++;
    else {
      this.current = task;
      this.turnSteps = 1;
    }
    if (call === null) throw new InternalError(`${task.name} is ready without a syscall`);
    task.beginTurn();
    const { kernel } = task.process;
    let result: unknown;
    try {
      result = kernel.move(task, call);
    } catch (error) {
      // A syscall that is not simulated, or asked for in a way that no kernel knows: the program
      // hears of it where it asked.
      if (!(error instanceof UsageError)) throw error;
      task.error = error;
      task.end('died');
      return BLOCKED;
    }
    if (this.observer !== undefined) this.observer.stepped?.(task, call, result);
    if (result === BLOCKED) {
      this.digest?.mix(task.id);
      this.spinSteps = 0;
      return BLOCKED;
    }
    if (this.digest !== undefined) this.mix(this.digest, task, call, result);
    kernel.settle(task, call);
    return result;
  }

  /**
   * A syscall in the middle of a step, for programs that cannot be stopped where they ask: it is
   * carried out at once, and may not sleep. Gives the kernel's raw answer.
   */
  callWithin(task: Task, call: Syscall<unknown>): unknown {
    this.withinCount++;
    const result = task.process.kernel.within(task, call);
    if (this.observer !== undefined) this.observer.stepped?.(task, call, result);
    if (this.digest !== undefined) this.mix(this.digest, task, call, result);
    return result;
  }

  private mix(digest: Digest, task: Task, call: Syscall<unknown>, result: unknown): void {
    const told = call.opaque === true ? presenceOf(result) : result;
    digest.step(task.id, call.op, call.a0, told);
  }

  /** The task's code has come to a stop after a call with the number `op`. */
  private moved(task: Task, op: Op): void {
    const { world } = this;
    world.running = null;
    world.posted(task);
    if (task.readyIndex < 0) this.spinSteps = 0;
    else if (op === OP.schedYield || this.turnSteps >= TURN_STEPS_MAX) this.mustYield = true;
  }

  /**
   * No task can move: let time go on to the next timer. False when there is none, or none that
   * matters any more.
   */
  advanceTime(): boolean {
    if (!this.forwardTime()) return false;
    this.fireDue();
    return true;
  }

  private forwardTime(): boolean {
    const { world } = this;
    const { timers } = world.clock;
    const dueNs = timers.nextDueNs;
    if (dueNs === Number.POSITIVE_INFINITY) return false;
    if (this.endedNs < 0 && world.allEnded) this.endedNs = world.clock.nowNs;
    if (this.endedNs >= 0 && dueNs > this.endedNs + SETTLE_NS) return false;
    (this.virtual as VirtualClock).nowNs = Math.max(dueNs, world.clock.nowNs);
    return true;
  }

  /**
   * Whether time passes although somebody could move, as on a machine on which work takes time: up
   * to the next timer, and not too often.
   */
  private isSlow(): boolean {
    const { world } = this;
    const { timers, nowNs } = world.clock;
    if (timers.nextDueNs - nowNs > SLOW_NS_MAX) return false;
    // Node's timers have a lateness of their own, and a network that is quick.
    if (world.endsWithBody && world.unsettled.length === 0 && !this.namesFaults) return false;
    if (!this.slowDrawn) {
      this.slowDrawn = true;
      this.slowLeft = this.decide(KIND.swarm, 2, SLOW_FAULT) * SLOW_MAX;
    }
    if (this.slowLeft === 0 || this.decide(KIND.slow, 2, SLOW) === 0) return false;
    this.slowLeft--;
    return true;
  }

  /** Fire every timer that is due now, in order; they wake tasks and make events possible. */
  fireDue(): void {
    this.timePassed();
    while (this.fireNextDue());
    this.look();
  }

  private timePassed(): void {
    const { nowNs } = this.world.clock;
    this.stepCount++;
    this.spinSteps = 0;
    this.digest?.mix(Math.floor(nowNs / 1000) | 0);
    this.observer?.timePassed?.(nowNs);
  }

  private fireNextDue(): boolean {
    const { timers, nowNs } = this.world.clock;
    const timer = timers.popDue(nowNs);
    timer?.target.expire(timer);
    return timer !== undefined;
  }

  /** After each step: has a task died, is a law broken? */
  private judge(): void {
    const { world } = this;
    if (world.deaths.length > 0) {
      this.failure = deathFailure(world, world.deaths[0] as Task, this.stepTold);
      return;
    }
    if (this.always.length > 0) {
      for (const law of this.always) {
        this.failure = lawFailure(law, this.stepTold, this.current);
        if (this.failure !== undefined) return;
      }
    }
    if (this.eventually.length > 0) this.fulfil(this.eventually);
    if (this.sometimes.length > 0) this.fulfil(this.sometimes);
  }

  private fulfil(laws: readonly Law[]): void {
    for (const law of laws) {
      if (!law.fulfilled) law.fulfilled = lawFailure(law, this.stepCount, null) === undefined;
    }
  }

  /** Whether it goes on: nothing has failed, and there are steps left. */
  private get goesOn(): boolean {
    const { failure, stepCount, stepsMax, world } = this;
    return failure === undefined && stepCount < stepsMax && !(world.endsWithBody && world.allEnded);
  }

  /** Somebody can move, and has not been spinning for so long that time should pass. */
  private get mayStep(): boolean {
    if (!this.canStep || this.spinSteps >= SPIN_STEPS_MAX) return false;
    return (this.slowDrawn && this.slowLeft === 0) || !this.isSlow();
  }

  /** To the end, without ever giving way to the runtime's event loop. */
  execute(): RunResult {
    this.begin();
    while (this.goesOn) {
      if (this.mayStep) this.step();
      else if (this.advanceTime()) continue;
      else if (this.canStep) this.step();
      else break;
    }
    return this.finish();
  }

  /**
   * {@link execute}, giving way to the event loop with `settle` wherever that drains async
   * bodies in place (drain.ts): after a start, between the kernel's side of a syscall and the
   * task's, and after each callback.
   */
  async executeHopping(settle: () => Promise<void>): Promise<RunResult> {
    this.build();
    while (this.world.startNext()) await settle();
    this.look();
    while (this.goesOn) {
      if (this.mayStep) await this.stepHopping(settle);
      else if (this.forwardTime()) {
        this.timePassed();
        while (this.fireNextDue()) await settle();
        this.look();
      } else if (this.canStep) await this.stepHopping(settle);
      else break;
    }
    return this.finish();
  }

  private async stepHopping(settle: () => Promise<void>): Promise<void> {
    const place = this.choosePlace();
    if (place < 0) {
      this.fire(this.events.events[-1 - place] as EnvironmentEvent);
      await settle();
    } else {
      const task = this.ready.tasks[place] as Task;
      const call = task.call as PendingCall;
      const { op } = call;
      const result = this.perform(task, call);
      await settle();
      if (result !== BLOCKED) {
        task.body?.resume(task, call, result);
        await settle();
        this.moved(task, op);
      }
    }
    this.look();
  }

  /** The run is over: judge what can only be judged now. */
  finish(): RunResult {
    this.ended = true;
    this.tape.close();
    const { digest, tape, world } = this;
    const floating = world.runtime?.floating();
    if (floating !== undefined && floating.length > 0) {
      this.failure ??= floatingFailure(floating[0], this.stepTold);
    }
    this.fulfil(this.sometimes);
    this.failure ??= unusedFailure(world, this.stepTold) ?? this.finalFailure();
    this.strategy.end({
      failed: this.failure !== undefined,
      steps: this.stepCount,
      decisions: tape.length,
    });
    return {
      failure: this.failure,
      steps: this.stepCount,
      decisions: tape.length,
      get schedule() {
        return tape.schedule();
      },
      get digest() {
        if (digest === undefined) throw new InternalError('this run was asked for no digest');
        return digest.toString();
      },
      timeMs: world.nowMs,
      laws: world.laws.map(({ when, text, fulfilled }) => ({ when, text, fulfilled })),
      struck: this.struck,
      socketsSeen: world.socketsSeen,
    };
  }

  private finalFailure(): Failure | undefined {
    const { world } = this;
    const cutShort = this.stepCount >= this.stepsMax;
    if (cutShort && this.canStep) return livelockFailure(world, this.stepsMax, this);
    const waiting = world.tasks.filter((task) => task.state === 'alive' && !world.isDaemon(task));
    const outside = world.tasks.filter((task) => task.outside && task.state === 'alive');
    if (outside.length > 0) return outsideFailure(world, outside, this.stepTold);
    const unfulfilled = this.eventually.find((law) => !law.fulfilled);
    if (waiting.length > 0) {
      if (cutShort && Number.isFinite(world.clock.timers.nextDueNs)) {
        return livelockFailure(world, this.stepsMax, this);
      }
      return deadlockFailure(world, waiting, unfulfilled, this.stepTold);
    }
    const stuck = cutShort ? [] : stuckTasks(world.tasks);
    if (stuck.length > 0) return stuckFailure(stuck, this.stepTold);
    if (unfulfilled !== undefined) {
      const failure = lawFailure(unfulfilled, this.stepTold, null);
      if (failure !== undefined) return failure;
    }
    for (const law of world.laws) {
      if (law.when !== 'finally') continue;
      const failure = lawFailure(law, this.stepTold, null);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }
}

/**
 * All that is told of opaque contents: whether there were any. Not how many bytes: an ECDSA
 * signature has 70 to 72.
 */
function presenceOf(result: unknown): unknown {
  const length = result instanceof Uint8Array ? result.length : result;
  return typeof length === 'number' && length > 0 ? 1 : length;
}
