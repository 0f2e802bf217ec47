/** What a service does for its messages, counted from its trace: for comparing architectures. */
import type { Lane, Span, Step, TraceModel } from './model.ts';

export interface Cost {
  /** Tasks of the service that were alive at the same time, at most. */
  readonly tasksMax: number;
  readonly processes: number;
  /** From the arrival of the first message to the last that was answered. */
  readonly syscalls: number;
  readonly wakeUps: number;
  /** The syscalls by name, most frequent first. */
  readonly byCall: readonly (readonly [call: string, count: number])[];
  /** Calls in which its tasks fell asleep, and how many tasks at the same time did at most. */
  readonly waits: readonly (readonly [call: string, tasks: number])[];
}

/** @param service names of the processes that are counted */
export function costOf(model: TraceModel, service: readonly string[]): Cost {
  const { lanes, steps, spans } = model;
  const own = lanesOf(model, service);
  const counted = (lane: number | null): boolean => lane !== null && own.has(lane);
  const [first, last] = windowOf(model, counted);
  const isCall = (step: Step, index: number): boolean =>
    index + 1 > first &&
    index + 1 <= last &&
    counted(step.lane) &&
    (step.kind === 'call' || step.kind === 'sleep') &&
    !prints(step);
  const calls = steps.filter(isCall);
  const byName = new Map<string, number>();
  for (const { call } of calls) byName.set(call, (byName.get(call) ?? 0) + 1);
  const asleep = spans.filter(({ lane, status }) => counted(lane) && status === 'asleep');
  return {
    tasksMax: mostAtOnce(
      lanes.flatMap((lane, index) =>
        counted(index) ? [[lane.born, lane.ended ?? steps.length] as const] : [],
      ),
    ),
    processes: new Set(lanes.filter((_, index) => counted(index)).map(({ pid }) => pid)).size,
    syscalls: calls.length,
    wakeUps: asleep.filter(({ to }) => to >= first && to <= last && to < steps.length).length,
    byCall: [...byName].sort((a, b) => b[1] - a[1]),
    waits: waitsOf(asleep),
  };
}

/** What is printed says nothing about an architecture. */
function prints({ call, fd }: Step): boolean {
  return call === 'write' && (fd === 1 || fd === 2);
}

/** The lanes of the processes of these names, and of all that they have forked. */
export function lanesOf({ lanes }: TraceModel, service: readonly string[]): ReadonlySet<number> {
  const byPid = new Map(lanes.map((lane) => [lane.pid, lane]));
  const serves = ({ process, parentPid }: Lane): boolean => {
    const parent = parentPid === null ? undefined : byPid.get(parentPid);
    return service.includes(process) || (parent !== undefined && serves(parent));
  };
  return new Set([...lanes.keys()].filter((lane) => serves(lanes[lane] as Lane)));
}

/** The steps of the first arrival of data at the service, and of the last send of it. */
function windowOf(
  { steps }: TraceModel,
  counted: (lane: number | null) => boolean,
): [first: number, last: number] {
  const first = steps.findIndex(
    ({ lane, arrives }) => counted(lane) && (arrives === 'data' || arrives === 'datagram'),
  );
  const last = steps.findLastIndex(
    ({ lane, call }) => counted(lane) && (call === 'send' || call === 'ringWait'),
  );
  return first < 0 ? [0, 0] : [first + 1, last + 1];
}

/** By syscall: of how many tasks it held the sleep at one moment. */
function waitsOf(asleep: readonly Span[]): [string, number][] {
  const byCall = new Map<string, (readonly [number, number])[]>();
  for (const { name, from, to } of asleep) {
    byCall.set(name, [...(byCall.get(name) ?? []), [from, to] as const]);
  }
  return [...byCall].map(([call, times]) => [call, mostAtOnce(times)] as [string, number]);
}

function mostAtOnce(times: readonly (readonly [from: number, to: number])[]): number {
  const turns = times.flatMap(([from, to]) => [[from, 1] as const, [to, -1] as const]);
  turns.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let now = 0;
  let most = 0;
  for (const [, change] of turns) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}
