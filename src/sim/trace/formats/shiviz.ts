import type { Arrow, TraceModel } from '../model.ts';

/** ShiViz's own: one event on two lines, first who and when, then what. */
const EVENT = String.raw`(?<host>\S+) (?<clock>{.*})\n(?<event>.*)`;

/**
 * The run as a log for ShiViz (bestchai.bitbucket.io/shiviz), with a vector clock for each event:
 * the first line is the regular expression that reads it, the second, which is empty, would part
 * several executions.
 */
export function asShiViz(model: TraceModel): string {
  const clocks = vectorClocks(model);
  const lines = [EVENT, ''];
  model.steps.forEach(({ did, result, where }, index) => {
    const host = hostOf(model, index);
    const clock = JSON.stringify(Object.fromEntries(clocks[index] as VectorClock));
    const what = [did, result === '' ? '' : `→ ${result}`, where === '' ? '' : `(${where})`];
    lines.push(
      `${host} ${clock}`,
      what
        .filter((part) => part !== '')
        .join(' ')
        .replace(/\n/g, ' '),
    );
  });
  return `${lines.join('\n')}\n`;
}

export type VectorClock = ReadonlyMap<string, number>;

/**
 * The clock of each step: how much of every other host's past it may have been caused by (Fidge,
 * Mattern, 1988).
 */
export function vectorClocks(model: TraceModel): VectorClock[] {
  const into: Arrow[][] = [];
  for (const arrow of model.arrows) {
    if (into[arrow.to] === undefined) into[arrow.to] = [];
    into[arrow.to]?.push(arrow);
  }
  const clocks: Map<string, number>[] = [];
  const own = new Map<string, Map<string, number>>();
  model.steps.forEach((_, index) => {
    const host = hostOf(model, index);
    const clock = new Map(own.get(host) ?? []);
    for (const { from } of into[index + 1] ?? []) {
      for (const [other, time] of clocks[from - 1] as VectorClock) {
        clock.set(other, Math.max(clock.get(other) ?? 0, time));
      }
    }
    clock.set(host, (own.get(host)?.get(host) ?? 0) + 1);
    clocks.push(clock);
    own.set(host, clock);
  });
  return clocks;
}

/**
 * ShiViz's hosts are columns: tasks, and the two parts of the surroundings. One column for all that
 * arrives would put all arrivals in one order, so each task has a network of its own.
 */
function hostOf({ steps, lanes }: TraceModel, index: number): string {
  const step = steps[index] as TraceModel['steps'][number];
  if (step.kind === 'time') return 'time';
  const name = step.lane === null ? '' : (lanes[step.lane]?.name.replace(/\s/g, '_') ?? '');
  if (step.kind === 'arrival') return name === '' ? 'net' : `net→${name}`;
  return name;
}
