// What a test means to meet, and what a search says that it has come to.
import { describe, expect, it } from 'vitest';
import { check, type Scenario, scenario, UnreachedError } from '../../src/index.ts';
import { reachedText } from '../../src/sim/explore/reached.ts';

const quiet = { folder: false, runs: 100, strategy: 'random' } as const;

/** Two that write one cell; who is last is open, and nobody writes 3. */
function twoWriters(wanted: readonly number[]): Scenario {
  return scenario('two writers', (world) => {
    const cell = world.cell('v', 0);
    for (const n of [1, 2]) {
      world.process('p').spawn(`writes ${n}`, function* (sys) {
        yield* sys.store(cell, n);
      });
    }
    world.finally('one of them was last', () => cell.value > 0);
    for (const n of wanted) world.sometimes(`${n} is seen`, () => cell.value === n);
  });
}

/** A client that tells of a reset. */
const resets = scenario(
  'a reset',
  (world) => {
    let code = '';
    world.process('server').spawn('server', function* (sys) {
      const fd = yield* sys.socket('inet', 'stream');
      yield* sys.bind(fd, { host: '127.0.0.1', port: 7000 });
      yield* sys.listen(fd);
      yield* sys.accept(fd);
    });
    world.process('client').spawn(
      'client',
      function* (sys) {
        const fd = yield* sys.socket('inet', 'stream');
        try {
          yield* sys.connect(fd, { host: '127.0.0.1', port: 7000 });
          yield* sys.recv(fd, 1);
        } catch (error) {
          code = (error as { code: string }).code;
        }
      },
      { afterListen: 7000 },
    );
    world.sometimes('a client is reset', () => code === 'ECONNRESET');
  },
  { faults: ['reset'] },
);

describe('what a search has to meet', () => {
  it('is counted by runs, and holds where each was met once', async () => {
    const { reached } = await check(twoWriters([1, 2]), quiet);
    expect(reached?.runs).toBe(100);
    expect(reached?.sometimes['1 is seen']).toBe(100);
    expect(reached?.sometimes['2 is seen']).toBe(100);
    expect(reached?.faults).toEqual({});
    expect(reached?.laws).toEqual({ 'one of them was last': 100 });
  });

  it('fails the search if no run has come to it, and names it', async () => {
    const searched = check(twoWriters([1, 3]), quiet);
    await expect(searched).rejects.toThrow(UnreachedError);
    await expect(searched).rejects.toThrow('none of 100 runs came to "3 is seen";');
  });

  it('is told with the faults that have fired', async () => {
    const { reached } = await check(resets, quiet);
    const met = reached?.sometimes['a client is reset'] ?? 0;
    expect(met).toBeGreaterThan(0);
    expect(met).toBeLessThan(100);
    const { reset = 0, ...others } = reached?.faults ?? {};
    expect(reset).toBeGreaterThanOrEqual(met);
    expect(others).toEqual({});
    const more = 'ESTABLISHED, FIN_WAIT1';
    // Who is reset waits no longer for the end of the other's bytes, and not for old ones either.
    const { LISTEN, TIME_WAIT = 0 } = reached?.sockets ?? {};
    expect(LISTEN).toBe(100);
    expect(TIME_WAIT).toBeLessThanOrEqual(100 - reset);
    expect(reached && reachedText(reached)).toEqual([
      `reached: "a client is reset" in ${met} of 100 runs`,
      expect.stringMatching(
        new RegExp(
          `^states of sockets: LISTEN, SYN_SENT, ${more}; .*, reset in ${reset} of 100 runs$`,
        ),
      ),
      `faults that fired, in so many runs: reset in ${reset}`,
    ]);
  });

  it('says of laws in how many runs they held, each once', async () => {
    const drawn = scenario('a law of some runs', (world) => {
      const isStated = world.draw('stated', 2) === 1;
      world.always('it is always stated', () => true);
      world.always('it is always stated', () => true);
      if (isStated) world.finally('it is stated now and then', () => true);
    });
    const { reached } = await check(drawn, quiet);
    const { 'it is stated now and then': some = 0, ...others } = reached?.laws ?? {};
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(100);
    expect(others).toEqual({ 'it is always stated': 100 });
    expect(reached && reachedText(reached)).toEqual([
      `laws that held: "it is always stated", "it is stated now and then" in ${some} of 100 runs`,
    ]);
  });
});
