import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runOnLinux } from '../../src/real/linux/run.ts';
import { runAsync } from '../../src/sim/schedule/runtime/execute.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import { onLinux, whyNoLinux } from './linux.ts';
import scenarios from './scenarios.ts';

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

describe.skipIf(whyNoLinux !== undefined)(onLinux('the same scenario on Linux'), () => {
  it.each(scenarios.map((each) => [each.name, each] as const))('%s', async (_, each) => {
    const before = openDescriptors();
    const { failure } = await runOnLinux(each);
    expect(failure?.message).toBeUndefined();
    expect(openDescriptors()).toBe(before);
  });

  it('takes its decisions from any strategy', async () => {
    for (const each of scenarios) {
      const { failure } = await runOnLinux(each, { strategy: new RandomWalk(7) });
      expect(failure?.message, each.name).toBeUndefined();
    }
  });

  it('leaves nobody behind: of threads that echo, each has its share of the round trips', async () => {
    const counts = new Array<number>(16).fill(0);
    let left = 3200;
    const crowd = scenario('a crowd of threads', (world) => {
      const home = world.process('p');
      for (const i of counts.keys()) {
        home.spawn(`client${i}`, function* (sys) {
          const [mine, theirs] = yield* sys.socketpair();
          yield* sys.spawn(function* (own) {
            for (;;) {
              const bytes = yield* own.recv(theirs, 8);
              if (bytes.length === 0) return;
              yield* own.send(theirs, bytes);
            }
          });
          while (left-- > 0) {
            yield* sys.send(mine, new Uint8Array([i]));
            yield* sys.recv(mine, 8);
            counts[i] = (counts[i] as number) + 1;
          }
          yield* sys.close(mine);
        });
      }
    });
    expect((await runOnLinux(crowd)).failure?.message).toBeUndefined();
    expect(Math.min(...counts)).toBeGreaterThan(100);
  });

  it('finds deadlocks', async () => {
    const stuck = scenario('stuck', (world) => {
      world.process('p').spawn('p', function* (sys) {
        const [readFd] = yield* sys.pipe();
        yield* sys.read(readFd, 1);
      });
    });
    const { failure } = await runOnLinux(stuck, { idleMsMax: 20 });
    expect(failure?.kind).toBe('deadlock');
    expect(failure?.message).toContain('p waits read fd 3');
  });

  it('stops a run that does not end', async () => {
    const spinning = scenario('spinning', (world) => {
      world.process('p').spawn('p', function* (sys) {
        for (;;) yield* sys.schedYield();
      });
    });
    const { failure } = await runOnLinux(spinning, { timeMsMax: 50, stepsMax: 1e9 });
    expect(failure?.kind).toBe('livelock');
  });

  it('reports a task that died, and a law that broke', async () => {
    const dying = scenario('dying', (world) => {
      world.process('p').spawn('p', async (sys) => {
        await sys.recv(9, 1);
      });
    });
    expect((await runOnLinux(dying)).failure?.message).toBe(
      'p died: recv EBADF (bad file descriptor)',
    );
    const lying = scenario('lying', (world) => {
      world.process('p').spawn('p', function* (sys) {
        yield* sys.pipe();
      });
      world.finally('the moon is cheese', () => false);
    });
    expect((await runOnLinux(lying)).failure?.law).toBe('the moon is cheese');
  });
});

describe('the same scenario on the simulated kernel', () => {
  it.each(scenarios.map((each) => [each.name, each] as const))('%s', async (_, each) => {
    const looped = { ...each, options: { network: { mode: 'loopback' } } } as const;
    const { failure } = await runAsync(looped, { strategy: new Calm() });
    expect(failure?.message).toBeUndefined();
  });
});
