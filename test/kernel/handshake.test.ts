// The last ACK of a handshake in the adversarial network: RFC 9293, figure 6;
// net/ipv4/tcp_minisocks.c, tcp_check_req.

import { describe, expect, it } from 'vitest';
import { attempt } from '../../src/sim/explore/attempt.ts';
import type { VirtualNetworkOptions } from '../../src/sim/network/virtual.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { DepthFirst } from '../../src/sim/schedule/strategies/depth-first.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import type { Strategy } from '../../src/sim/schedule/strategy.ts';
import type { World } from '../../src/sim/schedule/world.ts';
import type { Program, Sys } from '../../src/sys/index.ts';
import { bytes, outcome, text } from './harness.ts';

const SERVER = { host: '127.0.0.1', port: 7000 } as const;
type Body = (sys: Sys, say: (line: string) => void) => Program;

/** A world of hosts by name; what the tasks say in a run, in order, is its outcome. */
function world(
  bodies: Readonly<Record<string, Body>>,
  mode: VirtualNetworkOptions['mode'],
): { readonly scenario: Scenario; readonly said: () => string } {
  let lines: string[] = [];
  const build = (made: World): void => {
    lines = [];
    for (const [name, body] of Object.entries(bodies)) {
      const after = name === 'server' ? {} : { afterListen: SERVER.port };
      made
        .process(name)
        .spawn(name, (sys) => body(sys, (line) => lines.push(`${name} ${line}`)), after);
    }
  };
  return {
    // Without `slow`: which waits are cut short is the network's affair alone.
    scenario: scenario('handshake', build, { network: { mode }, faults: [] }),
    said: () => lines.join(', '),
  };
}

/** What is said in the runs that the strategy makes, each once. */
function outcomes(
  bodies: Readonly<Record<string, Body>>,
  strategy: Strategy,
  {
    mode = 'adversarial',
    runsMax = 100_000,
  }: Partial<VirtualNetworkOptions & { runsMax: number }> = {},
): ReadonlySet<string> {
  const made = world(bodies, mode);
  const all = new Set<string>();
  for (let run = 0; run < runsMax; run++) {
    const result = attempt(made.scenario, strategy);
    if (result === undefined) break;
    expect(result.failure?.message).toBeUndefined();
    all.add(made.said());
  }
  return all;
}

function* listening(sys: Sys, backlog: number): Program<number> {
  const listener = yield* sys.socket('inet', 'stream');
  yield* sys.bind(listener, SERVER);
  yield* sys.listen(listener, backlog);
  return listener;
}

function* connected(sys: Sys): Program<number> {
  const fd = yield* sys.socket('inet', 'stream');
  yield* sys.connect(fd, SERVER);
  return fd;
}

/**
 * Connects and looks whether the connection is in the accept queue: one task, so nothing comes
 * between but what the network does.
 */
function* looksAtOnce(sys: Sys, say: (line: string) => void): Program {
  const listener = yield* listening(sys, 1);
  const fd = yield* connected(sys);
  const [entry] = yield* sys.poll([{ fd: listener, events: 1 }], 0);
  say(entry?.revents === 1 ? 'queued' : 'not yet');
  yield* sys.send(fd, bytes('early'));
  const accepted = yield* sys.accept(listener);
  say(text(yield* sys.recv(accepted.fd, 5)).length > 0 ? 'served' : 'cut off');
}

describe('the ACK that completes a handshake', () => {
  it('may still be on its way when connect returns, and need not be', () => {
    const all = outcomes({ server: looksAtOnce }, new DepthFirst());
    expect(all).toEqual(new Set(['server queued, server served', 'server not yet, server served']));
  });

  it('has always arrived on the loopback interface, as on Linux', () => {
    const all = outcomes({ server: looksAtOnce }, new DepthFirst(), { mode: 'loopback' });
    expect(all).toEqual(new Set(['server queued, server served']));
  });

  it('comes as soon as nobody in the middle of something could go on, where all is calm', () => {
    const server: Body = function* (sys, say) {
      const { fd } = yield* sys.accept(yield* listening(sys, 1));
      say(text(yield* sys.recv(fd, 9)));
    };
    const client: Body = function* (sys, say) {
      const fd = yield* connected(sys);
      say('connected');
      yield* sys.send(fd, bytes('hello'));
      yield* sys.recv(fd, 1);
    };
    expect(outcomes({ server, client }, new Calm(), { runsMax: 1 })).toEqual(
      new Set(['client connected, server hello']),
    );
  });

  it('lets everything the client did meanwhile come behind it: bytes, the end, a death', () => {
    const server: Body = function* (sys, say) {
      const { fd } = yield* sys.accept(yield* listening(sys, 1));
      let got = '';
      for (;;) {
        const part = text(yield* sys.recv(fd, 9));
        if (part === '') break;
        got += part;
      }
      say(`${got} and the end`);
    };
    const client: Body = function* (sys) {
      const fd = yield* connected(sys);
      yield* sys.send(fd, bytes('ab'));
      yield* sys.exit(1);
    };
    expect(outcomes({ server, client }, new DepthFirst())).toEqual(
      new Set(['server ab and the end']),
    );
  });

  it('leaves a connection to be accepted even if a reset is right behind', () => {
    const server: Body = function* (sys, say) {
      const { fd } = yield* sys.accept(yield* listening(sys, 1));
      say(`${yield* outcome(sys.recv(fd, 9))}`);
    };
    const client: Body = function* (sys) {
      const fd = yield* connected(sys);
      yield* sys.setsockopt(fd, 'SO_LINGER', 0);
      yield* sys.close(fd);
    };
    expect(outcomes({ server, client }, new DepthFirst())).toEqual(new Set(['server ECONNRESET']));
  });

  it('is answered with RST where nobody listens any more', () => {
    const server: Body = function* (sys) {
      const listener = yield* listening(sys, 1);
      yield* sys.poll([{ fd: listener, events: 1 }], 10);
      yield* sys.close(listener);
    };
    const client: Body = function* (sys, say) {
      const fd = yield* sys.socket('inet', 'stream');
      const answer = yield* outcome(sys.connect(fd, SERVER));
      say(
        typeof answer === 'string'
          ? `connect ${answer}`
          : `recv ${yield* outcome(sys.recv(fd, 1))}`,
      );
    };
    const all = outcomes({ server, client }, new DepthFirst());
    // The reset may overtake a connect that sleeps and has not been told of its success.
    expect(all).toEqual(new Set(['client recv ECONNRESET', 'client connect ECONNRESET']));
    const hasty: Body = function* (sys) {
      yield* sys.close(yield* listening(sys, 1));
    };
    expect(outcomes({ server: hasty, client }, new DepthFirst())).toEqual(
      new Set([...all, 'client connect ECONNREFUSED']),
    );
  });
});

describe('a handshake whose ACK finds the accept queue full', () => {
  /** Two clients, one place. */
  const crowd = (server: Body): Readonly<Record<string, Body>> => {
    const client: Body = function* (sys, say) {
      const fd = yield* sys.socket('inet', 'stream');
      if ((yield* outcome(sys.connect(fd, SERVER))) === 'ETIMEDOUT') return say('no answer');
      const before = yield* sys.clockGettime();
      yield* sys.send(fd, bytes('x'));
      const answer = yield* outcome(sys.recv(fd, 1));
      const seconds = Math.round(((yield* sys.clockGettime()) - before) / 1e3);
      say(`${text(answer)} after ${seconds} s`);
    };
    return { server, a: client, b: client };
  };

  it('is completed by a later SYN-ACK, once there is room', () => {
    const server: Body = function* (sys) {
      const listener = yield* listening(sys, 0);
      yield* sys.nanosleep({ ms: 1500 });
      for (let i = 0; i < 2; i++) {
        const { fd } = yield* sys.accept(listener);
        yield* sys.send(fd, yield* sys.recv(fd, 1));
        yield* sys.close(fd);
      }
    };
    const all = outcomes(crowd(server), new RandomWalk(1), { runsMax: 300 });
    const waits = new Set(
      [...all].flatMap((said) => said.split(', ')).map((line) => line.slice(2)),
    );
    // Accepted at 1.5 s: who held the place waits until then, whose ACK was ignored until the
    // SYN-ACK of the third second.
    expect(waits).toContain('x after 2 s');
    expect(waits).toContain('x after 3 s');
    expect([...waits].every((line) => /^x after [0-3] s$/.test(line))).toBe(true);
  });

  it('is given up after a minute: the client, long connected, is reset when it has sent something', () => {
    const server: Body = function* (sys) {
      const listener = yield* listening(sys, 0);
      yield* sys.nanosleep({ ms: 100_000 });
      const { fd } = yield* sys.accept(listener);
      yield* sys.send(fd, yield* sys.recv(fd, 1));
    };
    const all = outcomes(crowd(server), new RandomWalk(1), { runsMax: 300 });
    const lines = [...all].flatMap((said) => said.split(', '));
    expect(lines.some((line) => line.endsWith('ECONNRESET after 63 s'))).toBe(true);
  });
});
