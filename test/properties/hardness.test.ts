// No argument, of whatever type, ends a run with an error of the kernel's: the program is told
// which call was asked for wrongly. HEDDLE_HARDNESS says how many programs; default 3,000.

import { expect, it } from 'vitest';
import { attempt } from '../../src/sim/explore/attempt.ts';
import { Random } from '../../src/sim/schedule/random.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import { OP_NAMES, type Program, type Sys, SysError, UsageError } from '../../src/sys/index.ts';
import { ANY_VALUES, circle, detached } from '../endure/any-values.ts';

const PROGRAMS = Number(process.env['HEDDLE_HARDNESS'] ?? 3_000);
/** Programs of several tasks. */
const TOGETHER = Math.ceil(PROGRAMS / 3);
/** They end or replace what the others are asked of. */
const LEFT_OUT: ReadonlySet<string> = new Set(['exit', 'exec']);

/** A program that makes one call with these arguments, on a few descriptors. */
function asks(name: string, args: readonly unknown[]): RunResult {
  const each = scenario('asks', (world) => {
    world.process('p').spawn('p', function* (sys: Sys) {
      yield* sys.socket('inet', 'stream', { nonblock: true });
      yield* sys.pipe({ nonblock: true });
      yield* sys.epollCreate();
      // Whatever it sleeps in, it is not for ever.
      yield* sys.spawn(function* ends(its) {
        yield* its.nanosleep({ ms: 1 });
        yield* its.exit(0);
      });
      const call = Reflect.get(sys, name) as (...given: readonly unknown[]) => Program<unknown>;
      try {
        yield* Reflect.apply(call, sys, args) as Program<unknown>;
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
      }
    });
  });
  return attempt(each, new Calm(), { stepsMax: 2_000 }) as RunResult;
}

it(
  `${PROGRAMS} calls with arguments of any type are answered, or refused by name`,
  () =>
    inMacrotask(() => {
      const random = new Random(20261129);
      const below = (n: number): number => random.below(n);
      const names = OP_NAMES.filter((name) => !LEFT_OUT.has(name));
      const refused = new Set<string>();
      for (let i = 0; i < PROGRAMS; i++) {
        const name = names[below(names.length)] as string;
        const args = Array.from({ length: below(5) }, () => ANY_VALUES[below(ANY_VALUES.length)]);
        const { failure } = asks(name, args);
        if (failure?.kind !== 'died') continue;
        expect(failure.error, `${name}: ${failure.message}`).toBeInstanceOf(UsageError);
        expect(failure.message).toMatch(/^(p|\w+#?\d*) died: \w+: \S/);
        refused.add(name);
      }
      // Those that take nothing that could be wrong are few.
      expect(refused.size).toBeGreaterThan(40);
    }),
  300_000,
);

/** Three tasks, one of them a child process, that make such calls on the same descriptors. */
function askTogether(random: Random): RunResult {
  const names = OP_NAMES.filter((name) => !LEFT_OUT.has(name));
  const calls = Array.from({ length: 3 }, () =>
    Array.from({ length: 1 + random.below(4) }, () => ({
      name: names[random.below(names.length)] as string,
      args: Array.from(
        { length: random.below(5) },
        () => ANY_VALUES[random.below(ANY_VALUES.length)],
      ),
    })),
  );
  const each = scenario('ask together', (world) => {
    world.process('p').spawn('p', function* (sys: Sys) {
      yield* sys.socketpair('stream', { nonblock: random.below(2) === 0 });
      yield* sys.pipe({ nonblock: random.below(2) === 0 });
      yield* sys.epollCreate();
      for (const [i, own] of calls.entries()) {
        const body = function* (its: Sys): Program {
          for (const { name, args } of own) {
            const call = Reflect.get(its, name) as (
              ...given: readonly unknown[]
            ) => Program<unknown>;
            try {
              yield* Reflect.apply(call, its, args) as Program<unknown>;
            } catch (error) {
              if (!(error instanceof SysError) && !(error instanceof UsageError)) throw error;
            }
          }
        };
        if (i === 2) yield* sys.fork(body);
        else yield* sys.spawn(body);
      }
      yield* sys.nanosleep({ ms: 1 });
      yield* sys.exit(0);
    });
  });
  const strategy = new RandomWalk(random.below(2 ** 31));
  return attempt(each, strategy, { stepsMax: 2_000 }) as RunResult;
}

it(
  `${TOGETHER} programs of three tasks that ask for anything end, and by no error of the kernel's`,
  () =>
    inMacrotask(() => {
      const random = new Random(20261130);
      for (let i = 0; i < TOGETHER; i++) {
        const { failure } = askTogether(random);
        if (failure?.kind === 'died') {
          expect(failure.error, failure.message).toBeInstanceOf(UsageError);
        }
      }
    }),
  300_000,
);

it('what is wrong is named: the call, what of it, and what was given', () => {
  const told = (name: string, ...args: readonly unknown[]): string | undefined =>
    asks(name, args).failure?.message;
  expect(told('close', Symbol('s'))).toMatch(
    /close: its descriptors, counts and flags must be numbers, not Symbol\(s\)/,
  );
  expect(told('send', 3, new Float64Array(2))).toMatch(/send: its bytes must be a Uint8Array/);
  expect(told('send', 3, detached())).toMatch(/send: its bytes are gone/);
  expect(told('poll', [null])).toMatch(/poll: its entries must be \{ fd, events \}, not null/);
  expect(told('lock', {})).toMatch(/lock: its mutex must be a Mutex \(world.mutex makes one\)/);
  expect(told('recv', 3, 10n)).toMatch(/recv: its number of bytes .* not the BigInt 10n/);
  expect(told('bind', 3, circle)).toMatch(/bind address option itself/);
});
