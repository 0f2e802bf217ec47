import { errnoCode } from '../../sys/errno.ts';
import { OP } from '../../sys/ops.ts';
import type {
  Accepted,
  Address,
  EpollEvent,
  PollReady,
  Received,
  SelectReady,
} from '../../sys/sys.ts';
import { BELOW_ZERO, type Syscall } from '../../sys/syscall.ts';
import type { Task } from '../kernel/task.ts';

/** A syscall that came back, as its program saw it. */
export interface Sight {
  /** What was asked, as far as it is the same wherever the program runs: `recv 4`. */
  readonly asked: string;
  /** What came of it: an errno, a number, bytes, a set of what is ready. */
  readonly got: string;
  /** The address in it: its port stands for one connection, whatever its number is. */
  readonly address: Address | undefined;
}

/** Standard input, output and error are the world's own. */
const CONSOLE_FD_MAX = 2;
const TIME = 'time';
const DONE = 'done';

/**
 * What a program sees of a syscall.
 *
 * # What is not compared
 * Clocks; numbers of tasks and processes, which say in what order they were born; sizes of buffers;
 * what is written to the console, where addresses are printed.
 */
export function sightOf(task: Task, call: Syscall<unknown>, result: unknown): Sight {
  const address = call.op === OP.connect ? ownAddress(task, call) : addressIn(call, result);
  return { asked: askedText(call), got: gotText(call, result), address };
}

/**
 * The address that a connecting socket has been given. Its program may not have asked for it, but
 * it tells which connection it is that the other side accepts.
 */
export function ownAddress(task: Task, { a0: fd }: Syscall<unknown>): Address | undefined {
  const address = task.process.kernel.execute(task, task.sys.getsockname(fd));
  if (typeof address !== 'object' || address === null || !('port' in address)) return undefined;
  return address.port === 0 ? undefined : (address as Address);
}

function askedText(call: Syscall<unknown>): string {
  switch (call.op) {
    case OP.join:
    case OP.waitpid:
    case OP.kill:
    case OP.nanosleep:
      return call.name;
    case OP.load:
    case OP.store:
    case OP.update:
    case OP.lock:
    case OP.unlock:
    case OP.condWait:
    case OP.condSignal:
      return call.name;
    default: {
      const sends = call.data instanceof Uint8Array && call.a0 > CONSOLE_FD_MAX;
      return `${call.name} ${call.a0}${sends ? ` ${bytesText(call.data as Uint8Array)}` : ''}`;
    }
  }
}

function gotText(call: Syscall<unknown>, result: unknown): string {
  const { op } = call;
  if (op === OP.clockGettime || op === OP.nanosleep) return TIME;
  if (result === BELOW_ZERO) return String(call.progress);
  if (typeof result === 'number' && result < 0) return errnoCode(-result);
  switch (op) {
    case OP.spawn:
    case OP.fork:
    case OP.gettid:
    case OP.getpid:
    case OP.waitpid:
      return DONE;
    case OP.write:
      return call.a0 <= CONSOLE_FD_MAX ? DONE : String(result);
    case OP.getsockopt:
      return String(call.data).endsWith('BUF') ? DONE : String(result);
    case OP.accept:
      return `fd ${(result as Accepted).fd}`;
    case OP.getsockname:
    case OP.getpeername:
      return 'an address';
    case OP.recvfrom:
      return bytesText((result as Received).bytes);
    case OP.select: {
      const { read, write, except } = result as SelectReady;
      return `read ${set(read)}, write ${set(write)}, except ${set(except)}`;
    }
    case OP.poll:
      return set((result as PollReady[]).map(({ fd, revents }) => `${fd}:${revents}`));
    case OP.epollWait:
      // Their order is seen as well, by every program that takes them one by one.
      return (result as EpollEvent[]).map(({ data, events }) => `${data}:${events}`).join(' ');
    default:
      return valueText(result);
  }
}

function valueText(value: unknown): string {
  if (value instanceof Uint8Array) return bytesText(value);
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  // What cells hold beside plain values has no text that could be relied upon.
  return typeof value === 'object' && value !== null ? DONE : String(value);
}

/** All of them: two contents of one length are two sights. */
function bytesText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return `${bytes.length} B ${text}`;
}

const set = (members: readonly (number | string)[]): string =>
  `{${members.map(String).sort().join(' ')}}`;

function addressIn(call: Syscall<unknown>, result: unknown): Address | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  switch (call.op) {
    case OP.accept:
      return (result as Accepted).address;
    case OP.recvfrom:
      return (result as Received).address ?? undefined;
    case OP.getsockname:
    case OP.getpeername:
      return result as Address;
    default:
      return undefined;
  }
}
