import { stateAfter, type TraceModel } from '../model.ts';

/**
 * The trace as JSON Lines, one object per line, each with its `type`: `run`, the `lane`s, each
 * `step` with its decisions, causes and what it has changed of the kernel's state, and last `end`,
 * of a failure with the nearest passing run.
 */
export function asJsonLines(model: TraceModel): string {
  const { lanes, steps, decisions, alternatives, arrows, state, failure, nearest } = model;
  const lines: Record<string, unknown>[] = [];
  const { scenario, schedule, digest, given, faults } = model;
  lines.push({
    type: 'run',
    format: 'heddle-trace',
    version: 1,
    scenario,
    schedule,
    digest,
    given,
    faults,
  });
  for (const [lane, rest] of lanes.entries()) lines.push({ type: 'lane', lane, ...rest });
  lines.push({ type: 'state', step: 0, state: Object.fromEntries(stateAfter(state, 0)) });
  const roads = alternatives.map(({ decision, ...rest }) => ({ decision, rest }));
  for (const [index, step] of steps.entries()) {
    const number = index + 1;
    const here = decisions.flatMap((decision, place) =>
      decision.step === number
        ? [
            {
              ...decision,
              alternatives: roads.filter((road) => road.decision === place).map(({ rest }) => rest),
            },
          ]
        : [],
    );
    const causes = arrows.filter(({ to }) => to === number).map(({ to: _, ...rest }) => rest);
    lines.push({
      type: 'step',
      step: number,
      task: step.lane === null ? null : lanes[step.lane]?.name,
      ...step,
      decisions: here,
      causes,
      changes: changesIn(model, number),
    });
  }
  lines.push({ type: 'end', steps: steps.length, failure, nearest });
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}

/** New values by key; null for what is there no more. */
function changesIn({ state }: TraceModel, step: number): Record<string, string | null> {
  const changes: Record<string, string | null> = {};
  const change = state.changes[step] ?? [];
  for (let i = 0; i < change.length; i += 2) {
    const key = state.keys[change[i] as number] as string;
    const value = change[i + 1] as number;
    changes[key] = value < 0 ? null : (state.values[value] as string);
  }
  return changes;
}
