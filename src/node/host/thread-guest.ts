import { fileURLToPath } from 'node:url';
import { StillRuns } from '../../sim/schedule/failure.ts';
import type { World } from '../../sim/schedule/world.ts';
import { InternalError, UsageError } from '../../sys/errors.ts';
import type { FromGuest, ToGuest, Wire } from '../wire.ts';
import { debuggingNow } from './debugging.ts';
import type { Guest } from './guest.ts';
import type { GuestThread } from './guest-thread.ts';
import { RunTime } from './run-time.ts';
import { type SpareThreads, threadsFor } from './spare-threads.ts';
import { StandpointWatch } from './standpoint.ts';
import type { Standpoint } from './standpoint-data.ts';

/** A thread that has not started after so long never will. */
const START_MS_MAX = 60_000;
/** Between two looks at the clock while a program is at work. */
const LOOK_MS = 100;
/**
 * Once its time is over, how often it is looked whether it stands in a line of its own: half a
 * minute at least, which only a machine takes that has no time for it.
 */
const STAND_LOOKS_MAX = 6_000;

const NO_BYTES = new Uint8Array(0);

/** What a thread's program is, and how long its run may take. */
export interface ThreadProgram {
  /** As messages call it. */
  readonly name: string;
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  readonly runTimeMs: number;
  /** Its run is told: it has a thread that has run nothing else. */
  readonly told: boolean;
}

/** A program in a thread of its own: own globals, own modules, own end. */
export class ThreadGuest implements Guest {
  readonly #program: ThreadProgram;
  readonly #world: World;
  readonly #threads: SpareThreads;
  readonly #thread: GuestThread;
  #ready = false;
  /** The program waits for what its kernel says. */
  #waits = false;
  /** It stands between two callbacks, and can be asked. */
  #rests = false;
  #stopped = false;
  /** Its time is over: it is asked where it stands. */
  #watch: StandpointWatch | undefined;
  #looksLeft = STAND_LOOKS_MAX;

  constructor(program: ThreadProgram, world: World) {
    this.#program = program;
    this.#world = world;
    this.#threads = threadsFor(program.env);
    this.#thread = this.#threads.take(program.path, program.told);
  }

  get bytes(): Uint8Array {
    return this.#wire.bytes;
  }

  get #wire(): Wire {
    return this.#thread.wire;
  }

  enter(message: ToGuest, bytes: Uint8Array): FromGuest {
    this.#rests = false;
    if (!this.#ready) this.#start();
    const time = RunTime.of(this.#world);
    const { runTimeMs } = this.#program;
    time.enter();
    if (time.exceeds(runTimeMs)) this.#ask();
    this.#waits = false;
    const debugging = debuggingNow();
    if (debugging !== undefined) debugging.control.task = this.#world.running?.id ?? null;
    this.#wire.send(message, bytes);
    for (;;) {
      const said = this.#receive(this.#watch === undefined ? LOOK_MS : 0);
      if (this.#watch !== undefined) this.#lookWhereItStands(time);
      if (said !== undefined) {
        this.#waits = true;
        this.#rests = said.next.is === 'turned' || said.next.is === 'delivered';
        return said;
      }
      if (time.exceeds(runTimeMs)) this.#ask();
    }
  }

  #start(): void {
    const thread = this.#thread;
    if (!thread.isReady) {
      const first = thread.awaitReady(START_MS_MAX);
      if (first === undefined) {
        throw new UsageError(
          `the thread of ${this.#program.path} could not start within ${START_MS_MAX / 1000} seconds: is there memory left for it?`,
        );
      }
      this.#refuse(first);
      if (!thread.isReady) throw new InternalError(`a guest began with ${first.next.is}`);
    }
    RunTime.of(this.#world).follow(thread.number ?? undefined);
    this.#ready = true;
  }

  #receive(timeoutMs: number): FromGuest | undefined {
    const said = this.#wire.receive(timeoutMs) as FromGuest | undefined;
    if (said !== undefined) this.#refuse(said);
    return said;
  }

  #refuse({ next }: FromGuest): void {
    if (next.is === 'refused') throw new UsageError(`${this.#program.path}: ${next.why}`);
  }

  #ask(): void {
    this.#watch ??= new StandpointWatch(this.#thread.threadId);
  }

  #lookWhereItStands(time: RunTime): void {
    const watch = this.#watch as StandpointWatch;
    const found = watch.found;
    if (found === undefined && this.#looksLeft-- > 0) {
      watch.sleep();
      return;
    }
    throw stillRuns(this.#program, found ?? [], time);
  }

  /** The lines at which the program awaits what has not come, where it can say. */
  awaits(nowNs: number): readonly string[] {
    if (!this.#rests || this.#stopped) return [];
    const { next } = this.enter({ nowNs, command: { do: 'tell' } }, NO_BYTES);
    return next.is === 'told' ? next.awaits : [];
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#watch?.stop();
    const renews = this.#waits && this.#watch === undefined && !this.#program.told;
    this.#threads.giveBack(this.#thread, renews ? this.#program.path : undefined);
  }
}

function stillRuns({ name, runTimeMs }: ThreadProgram, at: Standpoint, time: RunTime): StillRuns {
  const frames = at.map(({ functionName, url, line, column }) => {
    const place = `${url.startsWith('file:') ? fileURLToPath(url) : url}:${line}:${column}`;
    return functionName === '' ? place : `${functionName} (${place})`;
  });
  const where =
    frames.length === 0 ? 'in none of its own lines' : `at ${frames.join(', called by ')}`;
  const message = `${name} has not come to an end after ${runTimeMs / 1000} s of real time: it stands ${where}. If it is only slow, give it more with --run-time (runTimeMs)`;
  const stack = [message, ...frames.map((frame) => `    at ${frame}`)].join('\n');
  return new StillRuns(message, stack, time.stepsToTell(runTimeMs));
}
