import { errnoCode } from '../../sys/errno.ts';
import { OP } from '../../sys/ops.ts';
import type { Address, InetAddress } from '../../sys/sys.ts';
import { BELOW_ZERO, type Syscall } from '../../sys/syscall.ts';
import { isInet } from '../kernel/addresses.ts';
import { rowOf } from '../kernel/calls/table.ts';
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

/**
 * What a program sees of a syscall.
 *
 * # What is not compared
 * Clocks; numbers of tasks and processes, which say in what order they were born; sizes of buffers;
 * what is written to the console, where addresses are printed.
 */
export function sightOf(task: Task, call: Syscall<unknown>, result: unknown): Sight {
  const address = call.op === OP.connect ? ownAddress(task, call) : addressIn(call, result);
  return { asked: rowOf(call).askedAlike(call), got: gotText(call, result), address };
}

/**
 * The address that a connecting socket has been given. Its program may not have asked for it, but
 * it tells which connection it is that the other side accepts.
 */
export function ownAddress(
  { process }: Task,
  { a0: fd }: Syscall<unknown>,
): InetAddress | undefined {
  const address = process.kernel.nameOf(process, fd);
  if (typeof address === 'number' || !isInet(address) || address.port === 0) return undefined;
  return address;
}

function gotText(call: Syscall<unknown>, result: unknown): string {
  if (result === BELOW_ZERO) return String(call.progress);
  if (typeof result === 'number' && result < 0) return errnoCode(-result);
  return rowOf(call).seen(call, result);
}

function addressIn(call: Syscall<unknown>, result: unknown): Address | undefined {
  return typeof result === 'object' && result !== null ? rowOf(call).addressIn(result) : undefined;
}
