import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/catalogue.ts';
import { exploredScenario } from '../../src/scenarios/explored.ts';
import { attempt } from '../../src/sim/explore/attempt.ts';
import { BLOCKED } from '../../src/sim/kernel/calls/handler.ts';
import { KIND, type Kind } from '../../src/sim/kernel/choices.ts';
import { Footprint } from '../../src/sim/kernel/footprint.ts';
import { Task } from '../../src/sim/kernel/task.ts';
import type { EnvironmentEvent } from '../../src/sim/network/events.ts';
import { Random } from '../../src/sim/schedule/random.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { PartialOrder } from '../../src/sim/schedule/strategies/partial-order.ts';
import type { ChoicePoint, Strategy } from '../../src/sim/schedule/strategy.ts';
import {
  Cell,
  Condition,
  EPOLLET,
  EPOLLIN,
  Mutex,
  POLLIN,
  type Program,
  type Sys,
} from '../../src/sys/index.ts';
import { SPECIMENS } from '../zoo/programs.ts';
import { RACES } from '../zoo/races.ts';

type Mover = Task | EnvironmentEvent;

const keyOf = (mover: Mover): string =>
  mover instanceof Task ? `${mover.path} ${mover.call?.name}` : mover.label();

/** Follows given moves for as long as it can, then draws; everything but who moves is calm. */
class Follows implements Strategy {
  readonly name = 'follows';
  readonly #moves: readonly string[];
  readonly #random: Random;
  readonly #order = new PartialOrder();
  #point: ChoicePoint | undefined;
  readonly made: string[] = [];
  readonly #happened: { mover: Mover; possible: Set<Mover>; footprint: Footprint }[] = [];
  #possible = new Set<Mover>();

  constructor(moves: readonly string[], seed: number) {
    this.#moves = moves;
    this.#random = new Random(seed);
    this.#order.sharedQueues = true;
  }

  begin(): boolean {
    this.#order.begin(0);
    return true;
  }

  choose(kind: Kind, arity: number, point: ChoicePoint): number {
    if (kind !== KIND.step) return 0;
    this.#possible = new Set();
    for (let i = 0; i < arity; i++) this.#possible.add(point.alternative(i));
    const wanted = this.#moves[this.made.length];
    for (let i = 0; i < arity; i++) if (keyOf(point.alternative(i)) === wanted) return i;
    return this.#random.below(arity);
  }

  moves(mover: Mover, point: ChoicePoint): void {
    this.#point = point;
    this.#settle(point);
    this.#order.open(mover, point);
    this.#happened.push({ mover, possible: this.#possible, footprint: new Footprint() });
    this.#possible = new Set();
    this.made.push(keyOf(mover));
  }

  /** What the step that is over has touched, what it asked for included. */
  #settle(point: ChoicePoint): void {
    if (this.#order.close(point) >= 0) this.#happened.at(-1)?.footprint.add(this.#order.footprint);
  }

  end(): void {
    if (this.#point !== undefined) this.#settle(this.#point);
  }

  /**
   * Places at which two moves of different movers followed each other that were both possible
   * before and do not conflict.
   */
  get swappable(): number[] {
    const places: number[] = [];
    for (let i = 1; i < this.#happened.length; i++) {
      const [first, second] = [this.#happened[i - 1], this.#happened[i]];
      if (first === undefined || second === undefined || first.mover === second.mover) continue;
      if (!first.possible.has(second.mover)) continue;
      if (!first.footprint.conflictsWith(second.footprint)) places.push(i - 1);
    }
    return places;
  }
}

const BIRTHS: ReadonlySet<string> = new Set(['spawn', 'fork']);

/**
 * What each task was told, in its own order; ids are given out in the order of births, so they are
 * left out.
 */
function told(
  world: Scenario,
  strategy: Follows,
): { told: Record<string, string[]>; failure: string; inVain: number } {
  const answers: Record<string, string[]> = {};
  let inVain = 0;
  const result = attempt(world, strategy, {
    observer: {
      stepped: (task, call, result) => {
        if (result === BLOCKED) inVain++;
        if (result === BLOCKED || BIRTHS.has(call.name)) return;
        const text = result instanceof Uint8Array ? [...result].join() : JSON.stringify(result);
        answers[task.path] = [...(answers[task.path] ?? []), `${call.name} ${text}`];
      },
    },
  });
  return { told: answers, failure: result?.failure?.signature ?? '', inVain };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function* epollServer(sys: Sys, flags: number): Program {
  const listener = yield* sys.socket('inet', 'stream');
  yield* sys.bind(listener, { host: '127.0.0.1', port: 7000 });
  yield* sys.listen(listener, 8);
  const epoll = yield* sys.epollCreate();
  yield* sys.epollCtl(epoll, 'add', listener, EPOLLIN);
  for (let closed = 0; closed < 3; ) {
    for (const { data: fd } of yield* sys.epollWait(epoll, 2)) {
      if (fd === listener) {
        const accepted = yield* sys.accept(listener);
        yield* sys.epollCtl(epoll, 'add', accepted.fd, EPOLLIN | flags);
        continue;
      }
      const data = yield* sys.recv(fd, 8);
      if (data.length > 0) yield* sys.send(fd, data);
      else {
        closed++;
        yield* sys.close(fd);
      }
    }
  }
}

const epollEcho = (name: string, flags: number, mode: 'adversarial' | 'loopback'): Scenario =>
  scenario(
    name,
    (world) => {
      world.process('server').spawn('server', (sys) => epollServer(sys, flags));
      for (const client of ['a', 'b', 'c']) {
        world.process(client).spawn(
          client,
          function* talks(sys) {
            const fd = yield* sys.socket('inet', 'stream');
            yield* sys.connect(fd, { host: '127.0.0.1', port: 7000 });
            yield* sys.send(fd, bytes(client));
            yield* sys.recv(fd, 8);
            yield* sys.close(fd);
          },
          { afterListen: 7000 },
        );
      }
    },
    { network: { mode } },
  );

const pipesAndLocks = scenario('pipes, locks, futexes and time', (world) => {
  const mutex = new Mutex('m');
  const condition = new Condition('c');
  const count = new Cell('count', 0);
  const words = new Int32Array(1);
  world.process('p').spawn('main', function* main(sys) {
    const [reader, writer] = yield* sys.pipe();
    const [left, right] = yield* sys.socketpair();
    const bell = yield* sys.eventfd();
    yield* sys.spawn(function* a(own) {
      yield* own.write(writer, bytes('ab'));
      yield* own.lock(mutex);
      yield* own.store(count, (yield* own.load(count)) + 1);
      yield* own.condSignal(condition);
      yield* own.unlock(mutex);
      yield* own.recv(left, 4);
      words[0] = 1;
      yield* own.futexWake(words, 0, 1);
      const extra = yield* own.dup(reader);
      yield* own.close(extra);
    });
    yield* sys.spawn(function* b(own) {
      yield* own.read(reader, 1);
      yield* own.send(right, bytes('x'));
      yield* own.nanosleep({ ms: 1 });
      yield* own.write(bell, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
      const extra = yield* own.dup(writer);
      yield* own.update(count, (n) => n + 1);
      yield* own.close(extra);
    });
    yield* sys.poll([
      { fd: bell, events: POLLIN },
      { fd: reader, events: POLLIN },
    ]);
    yield* sys.lock(mutex);
    yield* sys.load(count);
    yield* sys.unlock(mutex);
    yield* sys.select({ read: [bell] }, 5);
  });
});

/**
 * Processes that share descriptions and end, signals between any two steps, and requests that begin
 * and end in a ring.
 */
const models = MODELS.filter(({ id }) => /^(fork|signal-driven|completion)$/.test(id)).flatMap(
  (model) =>
    (['loopback', 'adversarial'] as const).map((network) =>
      exploredScenario(model, 'corrected', { clients: 2, messages: 1, network }),
    ),
);

const worlds = [
  ...models,
  epollEcho('level-triggered echo', 0, 'adversarial'),
  epollEcho('edge-triggered echo', EPOLLET, 'adversarial'),
  epollEcho('level-triggered echo, loopback', 0, 'loopback'),
  pipesAndLocks,
  ...RACES.map((race) => race.scenario),
  ...SPECIMENS.filter(({ name }) =>
    /^(carter01|reorder_3|stringbuffer|bounded|lost signal|work)/.test(name),
  ).map((specimen) => specimen.scenario),
];

describe('two neighbouring steps whose footprints do not conflict', () => {
  it.each(worlds)('may be swapped, and no task can tell: $name', (world) => {
    let swaps = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const original = new Follows([], seed);
      const before = told(world, original);
      const random = new Random(seed);
      for (let i = 0; i < 5 && original.swappable.length > 0; i++) {
        const place = original.swappable[random.below(original.swappable.length)] as number;
        const moves = [...original.made];
        [moves[place], moves[place + 1]] = [moves[place + 1] as string, moves[place] as string];
        const swapped = new Follows(moves, seed);
        const after = told(world, swapped);
        // Who finds nothing when it wakes takes a step more than who was asleep before it was
        // asked; nobody is told anything by it.
        if (after.inVain !== before.inVain) continue;
        // The run ends at its failure; a swap across the end of the run may leave the other of the
        // two unmade.
        if (before.failure !== '' && place + 2 >= moves.length) continue;
        expect(swapped.made.slice(0, moves.length), `seed ${seed}, swap at ${place}`).toEqual(
          moves,
        );
        expect(
          after,
          `seed ${seed}, swap at ${place}: ${moves[place + 1]}, ${moves[place]}`,
        ).toEqual(before);
        swaps++;
      }
    }
    expect(swaps).toBeGreaterThan(0);
  });
});
