/** Small worlds whose schedules can be counted by hand. */
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Cell, type Program, type Sys } from '../../src/sys/index.ts';

/**
 * `steps[i]` steps for task i, none of which concerns another; `seen` is given the order of every
 * run, as `aabb`.
 */
export function independent(steps: readonly number[], seen?: (order: string) => void): Scenario {
  return scenario('independent steps', (world) => {
    let order = '';
    steps.forEach((count, i) => {
      const letter = String.fromCharCode(97 + i);
      world.process(letter).spawn(letter, function* works(sys) {
        for (let n = 0; n < count; n++) {
          yield* sys.gettid();
          order += letter;
        }
      });
    });
    world.finally('the order is told', () => seen?.(order));
  });
}

/**
 * Task `a` gives up its turn `turns` times, and `b` takes one step; `seen` is given the order of
 * every run, as `aaba`.
 */
export function yielding(turns: number, seen: (order: string) => void): Scenario {
  return scenario('giving up turns', (world) => {
    let order = '';
    world.process('a').spawn('a', function* yields(sys) {
      for (let n = 0; n < turns; n++) {
        yield* sys.schedYield();
        order += 'a';
      }
    });
    world.process('b').spawn('b', function* steps(sys) {
      yield* sys.gettid();
      order += 'b';
    });
    world.finally('the order is told', () => seen(order));
  });
}

/**
 * Two tasks wait for a flag, one giving up its turn in between and one not; a third raises it after
 * a while.
 */
export function spinning(): Scenario {
  return scenario('spinning', (world) => {
    const flag = new Cell('flag', false);
    const process = world.process('p');
    process.spawn('polite', function* polite(sys) {
      while (!(yield* sys.load(flag))) yield* sys.schedYield();
    });
    process.spawn('rude', function* rude(sys) {
      while (!(yield* sys.load(flag)));
    });
    process.spawn('raises', function* raises(sys) {
      for (let i = 0; i < 10; i++) yield* sys.gettid();
      yield* sys.store(flag, true);
    });
  });
}

/**
 * One task waits for a word that another holds, and gives up its turn in between; the other does
 * `steps` that concern nobody before it lets go.
 */
export function waitingByTurns(steps: number): Scenario {
  return scenario('waiting by turns', (world) => {
    const word = new Cell('word', 0);
    const process = world.process('p');
    for (const name of ['first', 'second']) {
      process.spawn(name, function* takes(sys) {
        while ((yield* sys.update(word, () => 1)) !== 0) yield* sys.schedYield();
        for (let i = 0; i < steps; i++) yield* sys.gettid();
        yield* sys.store(word, 0);
      });
    }
  });
}

/**
 * Clients that send a message and wait for the answer, `messages` times, against a server of the
 * catalogue, on loopback.
 */
export function askedAndAnswered(
  server: (sys: Sys, options: { port: number }) => Program,
  clients: number,
  messages: number,
): Scenario {
  const port = 7000;
  return scenario(
    `${clients} clients, ${messages} messages each`,
    (world) => {
      world.process('server').spawn('server', (sys) => server(sys, { port }));
      for (let i = 1; i <= clients; i++) {
        world.process(`client#${i}`).spawn(
          `client#${i}`,
          function* asks(sys) {
            const fd = yield* sys.socket('inet', 'stream');
            yield* sys.connect(fd, { host: '127.0.0.1', port });
            for (let n = 1; n <= messages; n++) {
              yield* sys.send(fd, new Uint8Array([i, n]));
              const answer = yield* sys.recv(fd, 8);
              if (answer.join() !== `${i},${n}`) throw new Error(`got ${answer.join()}`);
            }
            yield* sys.close(fd);
          },
          { afterListen: port },
        );
      }
    },
    { network: { mode: 'loopback' } },
  );
}
