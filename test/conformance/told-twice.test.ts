import { expect, test } from 'vitest';
import type { Seen } from '../../src/conform/arm.ts';
import { amongOutcomes } from '../../src/conform/outcomes.ts';
import type { Program, Step } from '../../src/conform/program.ts';
import { EPOLLET, EPOLLIN } from '../../src/sys/constants.ts';

const step = (
  task: number,
  call: Step['call'],
  fds: string[],
  numbers: number[],
  makes: string[] = [],
): Step => ({ task, call, fds, numbers, makes });

/** A sleeper in epoll_wait, and the socket it watches shut by another thread. */
const shutUnder = (events: number): Program => ({
  asleep: 'really',
  watch: 'each',
  steps: [
    step(0, 'socket', [], [0], ['l']),
    step(0, 'bind', ['l'], [7001]),
    step(0, 'listen', ['l'], [1]),
    step(0, 'socket', [], [0], ['c']),
    step(0, 'connect', ['c'], [7001]),
    step(0, 'accept', ['l'], [0], ['a']),
    step(0, 'epollCreate', [], [], ['e']),
    step(0, 'epollCtl', ['e', 'c'], [1, events]),
    step(1, 'epollWait', ['e'], [8, 1]),
    step(0, 'shutdown', ['c'], [3]),
  ],
});

/** What the simulated kernel sees when it goes its first way. */
function simulated(program: Program): Seen[] {
  const seen: Seen[] = [];
  for (const _ of program.steps) {
    const { rows } = amongOutcomes(program, seen);
    seen.push(rows.at(-1)?.simulated as Seen);
  }
  return seen;
}

/** The same, but that the epoll, number 6, is ready again after the last step. */
function again(seen: readonly Seen[]): Seen[] {
  const last = seen.at(-1) as Seen;
  const masks = String(last.masks).replace('6:0', '6:IN');
  expect(masks).not.toBe(last.masks);
  return [...seen.slice(0, -1), { ...last, masks }];
}

test('an event that a sleeper has had may come a second time, when its socket is told twice', () => {
  const program = shutUnder(EPOLLIN | EPOLLET);
  const seen = simulated(program);
  expect(amongOutcomes(program, seen).differs).toBe(false);
  expect(amongOutcomes(program, again(seen)).differs).toBe(false);
});

test('no other step may leave an event that the simulated kernel does not have', () => {
  const program = shutUnder(EPOLLIN | EPOLLET);
  const quiet = { ...program, steps: [...program.steps, step(0, 'getsockname', ['c'], [])] };
  const seen = simulated(quiet);
  expect(amongOutcomes(quiet, seen).differs).toBe(false);
  expect(amongOutcomes(quiet, again(seen)).differs).toBe(true);
});
