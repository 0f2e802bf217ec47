// The article's client sends 46 bytes in three messages, and its server shows them arriving in one
// piece and in two. These are all the ways there are where a message is not cut.

import { describe, expect, it } from 'vitest';
import * as protocol from '../../src/models/protocol.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import type { World } from '../../src/sim/schedule/world.ts';
import type { Program, Sys } from '../../src/sys/index.ts';
import { searchReduced } from '../strategies/exact.ts';

const PORT = 10_000;
const ADDRESS = { host: '127.0.0.1', port: PORT };
const MESSAGES = ['This is the message. ', 'It will be sent ', 'in parts.'];
/** A message arrives by itself or together with those that follow it. */
const WAYS = ['21+16+9', '21+25', '37+9', '46'];
const RUNS = 400;
const LOOPBACK = { mode: 'loopback' } as const;

function* sender(sys: Sys): Program {
  const fd = yield* sys.socket('inet', 'stream');
  yield* sys.connect(fd, ADDRESS);
  for (const text of MESSAGES) yield* sys.send(fd, new TextEncoder().encode(text));
  yield* sys.close(fd);
}

/** Notes how many bytes each of its reads has given. */
function* receiver(sys: Sys, sizes: number[]): Program {
  const listener = yield* sys.socket('inet', 'stream');
  yield* sys.bind(listener, ADDRESS);
  yield* sys.listen(listener, 1);
  const { fd } = yield* sys.accept(listener);
  for (;;) {
    const { length } = yield* sys.recv(fd, 1024);
    if (length === 0) return;
    sizes.push(length);
  }
}

describe('46 bytes in three messages', () => {
  it('arrive in four ways', () => {
    const seen = new Set<string>();
    const sent = scenario(
      'three messages',
      (world) => {
        const sizes: number[] = [];
        world.process('server').spawn('server', (sys) => receiver(sys, sizes));
        world.process('client').spawn('client', sender, { afterListen: PORT });
        world.finally('noted', () => {
          seen.add(sizes.join('+'));
          return true;
        });
      },
      { network: LOOPBACK },
    );
    // Defined only where the search has come to its end.
    expect(searchReduced(sent)).toBeDefined();
    expect([...seen].sort()).toEqual(WAYS);
  });

  it('arrive at the protocol server in no other', () => {
    const seen = new Set<string>();
    const build = (world: World): void => {
      world.process('server').spawn('server', (sys) => protocol.asWritten(sys, { port: PORT }));
      world
        .process('client')
        .spawn('client', (sys) => protocol.client(sys, { port: PORT }), { afterListen: PORT });
      world.finally('noted', () => {
        const pieces = world.output('server').matchAll(/received b'(.*)'/g);
        seen.add([...pieces].map(([, text = '']) => text.length).join('+'));
        return true;
      });
    };
    const told = scenario('the protocol server', build, { network: LOOPBACK });
    const strategy = new RandomWalk(1);
    for (let run = 0; run < RUNS; run++) {
      strategy.begin();
      expect(new Run(told, { strategy }).execute().failure).toBeUndefined();
    }
    expect([...seen].sort()).toEqual(WAYS);
  });
});
