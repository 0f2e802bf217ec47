/**
 * The process of a run that is debugged: it runs the same schedule as often as it is told to, each
 * time up to where it is told. It is asked and stopped through its inspector, by a thread of its
 * own (relay-thread.ts): while the run stands in a debugger, this one does nothing else.
 */
import { Worker } from 'node:worker_threads';
import { CONTROL, DebugControl, type Goal, makeBoard, tell } from '../../node/debug-control.ts';
import { type Debugging, debugPrograms } from '../../node/host/debugging.ts';
import { threadSource } from '../../node/host/guest-source.ts';
import { replay } from '../../sim/explore/attempt.ts';
import type { Observer } from '../../sim/schedule/observer.ts';
import type { Run } from '../../sim/schedule/run.ts';
import { inMacrotask } from '../../sim/schedule/runtime/execute.ts';
import { UsageError } from '../../sys/errors.ts';
import { OP } from '../../sys/ops.ts';
import { collectSources } from '../../sys/syscall.ts';
import { stackOf, tellable, thrownText } from '../../sys/thrown.ts';
import { type FoundRun, findRun } from '../find-run.ts';
import { checkDebuggable } from './debuggable.ts';
import type { DebugOrder, Outline, Told } from './outline.ts';
import { asksOf, outlineRun } from './outline-run.ts';
import { taskNow } from './task-now.ts';

/** A promise, and what settles it. */
class Awaited<T> {
  settle: (value: T) => void = () => {};
  readonly promise: Promise<T> = new Promise((resolve) => {
    this.settle = resolve;
  });
}

/** What the adapter asks the scenario's realm for. */
class Conductor extends DebugControl {
  #run: Run | undefined;
  readonly #connection = new Awaited<void>();
  readonly #following = new Awaited<void>();
  #wanted = new Awaited<Goal>();

  /** Settled once the adapter is there. */
  get connected(): Promise<void> {
    return this.#connection.promise;
  }

  connect(): void {
    this.#connection.settle();
  }

  /** Settled once the adapter hears of each thread that comes. */
  get followed(): Promise<void> {
    return this.#following.promise;
  }

  follow(): void {
    this.#following.settle();
  }

  /** Run it, from its beginning. The inspector may say so between any two statements. */
  run(goal: Goal): void {
    this.#wanted.settle(goal);
  }

  /** The next run begins, once one is wanted. */
  async next(): Promise<void> {
    const goal = await this.#wanted.promise;
    this.#wanted = new Awaited();
    this.begin(goal);
  }

  watch(run: Run): void {
    this.#run = run;
  }

  override get task(): number | null {
    return taskNow(this.#run);
  }

  override set task(id: number | null) {
    super.task = id;
  }
}

/** What the user's code prints is told, in its place among all that is told. */
function tellPrinted(control: Conductor): void {
  for (const stream of [process.stdout, process.stderr]) {
    const isError = stream === process.stderr;
    const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      if (!control.isSilent) tell({ what: 'printed', text, isError } satisfies Told);
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
    say: (text) => tell({ what: 'printed', text: `${text}\n`, isError: false } satisfies Told),
  });
}

async function debug(order: DebugOrder, debugging: Debugging, control: Conductor): Promise<void> {
  const run = await find(order);
  control.isSilent = true;
  const found = await inMacrotask(run);
  const known = await inMacrotask(() => outlineRun(found));
  tell({ what: 'found' } satisfies Told);
  await control.followed;
  debugPrograms(debugging);
  const asks = await inMacrotask(() => asksOf(found, debugging));
  const outline: Outline = { ...known, asks };
  control.isSilent = false;
  tell({ what: 'ready', outline } satisfies Told);
  // Whoever looks at a run holds it up.
  const { options } = found.scenario;
  const patience = Number.POSITIVE_INFINITY;
  const scenario = { ...found.scenario, options: { ...options, patience } };
  for (;;) {
    await control.next();
    await inMacrotask(() => goThrough({ ...found, scenario }, control));
    control.end();
    tell({ what: 'ended' } satisfies Told);
  }
}

/** Programs tell what they ask for where somebody hears of it; what they print is a syscall. */
function hearing(control: Conductor): Observer {
  return {
    told: () => {},
    stepped: (_task, { op, a0: fd, data }) => {
      if (op !== OP.write || (fd !== 1 && fd !== 2) || control.isSilent) return;
      const text = Buffer.from(data as Uint8Array).toString();
      tell({ what: 'printed', text, isError: fd === 2 } satisfies Told);
    },
  };
}

function goThrough({ scenario, decisions }: FoundRun, control: Conductor): void {
  collectSources(() => {
    control.asks();
    return '';
  });
  try {
    const watch = (run: Run): void => control.watch(run);
    replay(scenario, decisions, 'clamp', { watch, observer: hearing(control) });
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
const board = makeBoard();
const control = new Conductor(board);
const debugging: Debugging = { control, board, keepsThreads: false };
Object.assign(globalThis, { [CONTROL]: control });
const relay = new Worker(source, { ...options, stdout: true, stderr: true });
relay.on('error', (error) => process.stderr.write(`${stackOf(error)}\n`));
await control.connected;
tellPrinted(control);
try {
  await debug(JSON.parse(process.argv[2] as string) as DebugOrder, debugging, control);
} catch (error) {
  tell({ what: 'refused', message: refusalOf(tellable(error)) } satisfies Told);
}
