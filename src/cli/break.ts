import { type Debugger, open, Session, url, waitForDebugger } from 'node:inspector';
import { attempt, replay } from '../sim/explore/attempt.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { Replay } from '../sim/schedule/strategies/replay.ts';
import { isUserScript } from '../sim/schedule/user-frame.ts';
import { HEDDLE } from '../sim/trace/invocation.ts';
import { UsageError } from '../sys/errors.ts';
import { collectSources, type Syscall } from '../sys/syscall.ts';

/**
 * Where a syscall is asked for, in the script that runs (which need not be as the file was
 * written), and for the how-manieth time.
 */
interface Spot {
  readonly script: string;
  /** From 0, as the inspector counts; likewise the column. */
  readonly line: number;
  readonly column: number;
  readonly time: number;
}

export interface BreakOptions {
  readonly step: number;
  /** The debugger's; 0 takes a free one. */
  readonly port: number;
  readonly say: (text: string) => void;
}

/**
 * Replay a schedule in a debugger: the run stops in the user's own code, where it is about to ask
 * for the syscall of a step. Waits for a debugger unless the process has been started with one. To
 * be called in a macrotask of heddle's.
 */
export function breakAt(
  scenario: Scenario,
  decisions: readonly number[],
  { step, port, say }: BreakOptions,
): void {
  const spot = spotOf(scenario, decisions, step);
  if (url() === undefined) open(port, '127.0.0.1');
  say(`attach a debugger: chrome://inspect, or node inspect ${/127[^/]*/.exec(url() ?? '')?.[0]}`);
  waitForDebugger();
  const session = new Session();
  session.connect();
  // A condition is evaluated in the scope of the user's code: what it calls has to be global.
  let times = 0;
  Object.assign(globalThis, { [HOOK]: () => ++times === spot.time });
  session.post('Debugger.enable');
  session.post('Debugger.setBreakpointByUrl', {
    url: spot.script,
    lineNumber: spot.line,
    columnNumber: spot.column,
    condition: `${HOOK}()`,
  } satisfies Debugger.SetBreakpointByUrlParameterType);
  try {
    replay(scenario, decisions, 'clamp');
  } finally {
    session.disconnect();
    Reflect.deleteProperty(globalThis, HOOK);
  }
}

const HOOK = 'heddleIsAtTheStep';

function spotOf(scenario: Scenario, decisions: readonly number[], step: number): Spot {
  const spots: Spot[] = [];
  let steps = 0;
  let wanted: Syscall<unknown> | undefined;
  const pass = (): void => {
    steps++;
  };
  const observer = {
    stepped: (_task: unknown, call: Syscall<unknown>): void => {
      if (++steps === step) wanted = call;
    },
    fired: pass,
    timePassed: pass,
  };
  collectSources(() => String(noteSpot(spots)));
  try {
    attempt(scenario, new Replay(decisions, 'clamp'), { observer });
  } finally {
    collectSources(undefined);
  }
  const spot = spots[Number(wanted?.where ?? -1)];
  if (spot !== undefined) return spot;
  throw new UsageError(refusal(step, steps, wanted !== undefined));
}

function refusal(step: number, steps: number, isTasks: boolean): string {
  if (step > steps) return `the run has ${steps} steps, so it cannot stop at step ${step}`;
  return isTasks
    ? `step ${step} is asked for in another thread, or by none of your lines; ${HEDDLE} debug stops in programs with a thread of their own`
    : `step ${step} is the network's or the clock's, and stands nowhere in your code; take one of a task`;
}

/** Gives the place in the list. */
function noteSpot(spots: Spot[]): number {
  const place = rawPlace();
  if (place === undefined) return -1;
  const time = spots.filter((spot) => isSame(spot, place)).length + 1;
  return spots.push({ ...place, time }) - 1;
}

function isSame(spot: Spot, { script, line, column }: Omit<Spot, 'time'>): boolean {
  return spot.line === line && spot.column === column && spot.script === script;
}

/** The user's place on the stack, before source maps have been applied. */
function rawPlace(): Omit<Spot, 'time'> | undefined {
  const before = Error.prepareStackTrace;
  Error.prepareStackTrace = (_error, sites) => sites;
  const sites = new Error().stack as unknown as readonly NodeJS.CallSite[];
  Error.prepareStackTrace = before;
  for (const site of sites) {
    const script = site.getScriptNameOrSourceURL();
    if (!script || script === import.meta.url || !isUserScript(script)) continue;
    return {
      script,
      line: (site.getLineNumber() ?? 1) - 1,
      column: (site.getColumnNumber() ?? 1) - 1,
    };
  }
  return undefined;
}
