import type { Task } from '../../sim/kernel/task.ts';
import { Run, type RunResult } from '../../sim/schedule/run.ts';
import { setDrainer } from '../../sim/schedule/runtime/drain.ts';
import { type Scenario, scenario } from '../../sim/schedule/scenario.ts';
import { Calm } from '../../sim/schedule/strategies/calm.ts';
import { RandomWalk } from '../../sim/schedule/strategies/random-walk.ts';
import { Replay } from '../../sim/schedule/strategies/replay.ts';
import type { Strategy } from '../../sim/schedule/strategy.ts';
import { parseSchedule } from '../../sim/schedule/text.ts';
import type { Program } from '../../sys/sys.ts';
import { type Chain, Syscall } from '../../sys/syscall.ts';
import { replacePipes } from '../guest/console.ts';
import { install } from '../guest/install.ts';
import { internals } from '../guest/internals.ts';
import { type Door, GuestLoop } from '../guest/loop.ts';
import { Present } from '../guest/present.ts';
import { Timers } from '../guest/timers.ts';
import { realWork } from '../guest/uncontrolled.ts';
import { driveNow } from '../host/drive-now.ts';
import { type LoopExit, type Seen, UvLoop } from '../host/uv-loop.ts';
import type { Answer, Call, FromGuest, LoopEvent, Post } from '../wire.ts';
import { type Callee, DirectGuest } from './direct-guest.ts';
import { keepOuterTimersReal } from './outer-timers.ts';
import { noteInstalled } from './seam.ts';

const realSetImmediate = setImmediate;
/** A program in a realm of its own is bounded by whoever waits for it, not by steps. */
const STEPS_MAX = Number.MAX_SAFE_INTEGER;
/** As late as the timers of a program with a thread of its own. */
const LATE_MS_MAX = 3;

/** Who the program of this thread is. */
const IDENTITY = { hostname: 'localhost', pid: 1000, seed: 1, authority: null };

/** Who decides, and by which numbers. */
export interface SimulationOptions {
  /** Seed of a random walk; undefined: the calm schedule. */
  readonly seed?: number | undefined;
  /** A schedule as text, which is followed instead. */
  readonly schedule?: string | undefined;
}

/** How far a simulation has come. */
export interface Progress {
  readonly steps: number;
  readonly timeMs: number;
  /** Work that nobody controlled, by what it was. */
  readonly uncontrolled: ReadonlyMap<string, number>;
}

/**
 * One host, and the program of this thread on it: both ends of its connections, all of its timers.
 * The kernel runs between the program's own turns of the event loop, one hop (setImmediate) for
 * each iteration of the simulated loop, so that everything a callback has queued has run before the
 * next one comes.
 *
 * # Syscalls inside a callback are no choice
 * A program that is called back cannot be stopped where it asks for something, so others come first
 * only between callbacks. On hosts of their own (nodeProgram, heddle run) they do.
 */
export class Simulation implements Door, Callee {
  readonly run: Run;
  readonly loop: GuestLoop;
  #task: Task | undefined;
  #uv: UvLoop | undefined;
  #program: Program<LoopExit> | undefined;
  /** The loop waits for the rest of its program's turn. */
  #hops = false;
  readonly #seen: Seen = {
    uncontrolled: new Map(),
    exchanges: [],
    said: { out: '', err: '' },
  };
  #pumping = false;
  /** What heddle does next, while it waits for that. */
  #next: NodeJS.Immediate | undefined;
  /** The program has asked for something outside of its turns. */
  #stirred = false;

  constructor(options: SimulationOptions) {
    this.run = new Run(this.#scenario(), {
      strategy: strategyOf(options),
      stepsMax: STEPS_MAX,
      digest: true,
    });
    const { epochMs } = this.run.world.clock;
    this.loop = new GuestLoop(internals(), this, { ...IDENTITY, epochMs });
    this.loop.ends = false;
    // Node's loader reads what it reads before any kernel runs; this program's start cannot be told
    // from outside.
    this.loop.started = true;
  }

  #scenario(): Scenario {
    return scenario(
      'a program in its own realm',
      (world) => {
        // Its event loop is driven from here, and never ends by itself.
        const never = (): Promise<never> => new Promise(() => {});
        world.process('program').spawn('program', never, { daemon: false });
      },
      { network: { splits: false }, stepsMax: STEPS_MAX },
    );
  }

  /** Put the simulated network, time and randomness in their places. */
  begin(): void {
    const { world } = this.run;
    this.run.strategy.begin();
    // What async code has queued runs between turns, as it does in any program.
    setDrainer({ drain: () => {} });
    this.run.begin();
    const [task] = world.tasks;
    this.#task = task as Task;
    const uv = new UvLoop(
      this.#task,
      new DirectGuest(this),
      { lateMsMax: LATE_MS_MAX },
      this.#seen,
    );
    this.#uv = uv;
    this.#program = uv.run({ do: 'finish' });
    this.#advance(undefined);
    world.lookOutside();
    while (!this.#hops) this.run.step();
    this.#install();
    replacePipes(this.loop.internals);
    keepOuterTimersReal();
    this.loop.stirred = () => this.#stir();
    this.loop.keptAlive = () => this.#keepAlive();
  }

  #install(): void {
    const { loop } = this;
    const present = new Present();
    loop.timers = new Timers(loop);
    loop.timers.takeOver();
    present.main = loop;
    present.timers = loop.timers;
    install(loop.internals, present);
    // The runner's timers are on the real clock already.
    noteInstalled({ internals: loop.internals, present, outer: () => {} });
  }

  get progress(): Progress {
    const { stepCount, world } = this.run;
    return {
      steps: stepCount,
      timeMs: world.nowMs,
      uncontrolled: this.#seen.uncontrolled,
    };
  }

  /** The run so far is all of it. */
  finish(): RunResult {
    return this.run.finish();
  }

  // ---- the program's side ----

  call(posts: readonly Post[], call: Call, bytes: Uint8Array = NO_BYTES): Answer {
    const uv = this.#uv as UvLoop;
    if (posts.length > 0) this.#now(uv.posts(posts));
    const answer = this.#now(uv.call(call, bytes));
    this.#stir();
    return answer;
  }

  leave(_posts: readonly Post[], next: FromGuest['next']): never {
    throw new Error(`a program of this thread ends by itself, not with ${next.is}`);
  }

  #now<T>(program: Program<T>): T {
    return driveNow(program, this.#perform);
  }

  readonly #perform = (call: Syscall<unknown>): unknown =>
    this.run.callWithin(this.#task as Task, call);

  /** Something was asked for: the kernel's side has to look at it, if it sleeps. */
  #stir(): void {
    this.#stirred = true;
    if (this.#pumping) return;
    this.#pumping = true;
    // The first turn begins before anything was polled for.
    this.#later(() => (this.#hops ? this.#finishTurn() : this.#pump()));
  }

  /** In a macrotask of its own, unless Node finds that nothing is left. */
  #later(callback: () => void): void {
    this.#next = realSetImmediate(() => {
      this.#next = undefined;
      callback();
    });
    this.#keepAlive();
  }

  /**
   * Node runs no immediate that is unreferenced once nothing else is left, so heddle's must not
   * hold the loop where the program does not.
   */
  #keepAlive(): void {
    // It must not be counted itself.
    this.#next?.unref();
    if (this.loop.alive || realWork()) this.#next?.ref();
  }

  // ---- the kernel's side ----

  /**
   * Go on with the loop's program: up to its next syscall, which is posted, or to where it needs
   * the real event loop.
   */
  #advance(answer: unknown): void {
    const { value } = (this.#program as Program<LoopExit>).next(answer);
    if (!(value instanceof Syscall)) {
      this.#hops = true;
      return;
    }
    // As if it were awaited: the answer comes to the chain.
    value.value = this.#chain;
    (this.#task as Task).post(value, this.#chain);
  }

  /** How the loop's program hears of its syscalls. */
  readonly #chain = {
    settle: (_call: unknown, result: unknown) => this.#advance(result),
    fail: (error: unknown) => {
      throw error;
    },
  } as unknown as Chain;

  /**
   * In a macrotask: steps of the kernel, and callbacks of the program, until it needs the real
   * event loop or nothing can happen.
   */
  #pump(): void {
    this.#pumping = true;
    const { world } = this.run;
    if (this.#stirred) this.#hear();
    for (;;) {
      if (world.outside.size > 0) world.lookOutside();
      if (this.#hops) {
        this.#hop();
        return;
      }
      if (this.run.canStep) this.run.step();
      else if (!this.loop.alive || realWork() || !this.run.advanceTime()) break;
    }
    this.#pumping = false;
    // What is under way outside comes back by itself; then it is asked for again.
    if (realWork()) this.#stir();
  }

  /** What was said between turns takes effect, and a loop that sleeps wakes up. */
  #hear(): void {
    this.#stirred = false;
    const uv = this.#uv as UvLoop;
    this.#now(uv.posts(this.loop.takePosts()));
    if (!this.#hops) uv.wake();
  }

  deliver(nowNs: number, event: LoopEvent, bytes: Uint8Array): Omit<FromGuest, 'next'> {
    this.loop.clock.nowNs = nowNs;
    this.loop.deliver(event, bytes);
    return this.#said();
  }

  /** The rest of the program's turn: immediates that wait already come before this one. */
  #hop(): void {
    this.loop.check();
    this.#later(() => this.#finishTurn());
  }

  #finishTurn(): void {
    this.#hops = false;
    this.loop.clock.nowNs = this.run.world.clock.nowNs;
    const end = this.loop.finish();
    this.#advance({ ...this.#said(), next: { is: 'turned', end } });
    this.#pump();
  }

  #said(): Omit<FromGuest, 'next'> {
    this.#stirred = false;
    return { posts: this.loop.takePosts(), spentNs: this.loop.clock.spend() };
  }
}

const NO_BYTES = new Uint8Array(0);

function strategyOf({ seed, schedule }: SimulationOptions): Strategy {
  if (schedule !== undefined) return new Replay(parseSchedule(schedule).decisions, 'clamp');
  return seed === undefined ? new Calm() : new RandomWalk(seed, 1);
}
