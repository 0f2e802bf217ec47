import type { TraceModel } from '../model.ts';

/**
 * Steps that take no virtual time are drawn as long as this, so that one can see them and their
 * order.
 */
const STEP_US = 1;

/**
 * The run in the Trace Event Format (JSON), which ui.perfetto.dev opens: a complete slice for each
 * step on its task's track, a slice around it for each sleep, and a flow for each message and
 * wake-up.
 *
 * # Time is stretched
 * A step takes no virtual time; on a track of their own those of one moment would lie on top of one
 * another. Each takes a microsecond here, and what virtual time goes by is added to that.
 */
export function asPerfetto(model: TraceModel): string {
  const starts = startsOf(model);
  const net = { pid: 0, tid: 0 };
  const trackOf = (lane: number | null): { pid: number; tid: number } =>
    lane === null ? net : { pid: model.lanes[lane]?.pid ?? 0, tid: lane + 1 };
  const events: Record<string, unknown>[] = [];
  const name = (what: string, track: { pid: number; tid: number }, text: string): void => {
    events.push({ ph: 'M', name: what, ...track, ts: 0, args: { name: text } });
  };
  name('process_name', net, 'network and time');
  name('thread_name', net, 'network and time');
  const processes = new Map(
    model.lanes.map(({ pid, process, host }) => [pid, `${process} on ${host}`]),
  );
  for (const [pid, text] of processes) name('process_name', { pid, tid: 0 }, text);
  for (const [lane, task] of model.lanes.entries()) name('thread_name', trackOf(lane), task.name);

  model.steps.forEach((step, index) => {
    const own = step.kind === 'call' || step.kind === 'sleep';
    events.push({
      ph: 'X',
      cat: step.kind,
      name: own ? step.call : step.did,
      ...trackOf(own ? step.lane : null),
      ts: starts[index],
      dur: STEP_US,
      args: { step: index + 1, did: step.did, result: step.result, where: step.where },
    });
  });
  for (const { lane, from, to, status, call } of model.spans) {
    // Between two steps: neither overlaps what the task does before, nor what it does then.
    const begins = (starts[from - 1] ?? -STEP_US) + STEP_US;
    const ends = starts[to - 1] ?? begins;
    if (status === 'ready' || ends <= begins) continue;
    const name = `${status === 'asleep' ? 'asleep in' : 'outside, after'} ${call}`;
    events.push({
      ph: 'X',
      cat: 'asleep',
      name,
      ...trackOf(lane),
      ts: begins,
      dur: ends - begins,
      args: {},
    });
  }
  for (const [id, { kind, from, to, text }] of model.arrows.entries()) {
    if (kind !== 'message' && kind !== 'wake' && kind !== 'spawn') continue;
    const ends = (step: number): Record<string, unknown> => {
      const { lane, kind } = model.steps[step - 1] as TraceModel['steps'][number];
      const own = kind === 'call' || kind === 'sleep';
      return { ...trackOf(own ? lane : null), ts: (starts[step - 1] as number) + STEP_US / 2 };
    };
    const flow = { cat: kind, name: text === '' ? kind : text, id: id + 1 };
    events.push({ ph: 's', ...flow, ...ends(from) }, { ph: 'f', bp: 'e', ...flow, ...ends(to) });
  }
  const { scenario, schedule, digest } = model;
  const otherData = { scenario, schedule, digest };
  return `${JSON.stringify({ displayTimeUnit: 'ms', otherData, traceEvents: events })}\n`;
}

/** When each step begins, in microseconds. */
function startsOf({ steps }: TraceModel): number[] {
  let at = 0;
  let beforeMs = 0;
  return steps.map(({ timeMs }) => {
    at += Math.max(0, Math.round((timeMs - beforeMs) * 1000));
    beforeMs = timeMs;
    const start = at;
    at += STEP_US;
    return start;
  });
}
