/**
 * Looking for steps. A query is words that must all be in a step's line; `task:handler`,
 * `call:recv`, `fd:7`, `errno:ECONNRESET` (or `errno:*`), `is:decision`, `is:sleep`, `is:arrival`
 * ask for one thing of it, `before:40`, `after:12` for where it stands (`before:5ms` for when),
 * `after:listen` for what came before it, `from:client`, `to:server` for whose message it got or
 * sent, and a minus before a word asks that it is not.
 */
import type { Step } from '../../src/sim/trace/model.ts';
import type { Run } from './run.ts';

type Test = (step: Step, number: number) => boolean;

export function search(run: Run, query: string): number[] {
  const tests = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '-')
    .map((word) => testOf(run, word));
  if (tests.length === 0) return [];
  const found: number[] = [];
  run.model.steps.forEach((step, index) => {
    if (tests.every((test) => test(step, index + 1))) found.push(index + 1);
  });
  return found;
}

function testOf(run: Run, word: string): Test {
  if (word.startsWith('-')) {
    const test = testOf(run, word.slice(1));
    return (step, number) => !test(step, number);
  }
  const [, field, value = ''] =
    /^(task|call|fd|errno|is|before|after|from|to):(.*)$/.exec(word) ?? [];
  switch (field) {
    case 'task':
      return (step) => run.who(step).toLowerCase().includes(value);
    case 'call':
      return (step) => step.call.toLowerCase().startsWith(value);
    case 'fd':
      return (step) => new RegExp(`\\bfd ${Number(value)}\\b`).test(`${step.did} ${step.result}`);
    case 'errno':
      return ({ result }) =>
        value === '*' || value === ''
          ? /^E[A-Z0-9]+$/.test(result)
          : result.toLowerCase() === value;
    case 'before':
      return timeTest(value, (at, bound) => at < bound) ?? matchTest(run, value, false);
    case 'after':
      return timeTest(value, (at, bound) => at > bound) ?? matchTest(run, value, true);
    case 'from':
    case 'to':
      return (_, number) => messageEnds(run, number, field).some((task) => task.includes(value));
    case 'is':
      return kindTest(run, value);
    default:
      return (step) => lineOf(run, step).includes(word);
  }
}

/** By number, or by the clock where the bound has a unit. */
function timeTest(value: string, holds: (at: number, bound: number) => boolean): Test | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms)?$/.exec(value) ?? [];
  if (digits === undefined) return undefined;
  const bound = Number(digits);
  return (step, number) => holds(unit === undefined ? number : step.timeMs, bound);
}

/** What stands behind the first step that is like that, or before the last. */
function matchTest(run: Run, word: string, isAfter: boolean): Test {
  const test = testOf(run, word);
  const { steps } = run.model;
  const holds = (step: Step, index: number): boolean => test(step, index + 1);
  if (!isAfter) {
    const last = steps.findLastIndex(holds) + 1;
    return (_, number) => number < last;
  }
  const first = steps.findIndex(holds) + 1;
  return (_, number) => first > 0 && number > first;
}

/** The tasks at the other ends of the messages that a step has read or sent. */
function messageEnds(run: Run, number: number, end: 'from' | 'to'): string[] {
  const arrows = end === 'from' ? run.causes(number) : run.effects(number);
  return arrows.flatMap((arrow) => {
    const step = run.step(arrow[end]);
    if (arrow.kind !== 'message' || step === undefined) return [];
    const isUnderWay = step.kind === 'arrival';
    return isUnderWay ? messageEnds(run, arrow[end], end) : [run.who(step).toLowerCase()];
  });
}

function kindTest(run: Run, kind: string): Test {
  if (kind === 'decision') return (_, number) => run.mark(number) !== undefined;
  return (step) => step.kind.startsWith(kind);
}

function lineOf(run: Run, step: Step): string {
  return `${run.who(step)} ${step.did} ${step.result} ${step.after} ${step.where}`.toLowerCase();
}
