import type { Task } from '../kernel/task.ts';
import { isOther } from './collision.ts';
import type { Exchange, Programs } from './programs.ts';
import type { Wait } from './wait.ts';

/**
 * What a program waits for that nothing wakes, in its own terms: an answer, the rest of a
 * connection; undefined for a task that is no program.
 */
export function programWait(task: Task, programs: Programs): Wait | undefined {
  if (!programs.has(task)) return undefined;
  const asking = askingWait(task, programs);
  if (asking !== undefined) return asking;
  const wait = { who: task.name, call: 'for events', where: undefined, joins: false };
  const owed = openExchanges(task, programs).find(({ side }) => side === 'answers');
  if (owed !== undefined) {
    const why = `it has read ${owed.what} in step ${owed.step} and has not answered`;
    return { ...wait, why, since: [owed.step] };
  }
  const [first, ...others] = programs.openOf(task);
  if (first === undefined) return { ...wait, why: '', since: [] };
  const { last, peer, isListener } = first;
  if (isListener) return { ...wait, why: `nobody connects to ${peer}`, since: [] };
  const more = others.filter((end) => !end.isListener).length;
  const call = more === 0 ? `for ${peer}` : `for ${peer} and ${more} more`;
  if (last === undefined) return { ...wait, call, why: 'nothing was said', since: [] };
  const { way, what, step, where } = last;
  const why =
    way === 'sent'
      ? `it has sent ${what} in step ${step}, and nothing has come back`
      : `it has got ${what} in step ${step}, and has sent nothing since`;
  return { ...wait, call, where, why, since: [step] };
}

/** The first request of a program that is not answered; undefined where it waits for none. */
export function askingWait(task: Task, programs: Programs): Wait | undefined {
  const asked = openExchanges(task, programs).find(({ side }) => side === 'asks');
  if (asked === undefined) return undefined;
  const { what, where, step } = asked;
  const read = programs.exchanges.find(
    (one) => one.side === 'answers' && isOther(one.ends, asked.ends) && one.step > step,
  );
  const since = read === undefined ? [step] : [step, read.step];
  const why = unanswered(asked, read);
  return { who: task.name, call: `for the answer to ${what}`, why, where, joins: false, since };
}

function openExchanges(task: Task, programs: Programs): Exchange[] {
  return programs.exchanges.filter(
    (one) => one.task === task && one.answered === undefined && programs.isOpen(one),
  );
}

function unanswered({ ends }: Exchange, read: Exchange | undefined): string {
  if (read === undefined) return `${ends.peer} has not read it`;
  return read.answered === undefined
    ? `${read.task.name} has read it in step ${read.step} and has not answered`
    : `${read.task.name} has answered in step ${read.answered}, and that has not come`;
}
