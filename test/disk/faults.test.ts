import { describe, expect, it } from 'vitest';
import { type FaultName, KIND, type Kind } from '../../src/sim/kernel/choices.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import type { Strategy } from '../../src/sim/schedule/strategy.ts';
import type { World } from '../../src/sim/schedule/world.ts';
import * as c from '../../src/sys/constants.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';
import { bytes, outcome, text } from '../kernel/harness.ts';
import { losesPower } from './power.ts';

const NEW = c.O_RDWR | c.O_CREAT;

/** All is calm, but that a kind of decision takes these alternatives, one after the other. */
class Strikes implements Strategy {
  readonly name = 'strikes';
  readonly #kind: Kind;
  readonly #choices: number[];

  constructor(kind: Kind, choices: readonly number[]) {
    this.#kind = kind;
    this.#choices = [...choices];
  }

  begin(): boolean {
    return true;
  }

  choose(kind: Kind): number {
    if (kind === KIND.swarm) return 1;
    return kind === this.#kind ? (this.#choices.shift() ?? 0) : 0;
  }

  end(): void {}
}

/** Does a program while this fault strikes as it is told, and then crashes. */
function struck(
  fault: Exclude<FaultName, 'slow'>,
  choices: readonly number[],
  program: (sys: Sys) => Program,
  then: (world: World) => void = () => {},
  harsh = false,
): void {
  const world = scenario(
    fault,
    (built) => {
      const db = built.host('db');
      if (harsh) db.setCrashModel('harsh');
      db.process('db').spawn('db', program);
      losesPower(built, db);
      built.finally('then', () => void then(built));
    },
    { faults: [fault] },
  );
  const { failure } = new Run(world, { strategy: new Strikes(KIND[fault], choices) }).execute();
  if (failure !== undefined) throw failure.error ?? new Error(failure.message);
}

describe('faults of a disk', () => {
  it('enospc: nothing more is made or written', () => {
    struck('enospc', [1, 0, 1, 1, 0], function* program(sys) {
      expect(yield* outcome(sys.open('/a', NEW))).toBe('ENOSPC');
      const fd = yield* sys.open('/a', NEW);
      expect(yield* outcome(sys.write(fd, bytes('x')))).toBe('ENOSPC');
      expect(yield* outcome(sys.pwrite(fd, bytes('x'), 0))).toBe('ENOSPC');
      expect(yield* sys.write(fd, bytes('x'))).toBe(1);
      expect(yield* sys.open('/a', NEW)).toBe(4);
    });
    struck('enospc', [1], function* program(sys) {
      expect(yield* outcome(sys.mkdir('/d'))).toBe('ENOSPC');
      expect(yield* sys.readdir('/')).toEqual([]);
    });
  });

  it('eio: a read or a write fails, and nothing has come of it', () => {
    struck('eio', [0, 1, 1, 1], function* program(sys) {
      const fd = yield* sys.open('/a', NEW);
      yield* sys.write(fd, bytes('abc'));
      expect(yield* outcome(sys.write(fd, bytes('d')))).toBe('EIO');
      yield* sys.lseek(fd, 0);
      expect(yield* outcome(sys.read(fd, 2))).toBe('EIO');
      expect(yield* outcome(sys.pread(fd, 2, 0))).toBe('EIO');
      expect(text(yield* sys.read(fd, 9))).toBe('abc');
    });
  });

  it.each([false, true])('eio: what an fsync could not write is gone (harsh: %s)', (harsh) => {
    const held = (holds: string) => (world: World) =>
      expect(text(world.host('db').readFile('/a') ?? bytes('nothing'))).toBe(holds);
    function* synced(sys: Sys): Program<number> {
      const fd = yield* sys.open('/a', NEW);
      yield* sys.write(fd, bytes('old'));
      yield* sys.fsync(fd);
      yield* sys.fsync(yield* sys.open('/', c.O_RDONLY));
      return fd;
    }
    const failing = (more: (sys: Sys, fd: number) => Program) =>
      function* program(sys: Sys): Program {
        const fd = yield* synced(sys);
        yield* sys.pwrite(fd, bytes('NEWER'), 0);
        expect(yield* outcome(sys.fsync(fd))).toBe('EIO');
        expect(yield* outcome(sys.fsync(fd))).toBe(0);
        expect(text(yield* sys.pread(fd, 9, 0))).toBe('NEWER');
        yield* more(sys, fd);
      };
    // Decisions: write, fsync, pwrite, and the fsync that fails.
    const fails = [0, 0, 0, 1];
    const nothing = function* (): Program {};
    struck('eio', fails, failing(nothing), held('old'), harsh);
    function* writesMore(sys: Sys, fd: number): Program {
      yield* sys.pwrite(fd, bytes('X'), 1);
      yield* sys.fsync(fd);
    }
    struck('eio', fails, failing(writesMore), held('oXd'), harsh);
  });

  it('short reads and writes come to files as well', () => {
    struck('shortWrite', [2, 1], function* program(sys) {
      const fd = yield* sys.open('/a', NEW);
      expect(yield* sys.write(fd, bytes('abcd'))).toBe(2);
      expect(yield* sys.pwrite(fd, bytes('xyz'), 2)).toBe(1);
      expect(text(yield* sys.pread(fd, 9, 0))).toBe('abx');
    });
    struck('shortRead', [1, 2], function* program(sys) {
      const fd = yield* sys.open('/a', NEW);
      yield* sys.write(fd, bytes('abcd'));
      expect(text(yield* sys.pread(fd, 9, 1))).toBe('b');
      yield* sys.lseek(fd, 0);
      expect(text(yield* sys.read(fd, 9))).toBe('ab');
    });
  });

  it('do not come where they are not named, nor to what is no file of the disk', () => {
    const world = scenario(
      'calm',
      (built) => {
        built.process('p').spawn('p', function* program(sys) {
          yield* sys.write(yield* sys.open('/a', NEW), bytes('a'));
        });
      },
      { faults: [] },
    );
    const strategy = new Strikes(KIND.enospc, [1, 1, 1, 1]);
    expect(new Run(world, { strategy }).execute().failure).toBeUndefined();
    struck('eio', [1, 1, 1, 1], function* program(sys) {
      const fd = yield* sys.memfdCreate('m');
      yield* sys.write(fd, bytes('a'));
      yield* sys.fsync(fd);
      const [from, to] = yield* sys.pipe();
      yield* sys.write(to, bytes('a'));
      yield* sys.read(from, 1);
    });
  });
});
