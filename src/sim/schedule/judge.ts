import { SysError, UsageError } from '../../sys/errors.ts';
import type { ConditionWait, Mutex } from '../../sys/memory.ts';
import { OP } from '../../sys/ops.ts';
import { tellable, thrownText } from '../../sys/thrown.ts';
import { rowOf } from '../kernel/calls/table.ts';
import { UnusedCallError } from '../kernel/pending-call.ts';
import type { Task } from '../kernel/task.ts';
import { type Failure, StillRuns } from './failure.ts';
import type { Law, World } from './world.ts';

/** Words of heddle's own for what it finds without being asked. */
export const LAW_NO_DEATH = 'no task dies of an uncaught error';
export const LAW_NO_THROW = 'the body ends without an error';
export const LAW_NO_DEADLOCK = 'every task that has to end comes to its end';
export const LAW_NO_LIVELOCK = 'every run ends';
export const LAW_NO_OUTSIDE = 'a task waits for nothing but its own syscalls';

export function deathFailure({ isRealm }: World, task: Task, step: number): Failure {
  const { error } = task;
  if (error instanceof StillRuns) return stillRunsFailure(task, error, step);
  const text = errorText(error);
  return {
    kind: 'died',
    law: isRealm ? LAW_NO_THROW : LAW_NO_DEATH,
    message: isRealm ? text : `${task.name} died: ${text}`,
    step,
    task: task.name,
    ...(error instanceof UnusedCallError ? { where: error.where } : {}),
    error,
    signature: `died/${baseName(task)}/${signatureOf(error)}`,
  };
}

function stillRunsFailure(task: Task, error: StillRuns, step: number): Failure {
  return {
    kind: 'livelock',
    law: LAW_NO_LIVELOCK,
    message: error.message,
    step,
    task: task.name,
    error,
    cutAfter: error.steps,
    signature: `livelock/${baseName(task)}`,
  };
}

/** A task that is alive at the end of the run has made a call that it never asked for. */
export function unusedFailure(world: World, step: number): Failure | undefined {
  for (const task of world.tasks) {
    const unused = task.state === 'alive' ? task.unused : undefined;
    if (unused === undefined) continue;
    task.error = new UnusedCallError(unused);
    return deathFailure(world, task, step);
  }
  return undefined;
}

/** A promise that nobody waits for was rejected. */
export function floatingFailure(given: unknown, step: number): Failure {
  const reason = tellable(given);
  return {
    kind: 'died',
    law: LAW_NO_DEATH,
    message: `a promise was rejected and nobody handles it: ${errorText(reason)}; await every promise that a task makes`,
    step,
    task: undefined,
    error: reason,
    signature: `died/floating/${signatureOf(reason)}`,
  };
}

/** Of a law that answers with false. */
export const NO_MORE_SAID = 'it does not hold';

/**
 * Whether a law that has given this holds: it is `true`, nothing, or the object that an assertion
 * which has not thrown gives back (`() => expect(n).toBe(1)` of vitest).
 */
function holds(answer: unknown): boolean {
  if (answer === true || answer === undefined) return true;
  if (typeof answer !== 'object' || answer === null) return false;
  if (typeof (answer as PromiseLike<unknown>).then !== 'function') return true;
  throw new UsageError('it gave a promise; make it a function that is not async');
}

/** Ask a law; undefined while it holds. */
export function lawFailure(law: Law, step: number, task: Task | null): Failure | undefined {
  let answer: unknown;
  let error: unknown;
  try {
    answer = law.check();
    if (holds(answer)) return undefined;
  } catch (thrown) {
    error = tellable(thrown);
    if (!isAssertion(error)) {
      return {
        kind: 'law-threw',
        law: law.text,
        message: `the law "${law.text}" did not answer, it threw ${errorText(error)}; a law returns true or false, or throws an assertion error`,
        step,
        task: task?.name,
        where: law.where,
        error,
        signature: `law-threw/${law.text}`,
      };
    }
    answer = (error as Error).message;
  }
  const message = typeof answer === 'string' && answer !== '' ? answer : NO_MORE_SAID;
  return {
    kind: 'law',
    law: law.text,
    message,
    step,
    task: task?.name,
    where: law.where,
    error,
    signature: `law/${law.text}`,
  };
}

/** Sleepers that a message names; the report lists more of them. */
const WAITING_MAX = 6;

export function deadlockFailure(
  world: World,
  waiting: readonly Task[],
  unfulfilled: Law | undefined,
  step: number,
): Failure {
  const told = waiting
    .slice(0, WAITING_MAX)
    .map(
      (task) => `${task.name} waits ${world.programs.has(task) ? 'for events' : waitText(task)}`,
    );
  const left = waiting.length - told.length;
  const how = [...told, ...(left > 0 ? [`${left} more wait`] : [])].join(', ');
  const nowMs = Number(world.nowMs.toFixed(3));
  const alive = world.tasks.filter(({ state }) => state === 'alive');
  return {
    kind: 'deadlock',
    law: unfulfilled?.text ?? LAW_NO_DEADLOCK,
    message: `no task can move: ${how}; no timer is due and nothing is in flight, the world stopped at ${nowMs} ms`,
    step,
    task: waiting[0]?.name,
    where: unfulfilled?.where,
    asleep: alive.map((task) => `${task.name} ${waitText(task)}`),
    signature: deadlockSignature(waiting),
  };
}

/** Tasks of a process that may go on for ever wait for each other, and for nobody outside. */
export function stuckFailure(stuck: readonly Task[], step: number): Failure {
  const told = stuck.slice(0, WAITING_MAX).map((task) => `${task.name} waits ${waitText(task)}`);
  const left = stuck.length - told.length;
  const how = [...told, ...(left > 0 ? [`${left} more wait`] : [])].join(', ');
  const others = stuck.length === 1 ? 'nobody can let it go on' : 'they wait for each other';
  return {
    kind: 'deadlock',
    law: LAW_NO_DEADLOCK,
    message: `${how}; ${others}, whatever comes from outside`,
    step,
    task: stuck[0]?.name,
    asleep: stuck.map((task) => `${task.name} ${waitText(task)}`),
    signature: deadlockSignature(stuck),
  };
}

const deadlockSignature = (tasks: readonly Task[]): string =>
  `deadlock/${[...new Set(tasks.map((task) => `${baseName(task)} ${task.call?.name ?? ''}`))].sort().join(',')}`;

export function outsideFailure(world: World, outside: readonly Task[], step: number): Failure {
  const first = outside[0] as Task;
  const after = first.answered === undefined ? 'at its start' : `after its ${first.answered}`;
  const unsettled = world.unsettled.flatMap((told) => told());
  const remedy = world.isRealm ? 'make what it awaits a service' : 'reach the world through sys';
  if (unsettled.length > 0) {
    return {
      kind: 'outside',
      law: LAW_NO_OUTSIDE,
      message: `${first.name} can never end: ${unsettled.join(', ')} has begun, and its promise is never settled`,
      step,
      task: first.name,
      signature: `outside/${baseName(first)}/unsettled`,
    };
  }
  const open = world.stillOpen.flatMap((told) => told());
  if (open.length > 0) {
    return {
      kind: 'outside',
      law: LAW_NO_OUTSIDE,
      message: `${first.name} can never end: it waits, and nothing can happen any more. There are still ${counted(open)}`,
      step,
      task: first.name,
      signature: `outside/${baseName(first)}/open`,
    };
  }
  return {
    kind: 'outside',
    law: LAW_NO_OUTSIDE,
    message: `${first.name} waits for something outside: ${after} it awaited something that is not heddle's (a real timer, a real socket, a promise nobody settles), and nobody else can move; ${remedy}`,
    step,
    task: first.name,
    signature: `outside/${baseName(first)}`,
  };
}

/** `2 × tcp socket, tcp server` */
function counted(things: readonly string[]): string {
  const times = new Map<string, number>();
  for (const thing of things) times.set(thing, (times.get(thing) ?? 0) + 1);
  return [...times].map(([thing, n]) => (n === 1 ? thing : `${n} × ${thing}`)).join(', ');
}

export function livelockFailure(
  world: World,
  stepsMax: number,
  { current, stepTold }: { readonly current: Task | null; readonly stepTold: number },
): Failure {
  const able = world.ready.tasks.slice(0, world.ready.count).map((task) => task.name);
  const isProgram = world.programs.size > 0;
  const calls =
    current?.call === null || current === null || isProgram
      ? ''
      : `, last of them ${current.name} (${current.call.name})`;
  const remedy = isProgram
    ? `a program that is meant to run on is ended by --until 60s (untilMs), or by a client that exits; --steps (stepsMax) allows more`
    : 'raise stepsMax if the scenario is that long';
  return {
    kind: 'livelock',
    law: LAW_NO_LIVELOCK,
    message: `the run did not end within ${stepsMax} steps: ${able.length === 0 ? 'timers' : able.join(', ')} could still move${calls}; ${remedy}`,
    step: stepTold,
    task: current?.name,
    signature: `livelock/${able.sort().join(',')}`,
  };
}

/** What a task is asleep in: `recv fd 5`. */
export function waitText(task: Task): string {
  const { call } = task;
  if (call === null) return 'for something outside';
  switch (call.name) {
    case 'select':
    case 'poll':
    case 'nanosleep':
    case 'futexWait':
    case 'waitpid':
      return call.name;
    case 'join':
      return `join task ${call.a0}`;
    case 'lock':
      return `lock ${(call.data as Mutex).name}`;
    case 'condWait': {
      const { condition, mutex } = call.data as ConditionWait;
      return call.progress === 1 ? `condWait ${condition.name}` : `condWait, to lock ${mutex.name}`;
    }
    default:
      return SYNC.has(call.op) ? rowOf(call).asked(call) : `${call.name} fd ${call.a0}`;
  }
}

/** Calls that are about no descriptor, and say themselves what they wait for. */
const SYNC: ReadonlySet<number> = new Set([
  OP.rdLock,
  OP.wrLock,
  OP.semWait,
  OP.barrierWait,
  OP.groupWait,
  OP.chanSend,
  OP.chanReceive,
  OP.chanSelect,
]);

/** The name without its number: the same for all tasks of a kind. */
export function baseName(task: Task): string {
  return task.name.replace(/#\d+$/, '');
}

export function errorText(error: unknown): string {
  if (error instanceof SysError) return error.message;
  return error instanceof Error ? thrownText(error) : `${typeof error} ${thrownText(error)}`;
}

function signatureOf(error: unknown): string {
  if (error instanceof SysError) return `${error.syscall} ${error.code}`;
  if (error instanceof Error)
    return `${error.name}: ${error.message.replace(/\d+/g, 'N').slice(0, 80)}`;
  return thrownText(error).slice(0, 80);
}

/** Assertion errors of node:assert, chai, vitest and jest, without importing any of them. */
function isAssertion(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    error.name === 'AssertionError' ||
    'matcherResult' in error ||
    (error as { code?: unknown }).code === 'ERR_ASSERTION'
  );
}
