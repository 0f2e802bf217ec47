import { describe, expect, it } from 'vitest';
import type { FaultName } from '../../src/sim/kernel/choices.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import * as c from '../../src/sys/constants.ts';
import type { Program, SocketType, Sys } from '../../src/sys/sys.ts';
import { pause, tcpPair } from './harness.ts';

const NONBLOCK = { nonblock: true };
const RUNS = 60;

/** Both ends of something that carries bytes one way. */
type Ends = (sys: Sys) => Program<readonly [from: number, to: number]>;

const pair = (type: SocketType): Ends =>
  function* (sys) {
    return yield* sys.socketpair(type, NONBLOCK);
  };

const ENDS: Readonly<Record<string, Ends>> = {
  *TCP(sys) {
    const { client, server } = yield* tcpPair(sys);
    return [client, server];
  },
  stream: pair('stream'),
  seqpacket: pair('seqpacket'),
  dgram: pair('dgram'),
  *pipe(sys) {
    const [to, from] = yield* sys.pipe(NONBLOCK);
    return [from, to];
  },
  *eventfd(sys) {
    const fd = yield* sys.eventfd(0, NONBLOCK);
    return [fd, fd];
  },
};

/** The answers of many random runs with a fault, each once. */
function answers(fault: FaultName, body: (sys: Sys) => Program<number>): Set<number> {
  const seen = new Set<number>();
  const asking = scenario(
    'asking',
    (world) => {
      world.process('p').spawn('p', function* (sys) {
        seen.add(yield* body(sys));
      });
    },
    { faults: [fault] },
  );
  for (let seed = 1; seed <= RUNS; seed++) {
    const strategy = new RandomWalk(seed);
    strategy.begin();
    expect(new Run(asking, { strategy }).execute().failure).toBeUndefined();
  }
  return seen;
}

/** Bytes that mean 1 to an eventfd. */
function block(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes[0] = 1;
  return bytes;
}

const WHOLE = [
  ['seqpacket', 100],
  ['dgram', 100],
  ['eventfd', 8],
] as const;
const CUT = [
  ['TCP', 100],
  ['stream', 100],
] as const;

describe('the fault shortWrite', () => {
  const taken = (what: string, size: number): Set<number> =>
    answers('shortWrite', function* (sys) {
      const [from] = yield* (ENDS[what] as Ends)(sys);
      return yield* sys.write(from, block(size));
    });

  it.each([...WHOLE, ['pipe', c.PIPE_BUF]] as const)('never cuts %s', (what, size) => {
    expect([...taken(what, size)]).toEqual([size]);
  });

  it.each([...CUT, ['pipe', c.PIPE_BUF + 1]] as const)('cuts %s', (what, size) => {
    const seen = taken(what, size);
    expect(seen).toContain(size);
    expect(seen.size).toBeGreaterThan(1);
  });
});

describe('the fault shortRead', () => {
  const got = (what: string, size: number): Set<number> =>
    answers('shortRead', function* (sys) {
      const [from, to] = yield* (ENDS[what] as Ends)(sys);
      yield* sys.write(from, block(size));
      yield* pause(sys);
      return (yield* sys.read(to, size)).length;
    });

  it.each(WHOLE)('never cuts %s', (what, size) => {
    expect([...got(what, size)]).toEqual([size]);
  });

  it.each([...CUT, ['pipe', 100]] as const)('cuts %s', (what, size) => {
    const seen = got(what, size);
    expect(seen).toContain(size);
    expect(seen.size).toBeGreaterThan(1);
  });
});
