import { InternalError } from '../../sys/errors.ts';
import type { Program } from '../../sys/sys.ts';
import { Syscall } from '../../sys/syscall.ts';
import type { Guest } from '../host/guest.ts';
import type { FromGuest, ToGuest } from '../wire.ts';

const NO_BYTES = new Uint8Array(0);

/** What the event loop yields when it is the program's turn. */
export class Entry {
  readonly message: ToGuest;
  readonly bytes: Uint8Array;

  constructor(message: ToGuest, bytes: Uint8Array) {
    this.message = message;
    this.bytes = bytes;
  }
}

/** The program lives in this very thread: whoever drives the loop gives it its turn, and comes back with what it has said. */
export class DirectGuest implements Guest {
  readonly bytes: Uint8Array = NO_BYTES;

  *enter(message: ToGuest, bytes: Uint8Array): Program<FromGuest> {
    return (yield new Entry(message, bytes) as never) as FromGuest;
  }
}

/** Drive `program` to its end at once; each of its syscalls is answered by `perform`. */
export function driveNow<T>(program: Program<T>, perform: (call: Syscall<unknown>) => unknown): T {
  let answer: unknown;
  for (;;) {
    const { done, value } = program.next(answer);
    if (done) return value;
    if (!(value instanceof Syscall)) throw new InternalError('an entry in the middle of a call');
    answer = perform(value);
  }
}
