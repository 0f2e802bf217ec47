/** What a program takes from its peers and gives to them, by its own calls, whatever its kernel. */
import type { Body, Program, Sys, Syscall } from '../sys/index.ts';

/** Bytes of sockets, of a program and of all the threads and children that it makes. */
export interface Tally {
  takenBytes: number;
  givenBytes: number;
}

/** The program, counted. Calls that are counted are the ones that models make: recv and send. */
export function tallied<A extends readonly unknown[]>(
  program: (sys: Sys, ...rest: A) => Program,
  tally: Tally,
): (sys: Sys, ...rest: A) => Program {
  return (sys, ...rest) => program(counting(sys, tally), ...rest);
}

/** A `sys` that counts; all else is done by the one behind it. */
function counting(sys: Sys, tally: Tally): Sys {
  return new Proxy(sys, {
    get(target, name) {
      switch (name) {
        case 'recv':
          return (...args: Parameters<Sys['recv']>) =>
            noted(target.recv(...args), ({ length }) => {
              tally.takenBytes += length;
            });
        case 'send':
          return (...args: Parameters<Sys['send']>) =>
            noted(target.send(...args), (count) => {
              tally.givenBytes += count;
            });
        case 'spawn':
        case 'fork':
          return (body: (sys: Sys) => ReturnType<Body>, ...rest: []) =>
            target[name]((its) => body(counting(its, tally)), ...rest);
        default: {
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        }
      }
    },
  });
}

/** The call, whose answer is told to `note` on its way back. */
function noted<T>(call: Syscall<T>, note: (answer: T) => void): Iterable<unknown> {
  return {
    *[Symbol.iterator]() {
      const answer = yield* call;
      note(answer);
      return answer;
    },
  };
}
