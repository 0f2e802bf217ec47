import { describe, expect, it } from 'vitest';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Cell, Mutex, type Program, type Sys } from '../../src/sys/index.ts';
import { searchReduced } from './exact.ts';

/** Threads of one process that share what `make` gives. */
function threads<Shared>(
  name: string,
  count: number,
  make: () => Shared,
  work: (sys: Sys, shared: Shared, thread: number) => Program,
): Scenario {
  return scenario(name, (world) => {
    const shared = make();
    const process = world.process('p');
    for (let thread = 0; thread < count; thread++) {
      process.spawn(`t${thread}`, (sys) => work(sys, shared, thread));
    }
  });
}

const cells = (count: number): Cell<number>[] =>
  Array.from({ length: count }, (_, i) => new Cell(`c${i}`, 0));
const mutexes = (count: number): Mutex[] =>
  Array.from({ length: count }, (_, i) => new Mutex(`m${i}`));

/** Each thread writes each cell, all in one order, or every other thread the other way round. */
const writers = (count: number, cellCount: number, crosswise = false): Scenario =>
  threads(
    `${count} writers, ${cellCount} cells`,
    count,
    () => cells(cellCount),
    function* writes(sys, shared, thread) {
      const order = crosswise && thread % 2 === 1 ? [...shared].reverse() : shared;
      for (const cell of order) yield* sys.store(cell, thread);
    },
  );

/** `readers(n)` of Abdulla et al., POPL 2014: one thread writes what n others read. */
const readers = (count: number): Scenario =>
  threads(
    `readers(${count})`,
    count + 1,
    () => new Cell('x', 0),
    function* reads(sys, cell, thread) {
      if (thread === 0) yield* sys.store(cell, 1);
      else yield* sys.load(cell);
    },
  );

/**
 * Flanagan and Godefroid, POPL 2005, figure 2: threads that insert messages into a hash table by
 * compare-and-swap.
 */
const indexer = (count: number): Scenario =>
  threads(
    `indexer(${count})`,
    count,
    () => cells(128),
    function* inserts(sys, table, thread) {
      for (let message = 1; message <= 4; message++) {
        const value = message * 11 + thread;
        for (let hash = (value * 7) % 128; ; hash = (hash + 1) % 128) {
          const slot = table[hash] as Cell<number>;
          let free = false;
          yield* sys.update(slot, (held) => {
            free = held === 0;
            return free ? value : held;
          });
          if (free) break;
        }
      }
    },
  );

/** The same paper, figure 3: threads that give blocks to their inodes, each under its lock. */
const filesystem = (count: number): Scenario =>
  threads(
    `filesystem(${count})`,
    count,
    () => ({
      inodeLocks: mutexes(32),
      inodes: cells(32),
      blockLocks: mutexes(26),
      busy: cells(26),
    }),
    function* allocates(sys, { inodeLocks, inodes, blockLocks, busy }, thread) {
      const i = thread % 32;
      yield* sys.lock(inodeLocks[i] as Mutex);
      if ((yield* sys.load(inodes[i] as Cell<number>)) === 0) {
        for (let b = (i * 2) % 26; ; b = (b + 1) % 26) {
          yield* sys.lock(blockLocks[b] as Mutex);
          const taken = yield* sys.load(busy[b] as Cell<number>);
          if (taken === 0) {
            yield* sys.store(busy[b] as Cell<number>, 1);
            yield* sys.store(inodes[i] as Cell<number>, b + 1);
          }
          yield* sys.unlock(blockLocks[b] as Mutex);
          if (taken === 0) break;
        }
      }
      yield* sys.unlock(inodeLocks[i] as Mutex);
    },
  );

describe('the number of classes of the programs by which reductions are measured', () => {
  it.each<[Scenario, number]>([
    // All orders of the writes to a cell, for each cell: nothing ties them together.
    [writers(2, 3), 2 ** 3],
    [writers(3, 2), 6 ** 2],
    [writers(4, 1), 24],
    // Both others cannot each have been before the other: one of four is a circle.
    [writers(2, 2, true), 3],
    // Abdulla et al., POPL 2014, table 1, the number of traces of optimal DPOR.
    [readers(2), 4],
    [readers(8), 256],
    [indexer(11), 1],
    [indexer(12), 8],
    [filesystem(13), 1],
    [filesystem(14), 2],
    [filesystem(16), 8],
    [filesystem(18), 32],
  ])('$name', (world, classes) => {
    const found = searchReduced(world);
    expect(found?.failures.size).toBe(0);
    expect(found?.classes.size).toBe(classes);
    expect(found?.runs, 'no class twice').toBe(classes);
  });
});
