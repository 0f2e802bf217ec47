// A syscall is a value: made when its method is called, and asked for once, with `yield*` or
// `await`, then or later.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replay } from '../../src/sim/explore/attempt.ts';
import { recordRun } from '../../src/sim/explore/record.ts';
import type { Failure } from '../../src/sim/schedule/failure.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import { inMacrotask, runSync } from '../../src/sim/schedule/runtime/execute.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { userFrame } from '../../src/sim/schedule/user-frame.ts';
import { tellStory } from '../../src/sim/trace/story.ts';
import type { Body, Sys, Syscall } from '../../src/sys/index.ts';
import { alone } from './styles.ts';

const STYLES = ['generator', 'async'] as const;
type Style = (typeof STYLES)[number];

/** What a program does: it yields each call that it asks for, and gets the answer. */
type Steps = Generator<Syscall<number>, void, number>;

/** A program as a generator function or as an async one. */
function bodyOf(style: Style, program: (sys: Sys) => Steps): Body {
  if (style === 'generator') {
    return function* (sys) {
      const steps = program(sys);
      for (let next = steps.next(0); !next.done; ) next = steps.next(yield* next.value);
    };
  }
  return async (sys) => {
    const steps = program(sys);
    for (let next = steps.next(0); !next.done; ) next = steps.next(await next.value);
  };
}

/** A run under the calm strategy. */
function run(its: Scenario, fresh: boolean): Promise<RunResult> {
  return inMacrotask(() => {
    const strategy = new Calm();
    strategy.begin();
    return runSync(its, { strategy, fresh });
  });
}

/** The line of whoever calls this, and the lines after it. */
function lineAfter(lines: number): string {
  const frame = userFrame(String(new Error().stack).replace(/^.*lineAfter.*$/m, '')) as string;
  const [, file, line] = /^(.*):(\d+):\d+$/.exec(frame) as RegExpExecArray;
  return `${file}:${Number(line) + lines}`;
}

describe.each(STYLES)('a syscall that is made and never asked for, in %s functions', (style) => {
  let line = '';

  const forgetful = {
    'its task ends': alone(
      bodyOf(style, function* (sys) {
        const fd = yield sys.eventfd();
        line = lineAfter(1);
        void sys.close(fd);
        yield sys.getpid();
      }),
    ),
    'its task ends its process': alone(
      bodyOf(style, function* (sys) {
        line = lineAfter(1);
        void sys.close(0);
        yield sys.getpid();
        yield sys.exit(0);
      }),
    ),
    'a server goes on': scenario('a server that forgets', (world) => {
      const serve = bodyOf(style, function* (sys) {
        for (;;) {
          yield sys.nanosleep({ ms: 100 });
          line = lineAfter(1);
          void sys.close(0);
        }
      });
      world.process('p').spawn('task', serve, { daemon: true });
      const visit = bodyOf(style, function* (sys) {
        yield sys.nanosleep({ ms: 500 });
      });
      world.process('q').spawn('client', visit);
    }),
    'no task can move for want of it': scenario('a deadlock', (world) => {
      const told: number[] = [];
      const wait = bodyOf(style, function* (sys) {
        const fd = yield sys.eventfd();
        told.push(fd);
        line = lineAfter(1);
        void sys.close(fd);
        yield sys.read(fd, 8) as never;
      });
      world.process('p').spawn('task', wait);
    }),
  };

  it.each(Object.entries(forgetful))('is named, with its line: %s', async (_, its) => {
    for (const fresh of [false, true]) {
      const { failure } = await run(its, fresh);
      expect(failure?.message).toMatch(
        /^task died: UsageError: close was made and neither yielded nor awaited, so nothing was done; write `yield\* sys\.close\(…\)` in a gen/,
      );
      expect(failure?.signature).toMatch(/^died\/task\/UsageError: close was made/);
    }
    const { run: recorded, recorder } = await inMacrotask(() => recordRun(its, []));
    const failure = recorded.failure as Failure;
    expect(failure.where).toMatch(`${line}:`);
    expect(tellStory(failure, recorded.world, recorder).at).toBe(failure.where);
  });
});

/** Calls are made in this order and asked for in that; -1 makes one. */
const plan = fc
  .array(fc.nat(5), { maxLength: 40 })
  .map((draws) => draws.map((draw) => (draw > 2 ? -1 : draw)));

describe.each(STYLES)('a syscall that is kept, in %s functions', (style) => {
  it('does what it was made for, whenever it is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(plan, fc.boolean(), async (order, fresh) => {
        const answers: (readonly [number, number])[] = [];
        const keeps = bodyOf(style, function* (sys) {
          const kept: (readonly [number, Syscall<number>])[] = [];
          let made = 100;
          const rest = order.filter((which) => which < 0).map(() => 0);
          for (const which of [...order, ...rest]) {
            if (which < 0) kept.push([made, sys.dup2(0, made++)]);
            else if (kept.length > 0) {
              const [[number, call]] = kept.splice(which % kept.length, 1) as [
                readonly [number, Syscall<number>],
              ];
              answers.push([number, yield call]);
            } else yield sys.getpid();
          }
        });
        const { failure } = await run(alone(keeps), fresh);
        expect(failure?.message).toBeUndefined();
        for (const [number, answer] of answers) expect(answer).toBe(number);
        expect(answers).toHaveLength(order.filter((which) => which < 0).length);
      }),
      { numRuns: 200 },
    );
  });

  it('is used once: a second time at once is refused', async () => {
    const twice = bodyOf(style, function* (sys) {
      const call = sys.getpid();
      yield call;
      yield call;
    });
    for (const fresh of [false, true]) {
      const { failure } = await run(alone(twice), fresh);
      expect(failure?.message).toMatch(/this getpid was (asked for|awaited) twice/);
    }
  });

  it('is used once: a second time much later is refused where runs are replayed', async () => {
    const late = alone(
      bodyOf(style, function* (sys) {
        const call = sys.getpid();
        yield call;
        yield sys.gettid();
        const other = sys.gettid();
        yield call;
        yield other;
      }),
    );
    await inMacrotask(() => {
      for (const { failure } of [replay(late, []), recordRun(late, []).result]) {
        expect(failure?.message).toMatch(/this getpid was (asked for|awaited) twice/);
      }
    });
  });
});
