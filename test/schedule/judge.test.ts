import { describe, expect, it } from 'vitest';
import { attempt } from '../../src/sim/explore/attempt.ts';
import { check } from '../../src/sim/explore/check.ts';
import { ScheduleFailure } from '../../src/sim/explore/reporting.ts';
import type { Failure } from '../../src/sim/schedule/failure.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { type ScenarioOptions, scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import type { World } from '../../src/sim/schedule/world.ts';
import type { Body, Program, Sys } from '../../src/sys/index.ts';

/** How the calm run of a small world fails. */
function failureOf(
  build: (world: World) => void,
  options: ScenarioOptions = {},
): Failure | undefined {
  return (attempt(scenario('judged', build, options), new Calm()) as RunResult).failure;
}

const asleep = function* (sys: Sys): Program {
  const [readEnd] = yield* sys.pipe();
  yield* sys.read(readEnd, 1);
};

/** What can be thrown, and how a report tells it. */
const THROWN: readonly (readonly [what: string, make: () => unknown, text: string])[] = [
  ['an object without a prototype', () => Object.create(null), 'object a value that has no text'],
  [
    'what throws when its text is asked for',
    () => ({
      toString() {
        throw new Error('in toString');
      },
    }),
    'object a value that has no text',
  ],
  [
    'a proxy that was revoked',
    () => {
      const { proxy, revoke } = Proxy.revocable(new Error('e'), {});
      revoke();
      return proxy;
    },
    'Error: something was thrown that cannot be told: a value that has no text',
  ],
  [
    'an error whose message throws',
    () =>
      Object.defineProperty(new Error('e'), 'message', {
        get() {
          throw new Error('in a getter');
        },
      }),
    'Error: something was thrown that cannot be told: a value that has no text',
  ],
  [
    'an error whose message is a symbol',
    () => Object.assign(new Error('e'), { message: Symbol('s') }),
    'Error: something was thrown that cannot be told: a value that has no text',
  ],
  ['nothing', () => undefined, 'undefined undefined'],
];

describe.each(THROWN)('%s, thrown', (_what, make, text) => {
  it('by a generator, an async task or a callback is a death', async () => {
    const bodies: readonly Body[] = [
      function* () {
        throw make();
      },
      async () => {
        throw make();
      },
      async (sys) => {
        setTimeout(() => {
          throw make();
        }, 1);
        await sys.nanosleep({ ms: 5 });
      },
    ];
    for (const body of bodies) {
      const its = scenario('it throws', (world) => world.process('p').spawn('p', body));
      const { failure } = (await inMacrotask(() => attempt(its, new Calm()))) as RunResult;
      expect(failure?.kind).toBe('died');
      expect(failure?.message).toContain(text.replace(/^(object|undefined) /, ''));
      const told = await check(its, { runs: 1, folder: false }).catch((error) => error);
      expect(told).toBeInstanceOf(ScheduleFailure);
    }
  });

  it('by a law is the law that threw', () => {
    const failure = failureOf((world) => {
      world.finally('its law', () => {
        throw make();
      });
    });
    expect(failure).toMatchObject({ kind: 'law-threw', law: 'its law' });
    expect(failure?.message).toContain(`it threw ${text}; a law returns`);
  });
});

describe('found without being asked', () => {
  it('deadlock: who waits for what, and when the world stopped', () => {
    const failure = failureOf((world) => {
      world.process('p').spawn('one', function* (sys) {
        yield* sys.nanosleep({ ms: 3 });
        yield* asleep(sys);
      });
    });
    expect(failure).toMatchObject({
      kind: 'deadlock',
      task: 'one',
      message:
        'no task can move: one waits read fd 3; no timer is due and nothing is in flight, the world stopped at 3 ms',
    });
  });

  it('no deadlock: a server that waits for its next client', () => {
    const failure = failureOf((world) => {
      world.process('p').spawn('server', function* (sys) {
        const fd = yield* sys.socket('inet', 'stream');
        yield* sys.listen(fd);
        yield* sys.accept(fd);
      });
    });
    expect(failure).toBeUndefined();
  });

  it('no deadlock: a task that was declared a daemon; and a server declared none is one', () => {
    expect(
      failureOf((world) => world.process('p').spawn('d', asleep, { daemon: true })),
    ).toBeUndefined();
    const failure = failureOf((world) => {
      world.process('p').spawn(
        'server',
        function* (sys) {
          const fd = yield* sys.socket('inet', 'stream');
          yield* sys.listen(fd);
          yield* sys.accept(fd);
        },
        { daemon: false },
      );
    });
    expect(failure?.message).toContain('server waits accept fd 3');
  });

  it('a task that died, with the error it threw', () => {
    const boom = new RangeError('out of cheese');
    const failure = failureOf((world) => {
      world.process('p').spawn('t', function* (sys) {
        yield* sys.getpid();
        throw boom;
      });
    });
    expect(failure).toMatchObject({ kind: 'died', task: 't', step: 1, error: boom });
    expect(failure?.message).toBe('t died: RangeError: out of cheese');
  });

  it('an errno nobody caught', () => {
    const failure = failureOf((world) => {
      world.process('p').spawn('t', function* (sys) {
        yield* sys.close(77);
      });
    });
    expect(failure?.message).toBe('t died: close EBADF (bad file descriptor)');
    expect(failure?.signature).toBe('died/t/close EBADF');
  });

  it('livelock: a run that does not end, and who could still move', () => {
    const spin = function* (sys: Sys): Program {
      for (;;) yield* sys.schedYield();
    };
    const failure = failureOf(
      (world) => {
        world.process('p').spawn('a', spin);
        world.process('p').spawn('b', spin);
      },
      { stepsMax: 500 },
    );
    expect(failure).toMatchObject({ kind: 'livelock', step: 500 });
    expect(failure?.message).toMatch(/did not end within 500 steps: a, b could still move/);
  });

  it('nothing of that while time can help: a sleeper and a spinning task end both', () => {
    let woken = false;
    const failure = failureOf((world) => {
      world.process('p').spawn('spinner', function* (sys) {
        while (!woken) yield* sys.getpid();
      });
      world.process('p').spawn('sleeper', function* (sys) {
        yield* sys.nanosleep({ s: 60 });
        woken = true;
      });
    });
    expect(failure).toBeUndefined();
  });
});

describe('laws', () => {
  const stepping = (world: World, notes: { steps: number }): void => {
    world.process('p').spawn('t', function* (sys) {
      for (let i = 0; i < 5; i++) {
        yield* sys.getpid();
        notes.steps++;
      }
    });
  };

  it('always: at the first step that breaks it', () => {
    const notes = { steps: 0 };
    const failure = failureOf((world) => {
      stepping(world, notes);
      world.always('fewer than three', () => notes.steps < 3);
    });
    expect(failure).toMatchObject({ kind: 'law', law: 'fewer than three', step: 3, task: 't' });
  });

  it('eventually: once is enough, and never is a failure', () => {
    const notes = { steps: 0 };
    const build = (n: number) => (world: World) => {
      notes.steps = 0;
      stepping(world, notes);
      world.eventually(`passes ${n}`, () => notes.steps === n);
    };
    expect(failureOf(build(3))).toBeUndefined();
    expect(failureOf(build(9))).toMatchObject({ kind: 'law', law: 'passes 9' });
  });

  it('finally: with the words of the law that answers with a sentence', () => {
    const failure = failureOf((world) => {
      stepping(world, { steps: 0 });
      world.finally('nothing is lost', () => 'two bytes were lost');
    });
    expect(failure).toMatchObject({ law: 'nothing is lost', message: 'two bytes were lost' });
  });

  it('may assert as tests do', () => {
    const failure = failureOf((world) => world.finally('sums', () => expect(1 + 1).toBe(3)));
    expect(failure).toMatchObject({ kind: 'law', law: 'sums' });
    expect(failure?.message).toContain('expected 2 to be 3');
  });

  it.each<[string, () => unknown, 'law' | 'law-threw' | undefined]>([
    ['nothing', () => undefined, undefined],
    ['what an expectation gives back', () => expect(1).toBe(1), undefined],
    ['false', () => false, 'law'],
    ['a sentence', () => 'one is missing', 'law'],
    ['an empty one', () => '', 'law'],
    ['null', () => null, 'law'],
    ['a number', () => 1, 'law'],
    ['a promise, whatever comes of it', async () => true, 'law-threw'],
  ])('that give %s', (_, answer, kind) => {
    const failure = failureOf((world) => world.finally('its law', answer as () => boolean));
    expect(failure?.kind).toBe(kind);
    if (kind === 'law-threw') expect(failure?.message).toContain('it gave a promise');
  });

  it('that throw something else are reported as such: what, where, what next', () => {
    const failure = failureOf((world) => {
      world.finally('the cat is fed', () => (undefined as unknown as { fed: boolean }).fed);
    });
    expect(failure?.kind).toBe('law-threw');
    expect(failure?.message).toMatch(
      /^the law "the cat is fed" did not answer, it threw TypeError: .*a law returns true or false, or throws an assertion error$/,
    );
  });

  it('that an unfulfilled promise stands behind a deadlock is said', () => {
    const failure = failureOf((world) => {
      world.process('p').spawn('t', asleep);
      world.eventually('everybody is served', () => false);
    });
    expect(failure).toMatchObject({ kind: 'deadlock', law: 'everybody is served' });
  });
});

describe('a program that breaks the rules of the seam', () => {
  it.each<[string, (sys: Sys, other: Sys) => Program, RegExp]>([
    [
      'yields without a star',
      function* (sys) {
        yield sys.getpid() as never;
        yield 7 as never;
      },
      /t yielded number 7, which is no syscall; write `yield\* sys/,
    ],
    [
      'yields a promise',
      function* () {
        yield Promise.resolve() as never;
      },
      /t yielded a promise, which is no syscall/,
    ],
    [
      "uses another task's sys",
      function* (_sys, other) {
        yield* other.getpid();
      },
      /t used the sys of other \(getpid\)/,
    ],
    [
      'uses one syscall twice',
      function* (sys) {
        const call = sys.getpid();
        yield* call;
        yield* call;
      },
      /this getpid was asked for twice.*make a new one by calling sys\.getpid/,
    ],
  ])('%s', (_what, body, message) => {
    let others: Sys | undefined;
    const failure = failureOf((world) => {
      world.process('q').spawn('other', function* (sys) {
        others = sys;
        yield* sys.getpid();
      });
      world.process('p').spawn('t', (sys) => body(sys, others as Sys));
    });
    expect(failure?.kind).toBe('died');
    expect(failure?.message).toMatch(message);
  });

  it('is told which faults there are when it names one that is not', () => {
    expect(() => failureOf(() => {}, { faults: ['gremlins' as never] })).toThrow(
      /there is no fault "gremlins"; there are: shortRead, /,
    );
  });

  it('may not start tasks from the world once the run has begun', () => {
    const failure = failureOf((world) => {
      const home = world.process('p');
      home.spawn('t', function* (sys) {
        yield* sys.getpid();
        home.spawn('late', asleep);
      });
    });
    expect(failure?.message).toMatch(
      /came after the run had begun; a running task starts others with sys.spawn/,
    );
  });
});
