import { describe, expect, it } from 'vitest';
import { replay } from '../../src/sim/explore/attempt.ts';
import { recordRun } from '../../src/sim/explore/record.ts';
import { traceRun } from '../../src/sim/explore/trace.ts';
import { kernelState, MemorySeen } from '../../src/sim/trace/kernel-state.ts';
import { causesOf, programOrder, stateAfter, type TraceModel } from '../../src/sim/trace/model.ts';
import { packTrace, unpackTrace } from '../../src/sim/trace/pack.ts';
import { samples, tour } from './runs.ts';

const NO_ROADS = { roadStepsMax: 0 };

describe.each(samples())('the trace of $name', ({ scenario, decisions, digest }) => {
  const { model } = traceRun(scenario, decisions, NO_ROADS);
  const { steps, lanes, arrows, spans } = model;

  it('is that of the run nobody watched', () => {
    expect(model.digest).toBe(digest);
    expect(steps.length).toBeGreaterThan(0);
  });

  it('has arrows that point forward, from steps that are there to steps that are there', () => {
    for (const { from, to } of arrows) {
      expect(from).toBeGreaterThan(0);
      expect(to).toBeGreaterThan(from);
      expect(to).toBeLessThanOrEqual(steps.length);
    }
  });

  it('leaves no wake-up without its cause', () => {
    const caused = new Set(arrows.map(({ to }) => to));
    const before = programOrder(steps);
    const asleep = spans.filter(({ status, to }) => status === 'asleep' && to < steps.length);
    for (const { lane, to } of asleep) {
      const next = steps.findIndex(
        (step, index) => index >= to && step.lane === lane && isOwn(step),
      );
      if (next < 0) continue;
      const wakes = arrows.some((arrow) => arrow.to === next + 1 && arrow.from <= to);
      expect(caused.has(next + 1) && wakes, `step ${next + 1} of ${lanes[lane]?.name}`).toBe(true);
      expect(before[next + 1] ?? 0).toBeLessThanOrEqual(to);
    }
  });

  it('says how each task is at one moment in one way', () => {
    for (const lane of lanes.keys()) {
      const own = spans.filter((span) => span.lane === lane);
      for (const [index, { from, to }] of own.entries()) {
        expect(from).toBeLessThan(to);
        expect(to).toBeLessThanOrEqual(steps.length);
        expect(from).toBeGreaterThanOrEqual(own[index - 1]?.to ?? 0);
      }
    }
  });

  it('fits into columns and comes back as it was', () => {
    const carried = JSON.parse(JSON.stringify(packTrace(model))) as ReturnType<typeof packTrace>;
    expect(unpackTrace(carried)).toEqual(JSON.parse(JSON.stringify(model)));
  });

  it('tells the state of the kernel at any step as the kernel itself would', () => {
    let compared = 0;
    for (const part of [0.1, 0.35, 0.6, 0.9]) {
      const step = Math.max(1, Math.floor(steps.length * part));
      const stopped = { ...scenario, options: { ...scenario.options, stepsMax: step } };
      const { world } = recordRun(stopped, decisions).run;
      // A run that is stopped has ended no task; one that is over may have.
      if (world.nowMs !== steps[step - 1]?.timeMs) continue;
      const itself = kernelState(world, new MemorySeen(), world.nowMs);
      const told = [...stateAfter(model.state, step)].filter(([key]) => !key.startsWith('memory'));
      expect(new Map(told)).toEqual(itself);
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });
});

describe('causes', () => {
  it('are closed: a cause of a cause is one', () => {
    const { model } = traceRun(tour('threaded'), [], NO_ROADS);
    for (let step = 1; step <= model.steps.length; step += 7) {
      const causes = causesOf(model, step);
      expect(causes.has(step)).toBe(true);
      expect(Math.max(...causes)).toBe(step);
      for (const { from, to } of model.arrows) if (causes.has(to)) expect(causes).toContain(from);
    }
  });

  it('of an echo reach back to what the client has sent, and not to the other client', () => {
    const { model } = traceRun(tour('epoll-level'), [], NO_ROADS);
    const echoed = findStep(model, 'client#1', 'recv', '"one"');
    const did = [...causesOf(model, echoed)].map((step) => model.steps[step - 1]?.did);
    expect(did).toContain('send fd 3 "one"');
    const { model: threads } = traceRun(tour('threaded'), [], NO_ROADS);
    // Whoever is accepted second comes behind the first, and not the other way round.
    const causes = causesOf(threads, findStep(threads, 'client#2', 'recv', '"eins"'));
    const names = new Set([...causes].map((step) => laneName(threads, step)));
    expect(names).not.toContain('client#1');
    expect(names).toContain('server');
  });
});

describe('roads not taken', () => {
  it('lead where a replay leads', () => {
    const sample = samples(3).find(
      ({ scenario, decisions }) => replay(scenario, decisions, 'clamp').failure !== undefined,
    );
    if (sample === undefined) throw new Error('none of the samples fails');
    const { scenario, decisions } = sample;
    const { model } = traceRun(scenario, decisions, { roadStepsMax: 20_000 });
    const taken = model.decisions.map(({ choice }) => choice);
    const looked = model.alternatives.filter(({ outcome }) => outcome !== null);
    expect(looked.length).toBeGreaterThan(0);
    for (const { decision, choice, outcome, steps } of looked.slice(0, 60)) {
      expect(choice).not.toBe(taken[decision]);
      const result = replay(scenario, [...taken.slice(0, decision), choice], 'strict');
      expect(result.steps).toBe(steps);
      expect(result.failure === undefined).toBe(outcome === 'passes');
    }
    for (const { decision, choice, outcome } of model.alternatives) {
      if (choice === taken[decision]) expect(outcome).toBeNull();
    }
  });
});

function isOwn({ kind }: TraceModel['steps'][number]): boolean {
  return kind === 'call' || kind === 'sleep';
}

function laneName({ steps, lanes }: TraceModel, step: number): string | undefined {
  const lane = steps[step - 1]?.lane;
  return lane === null || lane === undefined ? undefined : lanes[lane]?.name;
}

function findStep(model: TraceModel, task: string, call: string, result: string): number {
  const index = model.steps.findIndex(
    (step, at) => step.call === call && step.result === result && laneName(model, at + 1) === task,
  );
  if (index < 0) throw new Error(`${task} has no ${call} that gave ${result}`);
  return index + 1;
}
