import type { World } from '../../sim/schedule/world.ts';
import { ownThreadNumber, starvedMs, type ThreadNumber } from '../starved.ts';

/**
 * Wall time that the run of a program may take, if nothing else is said, in milliseconds: some ten
 * times what long runs of real servers take, and short enough to be waited for.
 */
export const RUN_TIME_MS = 5_000;
/**
 * Of a run that sleeps on the real machine, so many times as long is waited: it may be the machine
 * that has no time for it.
 */
const ASLEEP_TIMES = 4;
/**
 * What part of its time a run has taken when it is noted how far it has come: enough to see what it
 * does, and little enough for a replay on a machine that has become busy.
 */
const EARLY = 0.04;
/** What takes this part of the time at one go is what does not end. */
const MOST = 0.5;

// Not what stands there while a run goes on, which is virtual.
const now = performance.now.bind(performance);

/**
 * How long a run has taken on the real clock, and whether that is too long. It ends runs that would
 * go on for ever; it decides nothing else.
 *
 * # A busy machine is not held against a program
 * What counts is the wall time without that in which a thread of the run was ready and had no core,
 * or the CPU time of this process where that is less.
 */
export class RunTime {
  readonly #world: World;
  readonly #beganMs = now();
  readonly #beganCpuMs = cpuMs();
  /** Threads of the run, and how long each had been starved when it came to it. */
  readonly #threads = new Map<ThreadNumber, number>();
  #early: number | undefined;
  #enteredMs = 0;

  private constructor(world: World) {
    this.#world = world;
    this.follow(ownThreadNumber());
  }

  /** Of the run of this world; it begins when it is first asked for. */
  static of(world: World): RunTime {
    let time = all.get(world);
    if (time === undefined) {
      time = new RunTime(world);
      all.set(world, time);
    }
    return time;
  }

  /** A thread that works for the run, and at no moment beside another of them. */
  follow(thread: ThreadNumber): void {
    this.#threads.set(thread, starvedMs(thread));
  }

  /** A program's turn begins. */
  enter(): void {
    this.#enteredMs = now();
  }

  /** Whether the run has taken longer than that. */
  exceeds(limitMs: number): boolean {
    const { patience, stepCount } = this.#world;
    const wallMs = (now() - this.#beganMs) / patience;
    if (this.#early === undefined && wallMs >= EARLY * limitMs) this.#early = stepCount;
    if (wallMs < limitMs) return false;
    const givenMs = wallMs - this.#starvedMs() / patience;
    if (givenMs < limitMs) return false;
    const usedMs = (cpuMs() - this.#beganCpuMs) / patience;
    return givenMs >= ASLEEP_TIMES * limitMs || usedMs >= limitMs;
  }

  #starvedMs(): number {
    let sum = 0;
    for (const [thread, before] of this.#threads) sum += starvedMs(thread) - before;
    return sum;
  }

  /**
   * Steps that show what the run is: those before a turn that does not end, or the first ones, as
   * all of them would take as long again.
   */
  stepsToTell(limitMs: number): number {
    const { stepCount } = this.#world;
    return now() - this.#enteredMs >= MOST * limitMs ? stepCount - 1 : (this.#early ?? stepCount);
  }
}

const all = new WeakMap<World, RunTime>();

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
