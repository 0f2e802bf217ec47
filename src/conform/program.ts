import * as c from '../sys/constants.ts';
import type { SocketOption } from '../sys/sys.ts';

/** What a step may ask for: a syscall, or a pattern of them that only makes sense as a whole. */
export type StepCall =
  | 'socket'
  | 'bind'
  | 'listen'
  | 'accept'
  | 'connect'
  | 'send'
  | 'recv'
  | 'read'
  | 'write'
  | 'shutdown'
  | 'close'
  | 'getsockname'
  | 'getpeername'
  | 'getsockopt'
  | 'setsockopt'
  | 'dup'
  | 'dup2'
  | 'fcntl'
  | 'ioctl'
  | 'pipe'
  | 'socketpair'
  | 'eventfd'
  | 'epollCreate'
  | 'epollCtl'
  | 'epollWait'
  | 'poll'
  | 'select'
  /** A child process with a copy of the table, and the task that does its steps. */
  | 'fork'
  | 'exit'
  /** Write to the first descriptor until it is full, then read the second until it is empty. */
  | 'flood';

/** One step of a program: it refers to descriptors by the names under which earlier steps made them. */
export interface Step {
  /** Which task does it; 0 and 1 share a process, 2 belongs to the child. */
  readonly task: number;
  readonly call: StepCall;
  readonly fds: readonly string[];
  readonly numbers: readonly number[];
  /** Names for the descriptors it makes. */
  readonly makes: readonly string[];
}

/** A program for both kernels. It is plain JSON. */
export interface Program {
  /** Compare the readiness of all descriptors after each step, or only at the end: looking is not without effect. */
  readonly watch: 'each' | 'end';
  readonly steps: readonly Step[];
  /** For saved programs: what it is about, and where that was found. */
  readonly about?: string;
  readonly source?: string;
}

/** Socket options by the number that stands for them in a step. */
export const OPTIONS: readonly SocketOption[] = [
  'SO_ERROR',
  'SO_LINGER',
  'SO_REUSEADDR',
  'SO_ACCEPTCONN',
];

export const TASK_CHILD = 2;
/** connect(2) to this port dissolves the connection (AF_UNSPEC). */
export const PORT_UNSPECIFIED = -1;

const EPOLL_OPS = ['?', 'add', 'del', 'mod'] as const;
const SHUTDOWNS = ['?', 'rd', 'wr', 'rdwr'] as const;
const COMMANDS: { readonly [command: number]: string } = {
  [c.F_DUPFD]: 'F_DUPFD',
  [c.F_DUPFD_CLOEXEC]: 'F_DUPFD_CLOEXEC',
  [c.F_GETFD]: 'F_GETFD',
  [c.F_SETFD]: 'F_SETFD',
  [c.F_GETFL]: 'F_GETFL',
  [c.F_SETFL]: 'F_SETFL',
  [c.F_GETPIPE_SZ]: 'F_GETPIPE_SZ',
  [c.F_SETPIPE_SZ]: 'F_SETPIPE_SZ',
};

/** The arguments behind the descriptors, in words. */
function argumentsText({ call, fds, numbers: n }: Step): string[] {
  switch (call) {
    case 'socket':
    case 'accept':
    case 'pipe':
    case 'socketpair':
      return n[0] === 1 ? ['nonblock'] : [];
    case 'eventfd':
      return [
        String(n[0]),
        ...(n[1] === 1 ? ['nonblock'] : []),
        ...(n[2] === 1 ? ['semaphore'] : []),
      ];
    case 'bind':
      return [`port ${n[0]}`];
    case 'connect':
      return [n[0] === PORT_UNSPECIFIED ? 'AF_UNSPEC' : `port ${n[0]}`];
    case 'send':
    case 'recv':
      return [
        `${n[0]} bytes`,
        ...((n[1] as number) === 0 ? [] : [messageFlagsText(n[1] as number)]),
      ];
    case 'read':
    case 'write':
      return [`${n[0]} bytes`];
    case 'shutdown':
      return [SHUTDOWNS[n[0] as 0] ?? '?'];
    case 'getsockopt':
      return [OPTIONS[n[0] as number] as string];
    case 'setsockopt':
      return [OPTIONS[n[0] as number] as string, String(n[1])];
    case 'fcntl':
      return [COMMANDS[n[0] as number] ?? String(n[0]), String(n[1])];
    case 'ioctl':
      return [n[0] === c.FIONREAD ? 'FIONREAD' : 'FIONBIO', String(n[1])];
    case 'epollCtl':
      return [EPOLL_OPS[n[0] as 0] ?? '?', c.pollMaskText(n[1] as number)];
    case 'epollWait':
      return [`max ${n[0]}`, waitText(n[1])];
    case 'poll':
      return [...fds.map((_, i) => c.pollMaskText(n[i] as number)), waitText(n[fds.length])];
    case 'select':
      return [...fds.map((_, i) => setsText(n[i] as number)), waitText(n[fds.length])];
    default:
      return n.map(String);
  }
}

const waitText = (wait: number | undefined): string => (wait === 1 ? 'wait' : 'no wait');

const setsText = (sets: number): string =>
  ['read', 'write', 'except'].filter((_, i) => (sets & (1 << i)) !== 0).join('|') || 'none';

function messageFlagsText(flags: number): string {
  const names: string[] = [];
  if ((flags & c.MSG_PEEK) !== 0) names.push('PEEK');
  if ((flags & c.MSG_DONTWAIT) !== 0) names.push('DONTWAIT');
  return names.join('|');
}

/** One line for people: `s1 = accept(l1, nonblock)`. */
export function stepText(step: Step): string {
  const made = step.makes.length === 0 ? '' : `${step.makes.join(', ')} = `;
  return `t${step.task}  ${made}${step.call}(${[...step.fds, ...argumentsText(step)].join(', ')})`;
}
