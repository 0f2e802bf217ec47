import { expect, test } from 'vitest';
import { simulatedArm } from '../../src/conform/arms.ts';
import { PORT_UNSPECIFIED, type Step } from '../../src/conform/program.ts';

const step = (call: Step['call'], fds: string[], numbers: number[], makes: string[] = []): Step => {
  return { task: 0, call, fds, numbers, makes };
};

/** What the kernel answers to each step. */
function answers(rolesAreKept: boolean, ...steps: readonly Step[]): unknown[] {
  const arm = simulatedArm(rolesAreKept);
  try {
    return steps.map((each) => arm.do(each, false).result);
  } finally {
    arm.end();
  }
}

const NONBLOCK = 1;
const SHUT_RD_AT = 1;
const socket = step('socket', [], [NONBLOCK], ['s']);
const listen = step('listen', ['s'], [1]);
const connect = step('connect', ['s'], [7001]);
const fails = [connect, connect];
const listensNoMore = step('shutdown', ['s'], [SHUT_RD_AT]);

test.each([
  [false, 0],
  [true, 'EINVAL'],
])('roles kept: %s, what has failed to connect listens: %s', (kept, answer) => {
  const seen = answers(kept, socket, ...fails, listen);
  expect(seen.slice(1)).toEqual(['EINPROGRESS', 'ECONNREFUSED', answer]);
});

test.each([
  [false, ['EINPROGRESS', 'ECONNREFUSED']],
  [true, ['EINVAL', 'EINVAL']],
])('roles kept: %s, what listens no more connects: %s', (kept, outcome) => {
  const seen = answers(kept, socket, listen, listensNoMore, ...fails);
  expect(seen.slice(1)).toEqual([0, 0, ...outcome]);
});

test.each([
  [false, 0],
  [true, 'EINVAL'],
])('roles kept: %s, what was accepted and disconnected listens: %s', (kept, answer) => {
  const listener = [step('socket', [], [0], ['l']), step('bind', ['l'], [7001])];
  const accepted = [step('accept', ['l'], [0], ['s']), step('connect', ['s'], [PORT_UNSPECIFIED])];
  const seen = answers(
    kept,
    ...listener,
    step('listen', ['l'], [1]),
    step('socket', [], [0], ['c']),
    step('connect', ['c'], [7001]),
    ...accepted,
    listen,
  );
  expect(seen.slice(-2)).toEqual([0, answer]);
});

test('where roles are kept, a socket may do again what it did', () => {
  expect(answers(true, socket, listen, listensNoMore, listen).slice(1)).toEqual([0, 0, 0]);
  expect(answers(true, socket, ...fails, ...fails).at(-1)).toBe('ECONNREFUSED');
});
