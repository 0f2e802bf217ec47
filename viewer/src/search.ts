/**
 * Looking for steps. A query is words that must all be in a step's line; `task:handler`,
 * `call:recv`, `fd:7`, `errno:ECONNRESET` (or `errno:*`), `is:decision`, `is:sleep`, `is:arrival`
 * ask for one thing of it, `before:40`, `after:12` for where it stands (`before:5ms` for when), and
 * a minus before a word asks that it is not.
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
  const [, field, value = ''] = /^(task|call|fd|errno|is|before|after):(.*)$/.exec(word) ?? [];
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
      return timeTest(value, (at, bound) => at < bound);
    case 'after':
      return timeTest(value, (at, bound) => at > bound);
    case 'is':
      return kindTest(run, value);
    default:
      return (step) => lineOf(run, step).includes(word);
  }
}

/** By number, or by the clock where the bound has a unit. */
function timeTest(value: string, holds: (at: number, bound: number) => boolean): Test {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms)?$/.exec(value) ?? [];
  const bound = Number(digits);
  return (step, number) => holds(unit === undefined ? number : step.timeMs, bound);
}

function kindTest(run: Run, kind: string): Test {
  if (kind === 'decision') return (_, number) => run.mark(number) !== undefined;
  return (step) => step.kind.startsWith(kind);
}

function lineOf(run: Run, step: Step): string {
  return `${run.who(step)} ${step.did} ${step.result} ${step.where}`.toLowerCase();
}
