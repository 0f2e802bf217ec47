/**
 * Two greenlets that switch to each other by name (seed 001).
 *
 * One thread, and nobody waits: control goes where `switch` says. When the second one ends, its
 * parent goes on, and with it the program ends; the first is never come back to. A greenlet costs a
 * stack.
 */
import type { Program, Sys } from '../sys/index.ts';
import { Greenlet, withGreenlets } from './userland/greenlets.ts';
import { print } from './userland/text.ts';

export function* run(sys: Sys): Program {
  yield* withGreenlets(function* (main) {
    function* test1(): Program {
      yield* print(sys, '12');
      yield* gr2.switch();
      yield* print(sys, '34');
      yield* gr2.switch();
    }

    function* test2(): Program {
      yield* print(sys, '56');
      yield* gr1.switch();
      yield* print(sys, '78');
    }

    const gr1: Greenlet = new Greenlet(test1, main);
    const gr2: Greenlet = new Greenlet(test2, main);
    yield* gr1.switch();
  });
}

export const TRANSCRIPT: readonly string[] = ['12', '56', '34', '78'];
