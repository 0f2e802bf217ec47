import { describe, expect, it } from 'vitest';
import { noLockLeftLaw, noTaskLeftLaw } from '../../src/sim/laws/left-over.ts';
import { noStarvationLaw } from '../../src/sim/laws/liveness.ts';
import { MergedQueueHistory } from '../../src/sim/laws/merged-queue.ts';
import { noSpinLaw } from '../../src/sim/laws/spin.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import type { ChoicePoint, Strategy } from '../../src/sim/schedule/strategy.ts';
import type { World } from '../../src/sim/schedule/world.ts';
import { Mutex, type Program, type Sys } from '../../src/sys/index.ts';

const fair = (): Strategy => {
  const strategy = new RandomWalk(1);
  strategy.begin();
  return strategy;
};

/** Lets whoever is called `name` go first whenever it can. */
function favouring(name: string): Strategy {
  return {
    name: `favouring ${name}`,
    begin: () => true,
    choose: (_kind, arity, point: ChoicePoint) => {
      for (let i = 0; i < arity; i++) {
        const it = point.alternative(i);
        if ('name' in it && it.name === name) return i;
      }
      return 0;
    },
    end: () => {},
  };
}

function messageOf(build: (world: World) => void, strategy: Strategy): string | undefined {
  return new Run(scenario('laws', build), { strategy }).execute().failure?.message;
}

function* turns(sys: Sys, count: number): Program {
  for (let n = 0; n < count; n++) yield* sys.gettid();
}

describe('no starvation', () => {
  const build = (world: World): void => {
    for (const name of ['a', 'b']) world.process(name).spawn(name, (sys) => turns(sys, 200));
    noStarvationLaw(world, 100);
  };

  it('holds under a fair strategy', () => {
    expect(messageOf(build, fair())).toBeUndefined();
  });

  it('names who ran instead', () => {
    expect(messageOf(build, favouring('b'))).toMatch(
      /^a could have moved \(gettid\) for 100 steps and was not let; these did: b \(\d+ turns\)$/,
    );
  });
});

describe('no spin', () => {
  it('names the task that has nothing to do and does not sleep', () => {
    const message = messageOf((world) => {
      world.process('p').spawn('spinner', (sys) => turns(sys, 10_000));
      noSpinLaw(world);
    }, fair());
    expect(message).toMatch(/^spinner has taken 300 steps in a row, last of them gettid/);
  });

  it('is no matter of many steps', () => {
    const message = messageOf((world) => {
      world.process('p').spawn('printer', function* (sys): Program {
        for (let n = 0; n < 2000; n++) yield* sys.write(1, new Uint8Array(1));
      });
      noSpinLaw(world);
    }, fair());
    expect(message).toBeUndefined();
  });
});

describe('what is left over', () => {
  /** A thread for a connection, which may go on waiting when that is over. */
  const server = (ends: boolean) =>
    function* main(sys: Sys): Program {
      const listener = yield* sys.socket('inet', 'stream');
      yield* sys.bind(listener, { host: '127.0.0.1', port: 7000 });
      yield* sys.listen(listener);
      const { fd } = yield* sys.accept(listener);
      yield* sys.spawn(
        function* handler(its): Program {
          while ((yield* its.recv(fd, 8)).length > 0);
          if (!ends) yield* its.recv((yield* its.socketpair())[0], 8);
        },
        { name: 'handler' },
      );
      yield* sys.accept(listener);
    };

  const served = (ends: boolean, stays: readonly string[]) => (world: World) => {
    world.process('server').spawn('main', server(ends));
    world.process('client').spawn(
      'client',
      function* (sys): Program {
        const fd = yield* sys.socket('inet', 'stream');
        yield* sys.connect(fd, { host: '127.0.0.1', port: 7000 });
        yield* sys.send(fd, new Uint8Array(3));
      },
      { afterListen: 7000 },
    );
    noTaskLeftLaw(world, 'server', stays);
  };

  it('names the task that waits for what will never come', () => {
    const message = messageOf(served(false, ['main']), fair());
    expect(message).toMatch(/^server still has handler#1 \(recv/);
  });

  it('leaves out those that stay', () => {
    expect(messageOf(served(true, ['main']), fair())).toBeUndefined();
    expect(messageOf(served(true, []), fair())).toMatch(/^server still has main \(accept/);
  });

  const holders = (unlocks: boolean) => (world: World) => {
    const mutex = new Mutex('m');
    world.process('p').spawn('holder', function* holds(sys): Program {
      yield* sys.lock(mutex);
      yield* sys.nanosleep({ ms: 1 });
      if (unlocks) yield* sys.unlock(mutex);
    });
    noLockLeftLaw(world);
  };

  it('names who has ended with a mutex', () => {
    expect(messageOf(holders(false), fair())).toBe('holder has ended with m');
    expect(messageOf(holders(true), fair())).toBeUndefined();
  });
});

describe('a merged queue', () => {
  const item = (text: string): Uint8Array => new TextEncoder().encode(text);

  it('may bring overlapping puts out in either order', () => {
    const history = new MergedQueueHistory();
    const [a, b] = [history.putting('a', item('1')), history.putting('b', item('2'))];
    b();
    a();
    history.processed('b', item('2'));
    history.processed('a', item('1'));
    expect(history.fault).toBeUndefined();
  });

  it.each([
    ['overtakes', ['b2', 'a1'], 'message 1 of a was processed after message 1 of b'],
    ['loses', ['a1'], 'message 1 of b was put and never processed'],
    ['repeats', ['a1', 'a1', 'b2'], 'message 2 of a was processed and never put'],
    ['invents', ['a1', 'c3', 'b2'], 'message 1 of c was processed and never put'],
    ['alters', ['a9', 'b2'], 'message 1 of a is not the one that was processed in its place'],
  ])('is found out when it %s', (_, processed, message) => {
    const history = new MergedQueueHistory();
    history.putting('a', item('1'))();
    history.putting('b', item('2'))();
    for (const [source = '', text = ''] of processed) history.processed(source, item(text));
    expect(history.fault).toContain(message);
  });

  // Whatever the server says of its queue: what is processed is what the client had sent.
  it.each([
    ['processes all', ['abc', 'def'], 'abcdef', undefined],
    ['has more on its way', ['abc', 'def'], 'abc', undefined],
    ['has no queue', [], 'abcdef', 'a got 6 B back, of which 6 were never processed'],
    ['forgets the last', ['abc'], 'abcdef', 'a got 6 B back, of which 3 were never processed'],
    [
      'forgets the first',
      ['def'],
      'def',
      'what was processed of a is not what it had sent, from byte 0 on',
    ],
    [
      'cuts',
      ['ab', 'def'],
      'abc',
      'what was processed of a is not what it had sent, from byte 2 on',
    ],
    [
      'repeats',
      ['abc', 'def', 'def'],
      'abc',
      'what was processed of a is not what it had sent, from byte 6 on',
    ],
  ])('is judged by what a client knows, when it %s', (_, processed, echoed, message) => {
    const history = new MergedQueueHistory();
    for (const text of processed) {
      history.putting('1', item(text))();
      history.processed('1', item(text));
    }
    const client = { name: 'a', message: item('abcdef'), received: item(echoed) };
    expect(history.fault).toBeUndefined();
    expect(history.faultOf([{ ...client, source: '1' }])).toBe(message);
    expect(history.faultOf([{ ...client, source: undefined }])).toBeUndefined();
  });
});
