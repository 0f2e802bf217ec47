import { attempt } from '../../src/sim/explore/attempt.ts';
import { FAULT_NAMES } from '../../src/sim/kernel/choices.ts';
import { Random } from '../../src/sim/schedule/random.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import { InternalError, SysError, UsageError } from '../../src/sys/errors.ts';
import type { Cell, Condition, Mutex } from '../../src/sys/memory.ts';
import { Sys } from '../../src/sys/sys.ts';
import { ANY_VALUES } from './any-values.ts';
import { line, type Part, Tally } from './part.ts';

/** What calls have in common, made for each world. */
interface Shared {
  readonly cell: Cell<number>;
  readonly mutex: Mutex;
  readonly condition: Condition;
  readonly words: Int32Array;
}

type Make = (random: Random, shared: Shared) => unknown;

const oneOf =
  (...values: readonly unknown[]): Make =>
  (random) =>
    values[random.below(values.length)];

/** Numbers that programs have by mistake. */
const number = oneOf(
  ...[0, 1, 2, 3, 4, 5, 6, 7, 9, -1, -2, 100, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 40],
);
const descriptor = oneOf(...[3, 4, 5, 6, 7, 8], ...[0, 1, 2, -1, 1023, 1024, 2 ** 31 - 1]);
const bytes = oneOf(...[0, 1, 8, 100, 70_000].map((size) => new Uint8Array(size)));
const timeout = oneOf(0, 1, 50, -1, null);
const address = oneOf(
  ...[0, 7000, 7001, 65_536, -1].map((port) => ({ host: '127.0.0.1', port })),
  ...[{ path: '/a' }, { path: '' }, { path: 'x'.repeat(200) }],
);
const entry: Make = (random, shared) => ({
  fd: descriptor(random, shared),
  events: number(random, shared),
});
const several =
  (make: Make): Make =>
  (random, shared) =>
    Array.from({ length: random.below(4) }, () => make(random, shared));

/** A value of the right type for each parameter of a syscall, by its name. */
const PARAMETERS: Readonly<Record<string, Make>> = {
  family: oneOf('inet', 'unix'),
  type: oneOf('stream', 'dgram', 'seqpacket'),
  flags: oneOf({}, { nonblock: true }, { cloexec: true }),
  fd: descriptor,
  epfd: descriptor,
  to: descriptor,
  address,
  bytes,
  how: oneOf('rd', 'wr', 'rdwr'),
  option: oneOf(
    ...['SO_ERROR', 'SO_LINGER', 'SO_REUSEADDR', 'SO_RCVLOWAT', 'TCP_NODELAY', 'TCP_INFO'],
  ),
  sets: (random, shared) => ({
    read: several(descriptor)(random, shared),
    write: several(descriptor)(random, shared),
  }),
  timeoutMs: timeout,
  entries: several(entry),
  op: oneOf('add', 'mod', 'del'),
  duration: oneOf({ ms: 0 }, { ms: 5 }, { s: 1000 }, { us: 1 }),
  words: (_random, { words }) => words,
  index: oneOf(0, 1),
  cell: (_random, { cell }) => cell,
  mutex: (_random, { mutex }) => mutex,
  condition: (_random, { condition }) => condition,
  look: () => (value: number) => value,
  // A cell may hold anything by then.
  change: () => (value: unknown) => (typeof value === 'number' ? value + 1 : value),
  path: oneOf('/dev/null', '/a', '', 'nothing'),
  name: oneOf('m', '', 'x'.repeat(300)),
  from: oneOf('set', 'cur', 'end'),
  spec: oneOf({}, { value: { ms: 5 } }),
  clock: oneOf('monotonic', 'realtime'),
};

/** Calls that end their task, or whose arguments are programs of their own. */
const LEFT_OUT = [
  'constructor',
  'exit',
  'exec',
  'fork',
  'spawn',
  'touches',
  'ringSetup',
  'ringSubmit',
];

/** All that a program may ask for, each with the names of its parameters. */
const CALLS = Object.entries(Object.getOwnPropertyDescriptors(Sys.prototype)).flatMap(
  ([name, { value, enumerable }]) => {
    if (typeof value !== 'function' || enumerable === true || LEFT_OUT.includes(name)) return [];
    const [, inside = ''] = /^[^(]*\(([^)]*)\)/.exec(String(value)) ?? [];
    const names = inside.split(',').map((each) => each.replace(/=.*/, '').trim());
    return [{ name: name as keyof Sys, parameters: names.filter((each) => each !== '') }];
  },
);

/** Of what type arguments are. */
type Given = 'right' | 'any';

/** Three tasks that ask for anything, with absurd numbers; `any` has values of any type besides. */
function absurd(seed: number, given: Given, ours: (error: unknown, call: string) => void) {
  const argument = (name: string, random: Random, shared: Shared): unknown =>
    given === 'any' && random.below(2) === 0
      ? ANY_VALUES[random.below(ANY_VALUES.length)]
      : (PARAMETERS[name] ?? number)(random, shared);
  const body = (task: number, shared: Shared) =>
    function* (sys: Sys) {
      const random = new Random(seed * 3 + task);
      for (let steps = 5 + random.below(30); steps > 0; steps--) {
        const { name, parameters } = CALLS[random.below(CALLS.length)] as (typeof CALLS)[0];
        const args = parameters.map((each) => argument(each, random, shared));
        try {
          yield* (sys[name] as (...args: unknown[]) => Iterable<never>)(...args);
        } catch (error) {
          // A program may catch whatever a call throws; but heddle throws nothing else.
          const isClear = error instanceof SysError || error instanceof UsageError;
          if (!isClear || error instanceof InternalError) ours(error, name);
        }
      }
    };
  return scenario(
    `absurd ${seed}`,
    (world) => {
      const home = world.process('p');
      const shared: Shared = {
        cell: world.cell('cell', 0),
        mutex: world.mutex('mutex'),
        condition: world.condition('condition'),
        words: new Int32Array(2),
      };
      for (let task = 0; task < 3; task++) home.spawn(`t${task}`, body(task, shared));
    },
    { faults: seed % 2 === 0 ? FAULT_NAMES : [], stepsMax: 2_000 },
  );
}

/** Absurd programs of syscalls: an errno, an error of the program, never one of ours. */
function absurdPrograms(given: Given): Part {
  return {
    name: `syscalls, ${given} types`,
    share: 7,
    goal: 100_000,
    pieces: 2,
    async run({ random, isOver, trying }) {
      const tally = new Tally();
      do {
        const seed = random.below(2 ** 29);
        trying(`seed ${seed}`);
        await inMacrotask(() => {
          tally.tried++;
          const ours = (error: unknown, call: string): void =>
            tally.bad('error of heddle', `seed ${seed}, ${call}: ${line(error)}`);
          try {
            const { failure } = attempt(absurd(seed, given, ours), new RandomWalk(seed, 1)) ?? {};
            if (failure?.error instanceof InternalError) ours(failure.error, 'the run');
            else tally.add(failure === undefined ? 'ended' : failure.kind);
          } catch (error) {
            ours(error, 'the run');
          }
        });
      } while (!isOver(tally.tried));
      return tally.figures;
    },
  };
}

/** Arguments of the right types, with numbers that programs have by mistake. */
export const rightPrograms: Part = absurdPrograms('right');
/** Arguments of any type. */
export const anyPrograms: Part = absurdPrograms('any');
