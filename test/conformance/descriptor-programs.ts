import * as c from '../../src/sys/constants.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';
import { outcome, runSimulated } from '../kernel/harness.ts';

/** One call on a table of descriptors, its numbers and switches (0 or 1) behind it. */
export type Act =
  /** Of /dev/null: for writing too, and close-on-exec. */
  | readonly ['open', write: number, cloexec: number]
  | readonly ['dup' | 'close' | 'getFd' | 'getFl', fd: number]
  | readonly ['dup2', fd: number, to: number]
  | readonly ['dup3', fd: number, to: number, cloexec: number]
  /** F_DUPFD and F_DUPFD_CLOEXEC. */
  | readonly ['dupFrom', fd: number, from: number, cloexec: number]
  /** FD_CLOEXEC. */
  | readonly ['setFd', fd: number, cloexec: number]
  /** O_NONBLOCK. */
  | readonly ['setFl', fd: number, nonblock: number]
  /** What a child that was forked and has exec'd still has open. */
  | readonly ['exec'];

/** What a call gives, or the name of its errno. */
export type Outcome = number | string | readonly number[];

/** Numbers from here on are not given out (RLIMIT_NOFILE). */
export const LIMIT = 8;

function* perform(sys: Sys, act: Act): Program<Outcome> {
  switch (act[0]) {
    case 'open': {
      const flags = (act[1] === 1 ? c.O_RDWR : c.O_RDONLY) | (act[2] === 1 ? c.O_CLOEXEC : 0);
      return yield* outcome(sys.open('/dev/null', flags));
    }
    case 'dup':
      return yield* outcome(sys.dup(act[1]));
    case 'close':
      return yield* outcome(sys.close(act[1]));
    case 'dup2':
      return yield* outcome(sys.dup2(act[1], act[2]));
    case 'dup3':
      return yield* outcome(sys.dup3(act[1], act[2], { cloexec: act[3] === 1 }));
    case 'dupFrom':
      return yield* outcome(
        sys.fcntl(act[1], act[3] === 1 ? c.F_DUPFD_CLOEXEC : c.F_DUPFD, act[2]),
      );
    case 'getFd':
      return yield* outcome(sys.fcntl(act[1], c.F_GETFD));
    case 'setFd':
      return yield* outcome(sys.fcntl(act[1], c.F_SETFD, act[2]));
    case 'getFl':
      return yield* outcome(sys.fcntl(act[1], c.F_GETFL));
    case 'setFl':
      return yield* outcome(sys.fcntl(act[1], c.F_SETFL, act[2] === 1 ? c.O_NONBLOCK : 0));
    case 'exec':
      return yield* leftAfterExec(sys);
  }
}

function* leftAfterExec(sys: Sys): Program<number[]> {
  const left: number[] = [];
  const child = yield* sys.fork(function* (own) {
    yield* own.exec(function* (after) {
      for (let fd = 0; fd < LIMIT; fd++) {
        if (typeof (yield* outcome(after.fcntl(fd, c.F_GETFD))) === 'number') left.push(fd);
      }
    });
  });
  yield* sys.waitpid(child);
  return left;
}

/** What the simulated table, empty at first, makes of a program. */
export function simulatedOutcomes(acts: readonly Act[]): Outcome[] {
  return runSimulated(function* (sys) {
    for (let fd = 0; fd < 3; fd++) yield* sys.close(fd);
    yield* sys.setrlimit(LIMIT);
    const outcomes: Outcome[] = [];
    for (const act of acts) outcomes.push(yield* perform(sys, act));
    return outcomes;
  });
}
