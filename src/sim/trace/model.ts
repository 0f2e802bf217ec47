/**
 * A run as plain data: what the viewer draws and what other tools are given. JSON all through, and
 * the same bytes for the same run. Steps are numbered from 1, as in reports; lanes and decisions by
 * their places in their lists.
 */
export interface TraceModel {
  readonly scenario: string;
  /** Whether it is a failure that was found, or a run without one. */
  readonly failure: TraceFailure | null;
  readonly schedule: string;
  /** Hash of the trace. */
  readonly digest: string;
  /** Inputs that the scenario drew and that are not the simplest. */
  readonly given: readonly string[];
  /** Faults that were active. */
  readonly faults: readonly string[];
  readonly lanes: readonly Lane[];
  readonly steps: readonly Step[];
  readonly spans: readonly Span[];
  readonly arrows: readonly Arrow[];
  readonly decisions: readonly Decision[];
  readonly alternatives: readonly Alternative[];
  /** What Node programs have asked each other and databases, as far as heddle can read it. */
  readonly exchanges: readonly AskedExchange[];
  /**
   * Of a failure: the passing run that takes the fewest other decisions; null where nobody has
   * looked, or found one.
   */
  readonly nearest: NearestRun | null;
  readonly state: StateLog;
}

/** A passing run beside the failing one: all rows of both, in the order of each. */
export interface NearestRun {
  /** What is decided otherwise, in words: `a moves at step 2 instead of b`. */
  readonly changed: readonly string[];
  readonly schedule: string;
  /** Steps that it has. */
  readonly steps: number;
  readonly rows: readonly PairedRow[];
}

/** A row of two runs side by side: a step that both took, or one that only one of them did. */
export interface PairedRow {
  /** The step of the failing run. */
  readonly here: number | null;
  /** The step of the passing one. */
  readonly there: number | null;
  readonly who: string;
  readonly did: string;
  readonly result: string;
}

/** A request as one end of its connection has seen it. */
export interface AskedExchange {
  readonly kind: 'request' | 'query';
  readonly lane: number;
  /** `GET /seats/7`. */
  readonly text: string;
  /** The step in which it was sent, or read whole. */
  readonly step: number;
  /** That in which the answer was read, or sent; null while there is none. */
  readonly answered: number | null;
}

export interface TraceFailure {
  readonly kind: string;
  readonly law: string;
  readonly message: string;
  readonly step: number;
  /** The user's line at which it showed. */
  readonly at: string | null;
}

/** A task. */
export interface Lane {
  readonly name: string;
  readonly process: string;
  readonly pid: number;
  /** Who has forked its process; null for one that the scenario itself made. */
  readonly parentPid: number | null;
  readonly host: string;
  /** It begins within this step; 0 for those that the scenario itself starts. */
  readonly born: number;
  /** It ends within this step; null if it never did. */
  readonly ended: number | null;
  /** How it ended. */
  readonly died: boolean;
}

export interface Step {
  readonly timeMs: number;
  /** The task that moved; for an arrival, the task it is for; null for what concerns none. */
  readonly lane: number | null;
  readonly kind: StepKind;
  /** The syscall's name; empty for what is no task's. */
  readonly call: string;
  /** The descriptor, or other number, that it is about; null for what is no task's. */
  readonly fd: number | null;
  /**
   * What came: `data`, `SYN`, `ACK`, `FIN`, `RST`, `refused`, `datagram`, `signal`, `service`,
   * `other`.
   */
  readonly arrives: string;
  readonly did: string;
  readonly result: string;
  /** The user's line, as `src/server.ts:22:11`; empty where it is not known. */
  readonly where: string;
  /**
   * By which lines, behind that, it came there: the innermost first, a line each, with the
   * function's name behind a tab.
   */
  readonly callers: string;
  /** What a Node program did between it and its next: timers that fired; empty where nothing. */
  readonly after: string;
  /** Housekeeping of a Node program's event loop, and what arrives for it: no line of its code. */
  readonly isPlumbing: boolean;
}

/**
 * `call`: a syscall that came back; `sleep`: one that only fell asleep; `arrival`: the network's;
 * `service`: a call of a service begins or answers; `time`: goes on.
 */
export type StepKind = 'call' | 'sleep' | 'arrival' | 'service' | 'time';

/**
 * How a task is between two steps of the run: from the end of step `from` to the end of step `to`.
 */
export interface Span {
  readonly lane: number;
  readonly from: number;
  readonly to: number;
  readonly status: SpanStatus;
  /** The syscall that it asks for: `recv fd 5`. */
  readonly call: string;
  /** Its name: `recv`. */
  readonly name: string;
}

/**
 * `ready`: it may move; `asleep`: its syscall cannot go on; `outside`: it awaits something that is
 * not heddle's.
 */
export type SpanStatus = 'ready' | 'asleep' | 'outside';

/** One step is a cause of another. */
export interface Arrow {
  readonly kind: ArrowKind;
  readonly from: number;
  /** Later than `from`. */
  readonly to: number;
  readonly text: string;
}

/**
 * `message`: bytes, a SYN, FIN or RST, from who sent them to their arrival, and from there to who
 * reads them; `wake`: whose doing it is that a task may move again; `ready`: an arrival that a
 * select, poll or epoll_wait tells of; `spawn`: a birth; `memory`: a value written, a lock let go;
 * `reuse`: a descriptor number given back, and given out again or used all the same.
 */
export type ArrowKind = 'message' | 'wake' | 'ready' | 'spawn' | 'memory' | 'reuse';

export interface Decision {
  /** The step it belongs to: taken before or within it. */
  readonly step: number;
  /** `step`, `deliver`, `latency`, `reset`, … */
  readonly kind: string;
  readonly about: string;
  readonly arity: number;
  /** 0 is the calm one. */
  readonly choice: number;
  /** Whether the failure needs it; null where it is calm, and where nobody has looked. */
  readonly matters: boolean | null;
}

/** A road at a decision: the one taken, or one of those that were not. */
export interface Alternative {
  readonly decision: number;
  readonly choice: number;
  readonly text: string;
  /**
   * Where it leads when calm goes on after it; null for the one taken, and where nobody has looked.
   */
  readonly outcome: 'passes' | 'same failure' | 'another failure' | null;
  /** The length of that run. */
  readonly steps: number;
  /** Of another failure. */
  readonly message: string;
}

/**
 * The kernel's whole state after each step, as changes: of each step a list of (key, value) pairs,
 * by their places; value -1 takes the key away. Entry 0 is the state before step 1. A key is
 * `section TAB subject TAB field`.
 */
export interface StateLog {
  readonly keys: readonly string[];
  readonly values: readonly string[];
  readonly changes: readonly (readonly number[])[];
}

/** What the state holds, by key. */
export type State = ReadonlyMap<string, string>;

/** The state after `step`. */
export function stateAfter({ keys, values, changes }: StateLog, step: number): State {
  const state = new Map<number, number>();
  for (let i = 0; i <= step && i < changes.length; i++) {
    const change = changes[i] as readonly number[];
    for (let j = 0; j < change.length; j += 2) {
      const key = change[j] as number;
      const value = change[j + 1] as number;
      if (value < 0) state.delete(key);
      else state.set(key, value);
    }
  }
  return new Map(
    [...state].map(([key, value]) => [keys[key] as string, values[value] as string] as const),
  );
}

/**
 * The steps without which `step` would not have been as it was: itself, what its task did before,
 * and along the arrows.
 */
export function causesOf(
  { steps, arrows }: Pick<TraceModel, 'steps' | 'arrows'>,
  step: number,
): Set<number> {
  const into = new Map<number, number[]>();
  for (const { from, to } of arrows) {
    const known = into.get(to);
    if (known === undefined) into.set(to, [from]);
    else known.push(from);
  }
  const before = programOrder(steps);
  const causes = new Set<number>();
  const open = [step];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (causes.has(at)) continue;
    causes.add(at);
    open.push(...(into.get(at) ?? []));
    const previous = before[at];
    if (previous !== undefined) open.push(previous);
  }
  return causes;
}

/** For each step of a task, the one that this task had taken before. */
export function programOrder(steps: readonly Step[]): (number | undefined)[] {
  const last: number[] = [];
  const before: (number | undefined)[] = [undefined];
  steps.forEach(({ lane, kind }, index) => {
    const own = lane !== null && (kind === 'call' || kind === 'sleep');
    before.push(own ? last[lane] : undefined);
    if (own) last[lane] = index + 1;
  });
  return before;
}
