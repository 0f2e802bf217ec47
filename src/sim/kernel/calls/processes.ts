import { ECHILD, EDEADLK, ESRCH } from '../../../sys/errno.ts';
import type { Body } from '../../../sys/sys.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import type { Task } from '../task.ts';
import { BLOCKED, INTERRUPTED_RESULT, interrupts, wasInterrupted } from './handler.ts';

interface SpawnRequest {
  readonly body: Body;
  readonly name: string;
}

export function spawn(task: Task, call: Syscall<unknown>): unknown {
  const { body, name } = call.data as SpawnRequest;
  return task.process.kernel.spawnFrom(task, task.process, name, body).id;
}

function joinTarget(task: Task, call: Syscall<unknown>): Task | undefined {
  return task.process.tasks.find((other) => other.id === call.a0);
}

export function join(task: Task, call: Syscall<unknown>): unknown {
  const target = joinTarget(task, call);
  if (target === undefined) return -ESRCH;
  if (target === task) return -EDEADLK;
  if (target.state !== 'alive') return 0;
  task.sleepOn(target.joiners, 0, false);
  return BLOCKED;
}

export function joinSleeps(task: Task, call: Syscall<unknown>): boolean {
  const target = joinTarget(task, call);
  if (target === undefined || target === task || target.state !== 'alive') return false;
  task.sleepOn(target.joiners, 0, false);
  return true;
}

export function fork(task: Task, call: Syscall<unknown>): unknown {
  const { body, name } = call.data as SpawnRequest;
  const { process } = task;
  const child = process.kernel.addProcess(
    name || process.name,
    process,
    process.descriptors.copy(),
  );
  process.children.push(child);
  process.kernel.spawnFrom(task, child, name, body);
  return child.pid;
}

export function exit(task: Task, call: Syscall<unknown>): unknown {
  task.process.exit(call.a0 & 0xff);
  return BLOCKED;
}

/** -ECHILD without such a child; undefined while none of them has ended. */
function reap(task: Task, call: Syscall<unknown>): unknown {
  const { children } = task.process;
  const wanted = children.filter((child) => call.a0 === -1 || child.pid === call.a0);
  if (wanted.length === 0) return -ECHILD;
  const ended = wanted.find((child) => child.status !== undefined);
  if (ended === undefined) return undefined;
  children.splice(children.indexOf(ended), 1);
  return { pid: ended.pid, status: ended.status };
}

export function waitpid(task: Task, call: Syscall<unknown>): unknown {
  if (wasInterrupted(call)) return INTERRUPTED_RESULT;
  const reaped = reap(task, call);
  if (reaped !== undefined) return reaped;
  if (call.a1 === 1) return { pid: 0, status: 0 };
  if (interrupts(task, call)) return INTERRUPTED_RESULT;
  task.sleepOn(task.process.childWaits, 0, false);
  return BLOCKED;
}

export function schedYield(): unknown {
  return 0;
}

export function gettid(task: Task): unknown {
  return task.id;
}

export function getpid(task: Task): unknown {
  return task.process.pid;
}
