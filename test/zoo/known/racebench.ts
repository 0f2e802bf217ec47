/**
 * The six patterns of which RaceBench 2.1 makes the bugs that it plants
 * (github.com/rb130/RaceBench, generate/pattern.py; used in the evaluation of SURW), in a program
 * that does other work between the places of a pattern, as those do into which they are planted.
 * The programs themselves are not re-created.
 */
import assert from 'node:assert/strict';
import { Cell, Mutex, type Program, type Sys } from '../../../src/sys/index.ts';
import { holding, type Known } from './known.ts';

/** Steps of the program's own between two places of a pattern. */
const WORK_STEPS = 4;

/** A worker of the host program: a sum under a lock that all workers share. */
function* work(sys: Sys, lock: Mutex, sum: Cell<number>): Program {
  for (let i = 0; i < WORK_STEPS / 2; i++) {
    yield* holding(sys, lock, function* adds() {
      yield* sys.update(sum, (n) => n + 1);
    });
  }
}

interface Parts {
  readonly variable: Cell<number>;
  readonly flag: Cell<boolean>;
  /** Held over a critical section in the repaired twin. */
  readonly section: Mutex;
  readonly repaired: boolean;
  /** Steps of the host program. */
  readonly host: (sys: Sys) => Program;
}

type Half = (sys: Sys, parts: Parts) => Program;

function* sectioned(sys: Sys, { section, repaired }: Parts, body: () => Program): Program {
  yield* repaired ? holding(sys, section, body) : body();
}

/** Both halves of a pattern, each in a worker of its own, and a third worker beside them. */
const planted = (name: string, mistake: string, first: Half, second: Half): Known => ({
  name: `RaceBench ${name}`,
  source: `RaceBench 2.1, pattern ${name}`,
  mistake,
  build(_world, repaired, play) {
    const lock = new Mutex('sum');
    const sum = new Cell('sum', 0);
    const parts: Parts = {
      variable: new Cell('variable', 0),
      flag: new Cell('flag', false),
      section: new Mutex('section'),
      repaired,
      host: (sys) => work(sys, lock, sum),
    };
    const worker = (half: Half) =>
      function* works(sys: Sys): Program {
        yield* parts.host(sys);
        yield* half(sys, parts);
        yield* parts.host(sys);
      };
    play({
      'worker 1': worker(first),
      'worker 2': worker(second),
      'worker 3': parts.host,
    });
  },
});

const writes: Half = (sys, parts) =>
  sectioned(sys, parts, function* writes() {
    yield* sys.store(parts.variable, 7);
  });

export const RACE_BENCH: readonly Known[] = [
  planted(
    'WWA',
    'what was written is read again, and somebody has written between',
    (sys, parts) =>
      sectioned(sys, parts, function* writesAndReads() {
        yield* sys.store(parts.variable, 1);
        yield* parts.host(sys);
        assert.equal(yield* sys.load(parts.variable), 1, 'written by another');
      }),
    writes,
  ),
  planted(
    'RWA',
    'what was read is read again, and somebody has written between',
    (sys, parts) =>
      sectioned(sys, parts, function* readsTwice() {
        const seen = yield* sys.load(parts.variable);
        yield* parts.host(sys);
        assert.equal(yield* sys.load(parts.variable), seen, 'written by another');
      }),
    writes,
  ),
  planted(
    'WAW',
    'a value that is only passed through is read',
    (sys, parts) =>
      sectioned(sys, parts, function* writesTwice() {
        yield* sys.store(parts.variable, 1);
        yield* parts.host(sys);
        yield* sys.store(parts.variable, 2);
      }),
    (sys, parts) =>
      sectioned(sys, parts, function* reads() {
        assert.notEqual(yield* sys.load(parts.variable), 1, 'half done');
      }),
  ),
  planted(
    'NoWait',
    'a value is used, and whether it is there already was not waited for',
    function* uses(sys, { variable, flag, repaired }) {
      while (repaired && !(yield* sys.load(flag))) yield* sys.schedYield();
      assert.equal(yield* sys.load(variable), 7, 'used before it was there');
    },
    function* makes(sys, { variable, flag }) {
      yield* sys.store(variable, 7);
      yield* sys.store(flag, true);
    },
  ),
  planted(
    'Disorder',
    'the flag that says that a value is there is set before it is',
    function* uses(sys, { variable, flag }) {
      if (!(yield* sys.load(flag))) return;
      assert.equal(yield* sys.load(variable), 7, 'used before it was there');
    },
    function* makes(sys, { variable, flag, repaired, host }) {
      if (!repaired) yield* sys.store(flag, true);
      yield* host(sys);
      yield* sys.store(variable, 7);
      if (repaired) yield* sys.store(flag, true);
    },
  ),
  planted(
    'Sleep',
    'a pause stands for waiting',
    function* uses(sys, { variable, flag, repaired, host }) {
      for (let i = 0; i < 4; i++) yield* host(sys);
      while (repaired && !(yield* sys.load(flag))) yield* sys.schedYield();
      assert.equal(yield* sys.load(variable), 7, 'used before it was there');
    },
    function* makes(sys, { variable, flag }) {
      yield* sys.store(variable, 7);
      yield* sys.store(flag, true);
    },
  ),
];
