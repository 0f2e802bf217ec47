import { InternalError } from '../../sys/errors.ts';
import type { Program } from '../../sys/sys.ts';
import { Syscall } from '../../sys/syscall.ts';

/** Drive `program` to its end at once; each of its syscalls is answered by `perform`. */
export function driveNow<T>(program: Program<T>, perform: (call: Syscall<unknown>) => unknown): T {
  let answer: unknown;
  for (;;) {
    const { done, value } = program.next(answer);
    if (done) return value;
    if (!(value instanceof Syscall)) throw new InternalError('a hop in the middle of a call');
    answer = perform(value);
  }
}
