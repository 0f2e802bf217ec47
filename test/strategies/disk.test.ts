import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { DepthFirst } from '../../src/sim/schedule/strategies/depth-first.ts';
import * as c from '../../src/sys/constants.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';
import type { Syscall } from '../../src/sys/syscall.ts';
import { bytes, outcome } from '../kernel/harness.ts';
import { search, searchReduced } from './exact.ts';

/** What threads share: a file that both have open, once for both and once each. */
interface Open {
  readonly shared: number;
  readonly own: number;
  readonly i: number;
}

const NEW = c.O_RDWR | c.O_CREAT;

const CALLS: Readonly<Record<string, (sys: Sys, open: Open) => Syscall<unknown>>> = {
  create: (sys) => sys.open('/b', NEW),
  'create another': (sys, { i }) => sys.open(`/n${i}`, NEW),
  exclusive: (sys) => sys.open('/b', NEW | c.O_EXCL),
  empty: (sys) => sys.open('/a', c.O_RDWR | c.O_TRUNC),
  look: (sys) => sys.open('/b', c.O_RDONLY),
  write: (sys, { shared, i }) => sys.write(shared, bytes('xyz'.slice(i))),
  read: (sys, { shared }) => sys.read(shared, 2),
  'write alone': (sys, { own, i }) => sys.write(own, bytes(`${i}`)),
  pread: (sys, { own }) => sys.pread(own, 4, 0),
  pwrite: (sys, { own, i }) => sys.pwrite(own, bytes(`p${i}`), 1),
  append: (sys, { shared }) => sys.fcntl(shared, c.F_SETFL, c.O_APPEND),
  end: (sys, { own }) => sys.lseek(own, 0, 'end'),
  left: (sys, { shared }) => sys.ioctl(shared, c.FIONREAD),
  cut: (sys, { own }) => sys.ftruncate(own, 1),
  sync: (sys, { own }) => sys.fsync(own),
  fstat: (sys, { own }) => sys.fstat(own),
  stat: (sys) => sys.stat('/d/b'),
  list: (sys) => sys.readdir('/d'),
  rename: (sys) => sys.rename('/a', '/b'),
  'move in': (sys) => sys.rename('/a', '/d/b'),
  'move out': (sys) => sys.rename('/d', '/e'),
  link: (sys) => sys.link('/a', '/d/b'),
  unlink: (sys) => sys.unlink('/a'),
  mkdir: (sys) => sys.mkdir('/d/e'),
  rmdir: (sys) => sys.rmdir('/d'),
  lock: (sys, { own }) => sys.flock(own, c.LOCK_EX),
  'lock both': (sys, { shared }) => sys.flock(shared, c.LOCK_SH),
  'try to lock': (sys, { own }) => sys.flock(own, c.LOCK_SH | c.LOCK_NB),
  unlock: (sys, { own }) => sys.flock(own, c.LOCK_UN),
  close: (sys, { own }) => sys.close(own),
  'close both': (sys, { shared }) => sys.close(shared),
};

const programs = fc.array(
  fc.array(fc.constantFrom(...Object.keys(CALLS)), { minLength: 1, maxLength: 3 }),
  { minLength: 2, maxLength: 3 },
);

function asScenario(program: readonly (readonly string[])[]): Scenario {
  return scenario(JSON.stringify(program), (world) => {
    world.process('p').spawn('main', function* main(sys) {
      const shared = yield* sys.open('/a', NEW);
      yield* sys.write(shared, bytes('abcd'));
      yield* sys.lseek(shared, 0);
      yield* sys.mkdir('/d');
      const opened: number[] = [];
      for (const _ of program) opened.push(yield* sys.open('/a'));
      for (const [i, calls] of program.entries()) {
        const own = opened[i] as number;
        yield* sys.spawn(
          function* work(thread: Sys): Program {
            for (const call of calls)
              yield* outcome(CALLS[call]?.(thread, { shared, own, i }) as never);
          },
          { name: `t${i}` },
        );
      }
    });
  });
}

/** Whether all runs could be made. */
function compare(program: readonly (readonly string[])[], runsMax: number): boolean {
  const world = asScenario(program);
  const plain = search(world, new DepthFirst(), runsMax);
  if (plain === undefined) return false;
  for (const tries of ['all', 'races'] as const) {
    const reduced = searchReduced(world, { tries }, 3_000);
    expect([...(reduced?.outcomes ?? [])].sort()).toEqual([...plain.outcomes].sort());
    expect([...(reduced?.failures ?? [])].sort()).toEqual([...plain.failures].sort());
  }
  return true;
}

it('partial-order reduction loses no outcome of programs over files and names', () => {
  let compared = 0;
  const counts = fc.property(programs, (program) => {
    if (compare(program, 600)) compared++;
  });
  fc.assert(counts, { numRuns: 60, seed: 17 });
  expect(compared).toBeGreaterThan(25);
});
