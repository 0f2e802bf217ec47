import { attempt } from '../../src/sim/explore/attempt.ts';
import { FAULT_NAMES } from '../../src/sim/kernel/choices.ts';
import { Random } from '../../src/sim/schedule/random.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import { InternalError } from '../../src/sys/errors.ts';
import { Sys } from '../../src/sys/sys.ts';
import { line, type Part, Tally } from './part.ts';

/** All that a program may ask for. */
const CALLS = Object.getOwnPropertyNames(Sys.prototype).filter(
  (name) => name !== 'constructor' && !name.startsWith('_'),
);

/** Arguments that are right now and then. */
const ARGUMENTS: readonly (() => unknown)[] = [
  ...[0, 1, 2, 3, 4, 5, 6, 7, -1, 2 ** 31 - 1, 2 ** 31, 2 ** 53, 1.5, Number.NaN].map(
    (n) => () => n,
  ),
  ...['inet', 'stream', 'unix', 'dgram', 'rd', 'wr', 'add', 'set', '', '__proto__'].map(
    (t) => () => t,
  ),
  ...[undefined, null, true, 1n, Symbol('s')].map((value) => () => value),
  ...[() => [], () => ({}), () => [null], () => ({ read: 5 }), () => Object.create(null)],
  ...[() => new Uint8Array(8), () => new Float64Array(2), () => new DataView(new ArrayBuffer(4))],
  ...[() => ({ host: '127.0.0.1', port: 7000 }), () => ({ ms: 5 }), () => ({ nonblock: true })],
  ...[() => [{ fd: 3, events: 1 }], () => ({ read: [3], write: [4] }), () => new Int32Array(2)],
];

/** Three tasks that ask for anything, with anything. */
function absurd(seed: number): Scenario {
  const body = (task: number) =>
    function* (sys: Sys) {
      const random = new Random(seed * 3 + task);
      for (let steps = 5 + random.below(30); steps > 0; steps--) {
        const name = CALLS[random.below(CALLS.length)] as keyof Sys;
        const given = Array.from({ length: random.below(5) }, () =>
          (ARGUMENTS[random.below(ARGUMENTS.length)] as () => unknown)(),
        );
        try {
          const call = (sys[name] as (...args: unknown[]) => Iterable<unknown>)(...given);
          yield* call as Iterable<never>;
        } catch {
          // A program may catch whatever a call throws.
        }
      }
    };
  return scenario(
    `absurd ${seed}`,
    (world) => {
      const home = world.process('p');
      for (let task = 0; task < 3; task++) home.spawn(`t${task}`, body(task));
    },
    { faults: seed % 2 === 0 ? FAULT_NAMES : [], stepsMax: 2_000 },
  );
}

/** Programs of syscalls of any type: an errno, an error in the program, never one of ours. */
export const programs: Part = {
  name: 'syscall programs of any type',
  share: 10,
  async run({ random, isOver }) {
    const tally = new Tally();
    const wrong: string[] = [];
    let tried = 0;
    do {
      const seed = random.below(2 ** 29);
      await inMacrotask(() => {
        tried++;
        try {
          const { failure } = attempt(absurd(seed), new RandomWalk(seed, 1)) ?? {};
          if (failure?.error instanceof InternalError)
            wrong.push(`seed ${seed}: ${line(failure.error)}`);
          else tally.add(failure === undefined ? 'ended' : failure.kind);
        } catch (error) {
          wrong.push(`seed ${seed}: ${line(error)}`);
        }
      });
    } while (!isOver());
    return { what: this.name, tried, came: `${tally}`, wrong };
  },
};
