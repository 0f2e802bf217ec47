import { stateAfter } from '../../sim/trace/model.ts';
import { askedUntil, lastAskOf } from './moves.ts';
import type { Outline, Position } from './outline.ts';
import type { NamedValue } from './variables.ts';

/**
 * What heddle knows of a task at a moment: what it asks for, what comes of it, and how the machine
 * stands.
 *
 * @param isPast its code has gone on since
 */
export function stepValues(
  task: number,
  { position, isPast }: { readonly position: Position; readonly isPast: boolean },
  outline: Outline,
): NamedValue[] {
  const ask = lastAskOf(task, position, outline);
  const name = outline.tasks.find(({ id }) => id === task)?.name ?? outline.scenario;
  const values: NamedValue[] = [{ name: 'task', value: name }];
  if (ask !== undefined) {
    const [first, ...later] = ask.steps;
    values.push({ name: isPast ? 'has asked for' : 'asks for', value: ask.call });
    if (first !== undefined) values.push({ name: 'at step', value: `${first}` });
    const last = later.at(-1);
    if (last !== undefined) values.push({ name: 'answered at step', value: `${last}` });
    const value = ask.result ?? 'no answer: the run ends before';
    values.push({ name: isPast ? 'got' : 'will get', value: value === '' ? 'nothing' : value });
  }
  const machine = machineValues(position, outline);
  if (machine.length > 0) values.push({ name: 'machine', value: '', inside: machine });
  return values;
}

/** The last step that is complete at a position. */
function stepAt(position: Position, outline: Outline): number {
  if (position.kind === 'end') return outline.state.changes.length;
  const after = outline.asks[askedUntil(position, outline) - 1]?.after ?? 0;
  if (position.kind === 'ask' || position.hit.task === null) return after;
  // Its code goes on because of what it was given.
  return lastAskOf(position.hit.task, position, outline)?.steps.at(-1) ?? after;
}

/** The kernel's state: sections, in each its subjects, of each its fields. */
function machineValues(position: Position, outline: Outline): NamedValue[] {
  const state = stateAfter(outline.state, stepAt(position, outline));
  const sections = new Map<string, Map<string, NamedValue[]>>();
  for (const [key, value] of state) {
    const [section, subject, name] = key.split('\t') as [string, string, string];
    const subjects = sections.get(section) ?? new Map<string, NamedValue[]>();
    sections.set(section, subjects);
    subjects.set(subject, [...(subjects.get(subject) ?? []), { name, value }]);
  }
  return [...sections].map(([name, subjects]) => ({
    name,
    value: '',
    inside: [...subjects].map(([name, inside]) => ({ name, value: lineOf(inside), inside })),
  }));
}

function lineOf(fields: readonly NamedValue[]): string {
  return fields.map(({ name, value }) => `${name} ${value}`).join(', ');
}
