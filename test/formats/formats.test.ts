import mermaid from 'mermaid';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { traceRun } from '../../src/sim/explore/trace.ts';
import { asJsonLines } from '../../src/sim/trace/formats/json.ts';
import { asMermaid } from '../../src/sim/trace/formats/mermaid.ts';
import { asPcapng } from '../../src/sim/trace/formats/pcapng.ts';
import { asPerfetto } from '../../src/sim/trace/formats/perfetto.ts';
import { asShiViz } from '../../src/sim/trace/formats/shiviz.ts';
import { asText } from '../../src/sim/trace/formats/text.ts';
import { causesOf, stateAfter } from '../../src/sim/trace/model.ts';
import { samples } from '../viewer/runs.ts';

// Every third: architectures differ in who calls, hardly in what can stand in a line.
const traced = samples(2)
  .filter((_, index) => index % 3 === 0)
  .map(({ name, scenario, decisions }) => ({
    name,
    ...traceRun(scenario, decisions, { roadStepsMax: 0 }),
  }));

describe.each(traced)('$name', ({ model, carried }) => {
  it('as text: one line a step', () => {
    const lines = asText(model).split('\n');
    const steps = lines.filter((line) => /^[ ◆✗] +\d+ +[\d.]+ ms {2}/.test(line));
    expect(steps.length).toBe(model.steps.length);
    expect(lines.filter((line) => line.startsWith('✗')).length).toBe(
      model.failure === null ? 0 : 2,
    );
  });

  it('as JSON Lines: changes add up to the state', () => {
    const objects = asJsonLines(model)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(objects[0]).toMatchObject({ type: 'run', digest: model.digest });
    expect(objects.at(-1)).toMatchObject({ type: 'end', steps: model.steps.length });
    const state = new Map<string, string>();
    for (const object of objects) {
      const changes = (object['state'] ?? object['changes'] ?? {}) as Record<string, string | null>;
      for (const [key, value] of Object.entries(changes)) {
        if (value === null) state.delete(key);
        else state.set(key, value);
      }
    }
    expect(state).toEqual(new Map(stateAfter(model.state, model.steps.length)));
  });

  it("as a Mermaid diagram: Mermaid's own parser takes it", async () => {
    const diagram = asMermaid(model);
    expect(await mermaid.parse(diagram)).toMatchObject({ diagramType: 'sequence' });
    expect(diagram.split('\n').filter((line) => /-[>x)]/.test(line)).length).toBeLessThanOrEqual(
      40,
    );
  });

  it('as a ShiViz log: its first line reads it, and its clocks are the order of causes', () => {
    const events = readShiViz(asShiViz(model));
    expect(events.length).toBe(model.steps.length);
    const seen = new Map<string, number>();
    for (const { host, clock } of events) {
      // ShiViz refuses a log in which a host does not count its own events one by one.
      expect(clock[host]).toBe((seen.get(host) ?? 0) + 1);
      seen.set(host, clock[host] as number);
    }
    for (const { from, to } of model.arrows) {
      expect(isBefore(events[from - 1]?.clock ?? {}, events[to - 1]?.clock ?? {})).toBe(true);
    }
    for (let step = 1; step <= events.length; step += 1 + Math.floor(events.length / 12)) {
      const clock = events[step - 1]?.clock ?? {};
      for (const cause of causesOf(model, step)) {
        if (cause !== step) expect(isBefore(events[cause - 1]?.clock ?? {}, clock)).toBe(true);
      }
    }
  });

  it('as a trace for Perfetto: what the Trace Event Format asks for', () => {
    const { traceEvents } = traceFile.parse(JSON.parse(asPerfetto(model)));
    const tracks = new Map<string, Slice[]>();
    for (const event of traceEvents) {
      if (event.ph !== 'X') continue;
      const key = `${event.pid} ${event.tid}`;
      tracks.set(key, [...(tracks.get(key) ?? []), event]);
    }
    const steps = traceEvents.filter((event) => event.ph === 'X' && event.cat !== 'asleep');
    expect(steps.length).toBe(model.steps.length);
    for (const slices of tracks.values()) {
      slices.sort((a, b) => a.ts - b.ts || b.dur - a.dur);
      for (const [index, slice] of slices.entries()) {
        const before = slices[index - 1];
        if (before !== undefined) expect(slice.ts).toBeGreaterThanOrEqual(before.ts + before.dur);
      }
    }
    const named = new Set(
      traceEvents.flatMap((e) =>
        e.ph === 'M' && e.name === 'thread_name' ? [`${e.pid} ${e.tid}`] : [],
      ),
    );
    expect([...tracks.keys()].filter((key) => !named.has(key))).toEqual([]);
    const starts = new Map(traceEvents.flatMap((e) => (e.ph === 's' ? [[e.id, e] as const] : [])));
    for (const event of traceEvents) {
      if (event.ph !== 's' && event.ph !== 'f') continue;
      const around = tracks.get(`${event.pid} ${event.tid}`) ?? [];
      const bound = around.some(({ ts, dur }) => ts <= event.ts && event.ts < ts + dur);
      expect(bound, `flow ${event.id} is in no slice`).toBe(true);
      if (event.ph === 'f') expect(starts.get(event.id)?.ts).toBeLessThan(event.ts);
    }
  });

  it('as pcapng: blocks that are as long as they say, before and behind', () => {
    const bytes = asPcapng(model, carried);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const types: number[] = [];
    let at = 0;
    while (at < bytes.length) {
      const length = view.getUint32(at + 4, true);
      expect(length % 4).toBe(0);
      expect(view.getUint32(at + length - 4, true)).toBe(length);
      types.push(view.getUint32(at, true));
      at += length;
    }
    expect(at).toBe(bytes.length);
    expect(types.slice(0, 2)).toEqual([0x0a0d0d0a, 1]);
  });
});

interface ShiVizEvent {
  readonly host: string;
  readonly clock: Record<string, number>;
}

/**
 * As ShiViz does: the first line is the expression, the second the delimiter of executions, the
 * rest the log.
 */
function readShiViz(log: string): ShiVizEvent[] {
  const [expression = '', delimiter = 'missing', ...rest] = log.split('\n');
  expect(delimiter).toBe('');
  const text = rest.join('\n');
  let read = 0;
  const events = [...text.matchAll(new RegExp(expression, 'g'))].map(({ groups = {}, 0: all }) => {
    read += all.length + 1;
    return {
      host: groups['host'] as string,
      clock: JSON.parse(groups['clock'] as string) as Record<string, number>,
    };
  });
  // Nothing of the log stands outside its events.
  expect(read).toBe(text.length);
  return events;
}

/** Mattern's order of vector clocks. */
function isBefore(a: Record<string, number>, b: Record<string, number>): boolean {
  const hosts = Object.keys(a);
  return (
    hosts.every((host) => (a[host] as number) <= (b[host] ?? 0)) &&
    Object.keys(b).some((host) => (a[host] ?? 0) < (b[host] as number))
  );
}

// The Trace Event Format, as far as it is used here: metadata, complete events, flows. Nothing that
// it does not know may stand there.
const at = { pid: z.int(), tid: z.int(), ts: z.number().min(0) };
const slice = z.strictObject({
  ph: z.literal('X'),
  name: z.string().min(1),
  cat: z.string(),
  ...at,
  dur: z.number().positive(),
  args: z.record(z.string(), z.unknown()),
});
type Slice = z.infer<typeof slice>;
const flow = { name: z.string().min(1), cat: z.string(), id: z.int(), ...at };
const traceFile = z.strictObject({
  displayTimeUnit: z.enum(['ms', 'ns']),
  otherData: z.record(z.string(), z.string()),
  traceEvents: z.array(
    z.discriminatedUnion('ph', [
      z.strictObject({
        ph: z.literal('M'),
        name: z.enum(['process_name', 'thread_name']),
        ...at,
        args: z.strictObject({ name: z.string().min(1) }),
      }),
      slice,
      z.strictObject({ ph: z.literal('s'), ...flow }),
      z.strictObject({ ph: z.literal('f'), bp: z.literal('e'), ...flow }),
    ]),
  ),
});
