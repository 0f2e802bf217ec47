/**
 * The process of a run that is debugged: it runs the same schedule as often as it is told to, each
 * time up to where it is told. It is asked and stopped through its inspector, by a thread of its
 * own (relay-thread.ts): while the run stands in a debugger, this one does nothing else.
 */
import { Worker } from 'node:worker_threads';
import { threadSource } from '../../node/host/guest-source.ts';
import { replay } from '../../sim/explore/attempt.ts';
import { unhurried } from '../../sim/explore/with-world.ts';
import type { Run } from '../../sim/schedule/run.ts';
import { inMacrotask } from '../../sim/schedule/runtime/execute.ts';
import { UsageError } from '../../sys/errors.ts';
import { collectSources } from '../../sys/syscall.ts';
import { stackOf, tellable, thrownText } from '../../sys/thrown.ts';
import { type FoundRun, findRun } from '../find-run.ts';
import { checkDebuggable } from './debuggable.ts';
import { CONTROL, type DebugOrder, type Goal, type Hit, TELL, type Told } from './outline.ts';
import { outlineRun } from './outline-run.ts';
import { taskNow } from './task-now.ts';

/** The binding of the inspector: it is there once the adapter is. */
function tell(told: Told): void {
  const binding = Reflect.get(globalThis, TELL) as (text: string) => void;
  binding(JSON.stringify(told));
}

/** A promise, and what settles it. */
class Awaited<T> {
  settle: (value: T) => void = () => {};
  readonly promise: Promise<T> = new Promise((resolve) => {
    this.settle = resolve;
  });
}

/** What stops the run: asked by the run itself at each syscall and each breakpoint. */
class Control {
  /** What is evaluated in a stopped run is no part of it. */
  isAside = false;
  /** Nothing that is printed is told. */
  isSilent = false;
  #goal: Goal | undefined;
  #asks = 0;
  #hits: Hit[] = [];
  /** How often each breakpoint has been passed since the last that was asked for. */
  readonly #times = new Map<string, number>();
  #run: Run | undefined;
  readonly #connection = new Awaited<void>();
  #wanted = new Awaited<Goal>();

  /** Settled once the adapter is there. */
  get connected(): Promise<void> {
    return this.#connection.promise;
  }

  connect(): void {
    this.#connection.settle();
  }

  /** Run it, from its beginning. The inspector may say so between any two statements. */
  run(goal: Goal): void {
    this.#wanted.settle(goal);
  }

  /** The run that stands goes on to there. */
  aim(goal: Goal): void {
    this.#goal = goal;
    this.isSilent = goal.isSilent;
  }

  /** The next run that is wanted, once there is one. */
  async next(): Promise<void> {
    const goal = await this.#wanted.promise;
    this.#wanted = new Awaited();
    this.#asks = 0;
    this.#hits = [];
    this.#times.clear();
    this.aim(goal);
  }

  watch(run: Run): void {
    this.#run = run;
  }

  end(): void {
    this.#goal = undefined;
    this.isSilent = false;
    tell({ what: 'ended', hits: this.#hits });
  }

  /** The user's code, right above, asks for a syscall or for a service. */
  asks(): void {
    if (this.isAside || this.#goal === undefined) return;
    if (++this.#asks !== this.#goal.ask) return;
    tell({ what: 'asks', ask: this.#asks });
    // biome-ignore lint/suspicious/noDebugger: to stop here is what this is for
    debugger;
  }

  /** How far it has come, and in whose code it is. */
  get standpoint(): Pick<Hit, 'asks' | 'task'> {
    return { asks: this.#asks, task: taskNow(this.#run) };
  }

  /** The condition of a breakpoint: whether to stop. */
  passes(breakpoint: string): boolean {
    const goal = this.#goal;
    if (this.isAside || goal === undefined) return false;
    const { asks, task } = this.standpoint;
    if (this.#hits.at(-1)?.asks !== asks) this.#times.clear();
    const time = (this.#times.get(breakpoint) ?? 0) + 1;
    this.#times.set(breakpoint, time);
    const hit = { breakpoint, asks, time, task };
    const count = this.#hits.push(hit);
    const stops = goal.hit === 'every' || goal.hit === count;
    if (stops) tell({ what: 'hit', hit });
    return stops;
  }
}

/** What the user's code prints is told, in its place among all that is told. */
function tellPrinted(control: Control): void {
  for (const stream of [process.stdout, process.stderr]) {
    const isError = stream === process.stderr;
    const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      if (!control.isSilent) tell({ what: 'printed', text, isError });
      const done = rest.at(-1);
      if (typeof done === 'function') process.nextTick(done);
      return true;
    };
    Object.assign(stream, { write });
  }
}

/** The run that is wanted, with everything imported. */
function find({ what, file, trust }: DebugOrder): Promise<() => FoundRun> {
  checkDebuggable(what);
  return findRun({
    ...{ what, file, trust, byName: false, splits: false },
    ...{ faults: undefined, latency: undefined },
    say: (text) => tell({ what: 'printed', text: `${text}\n`, isError: false }),
  });
}

async function debug(order: DebugOrder, control: Control): Promise<void> {
  const run = await find(order);
  control.isSilent = true;
  const [found, outline] = await inMacrotask(() => {
    const found = run();
    return [found, outlineRun(found)] as const;
  });
  control.isSilent = false;
  tell({ what: 'ready', outline });
  // Whoever looks at a run holds it up.
  const scenario = unhurried(found.scenario);
  for (;;) {
    await control.next();
    await inMacrotask(() => goThrough({ ...found, scenario }, control));
    control.end();
  }
}

function goThrough({ scenario, decisions }: FoundRun, control: Control): void {
  collectSources(() => {
    control.asks();
    return '';
  });
  try {
    replay(scenario, decisions, 'clamp', { watch: (run) => control.watch(run) });
  } finally {
    collectSources(undefined);
  }
}

/** A mistake of heddle's comes with its stack. */
function refusalOf(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(thrownText(error));
  if (error instanceof UsageError || name === 'Departure') return message;
  return stackOf(error) ?? message;
}

const { source, options } = threadSource('cli/debug/relay-thread');
const control = new Control();
Object.assign(globalThis, { [CONTROL]: control });
const relay = new Worker(source, { ...options, stdout: true, stderr: true });
relay.on('error', (error) => process.stderr.write(`${stackOf(error)}\n`));
await control.connected;
tellPrinted(control);
try {
  await debug(JSON.parse(process.argv[2] as string) as DebugOrder, control);
} catch (error) {
  tell({ what: 'refused', message: refusalOf(tellable(error)) });
}
