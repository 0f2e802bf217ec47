import { UsageError } from '../../sys/errors.ts';
import type { Task } from '../kernel/task.ts';
import type { CommandHandler, CommandOptions } from './commands.ts';
import type { HostService } from './host-service.ts';
import { slashedPath } from './places.ts';
import { CodeTrace } from './runtime/code-trace.ts';
import { HOW_TO_INSTALL, type RealmRun } from './runtime/realm-run.ts';
import { makeService, type ServiceOptions } from './runtime/service.ts';
import { define, type Scenario, type ScenarioOptions } from './scenario.ts';
import {
  type HttpHandler,
  type HttpOptions,
  makeThirdParty,
  type ThirdParty,
} from './third-party.ts';
import { callerLine, callerUrl } from './user-frame.ts';
import type { Check, World } from './world.ts';

/** A machine in a realm's network, on which code of the body can run. @since 0.2.0 */
export class RealmHost {
  /** Under which other hosts reach it. */
  readonly name: string;
  readonly #world: World;

  /** @internal */
  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
    world.host(name);
  }

  /**
   * Run `code` on this host, and whatever comes of it later: its sockets have this host's address,
   * `os.hostname()` is its name, its agents and connections are its own. Gives what `code` gives.
   *
   * ```ts
   * await world.host('db').run(async () => startDatabase(5432));
   * ```
   */
  run<T>(code: () => T): T {
    return nodeOf(this.#world, 'a host').within(this.name, code);
  }

  /** Put a service onto this host: `world.host('db').service(postgres())`. It listens at once. */
  service(service: HostService): void {
    const { name, body } = service;
    nodeOf(this.#world, 'a service');
    this.#world.startService(this.name, name, body(this.#world), { daemon: true });
  }

  /**
   * A third party's HTTP server on this host, whose answers `handler` gives. It listens at once, on
   * port 80 and, with TLS, on port 443.
   *
   * ```ts
   * world.host('api.stripe.com').http(() => Response.json({ paid: true }));
   * ```
   */
  http(handler: HttpHandler, options: HttpOptions = {}): ThirdParty {
    const put = (service: HostService): void => this.service(service);
    return makeThirdParty({ world: this.#world, host: this.name, put }, handler, options);
  }

  /** As `HostHandle.command`, for what code on this host starts. */
  command(name: string, handler: CommandHandler | null, options: CommandOptions = {}): void {
    this.#world.host(this.name).command(name, handler, options);
  }

  /**
   * Take away what runs here, as by SIGKILL: its sockets are closed by the kernel, its timers,
   * immediates and network callbacks never come. Code that runs at this moment goes on up to its
   * next `await`. The modules' state stays; `run` starts something new.
   */
  crash(): void {
    if (!nodeOf(this.#world, 'a host').crash(this.name)) {
      throw new UsageError(`nothing has run on the host ${this.name}, so it cannot crash`);
    }
  }
}

function nodeOf({ runtime }: World, what: string): RealmRun {
  if (runtime?.realm !== undefined) return runtime.realm;
  throw new UsageError(`${what} needs Node's own network in the realm. ${HOW_TO_INSTALL}`);
}

/** What the body of a {@link realm} scenario is handed: the world of its run. @since 0.2.0 */
export class Realm {
  readonly #world: World;

  /** @internal */
  constructor(world: World) {
    this.#world = world;
  }

  /**
   * An object or function of yours, typed as itself, whose calls become choice points: when a call
   * begins (and has its effect), when its answer is heard, and whether it fails.
   *
   * ```ts
   * const store = world.service('store', new SeatStore(), { fails: [new Error('timeout')] });
   * ```
   * @param name what reports call it
   * @throws UsageError of the calls, where they are made outside of the run
   */
  service<T extends object>(name: string, target: T, options: ServiceOptions<T> = {}): T {
    return makeService(this.#world, name, target, options);
  }

  /**
   * A machine of its own in the network of this run, which others reach under its name. The body
   * itself runs on `localhost`.
   */
  host(name: string): RealmHost {
    return new RealmHost(this.#world, name);
  }

  /**
   * Evaluate a module again for this run, with all the files that it imports: nothing that they
   * keep comes from another run. On each host that is one graph. Packages in node_modules stay
   * what they are, but for those that are named.
   *
   * ```ts
   * const { createApp } = await world.import<typeof import('./app.ts')>('./app.ts');
   * ```
   * @param file a path that counts from the calling file, or a file's URL
   * @throws UsageError if it is not there, or cannot be evaluated at once (a top-level await)
   */
  async import<T = unknown>(
    file: string | URL,
    { packages = [] }: { readonly packages?: readonly string[] } = {},
  ): Promise<T> {
    const node = nodeOf(this.#world, 'world.import');
    const url = typeof file === 'string' ? new URL(file, callerUrl()) : file;
    return node.load(slashedPath(url.href), packages) as T;
  }

  /** For so many milliseconds of virtual time nothing comes through between two hosts. */
  partition(one: string, other: string, ms: number): void {
    this.#world.partition(one, other, ms);
  }

  /** From now on bytes travel so many milliseconds from one host to another. */
  delay(from: string, to: string, msMin: number, msMax: number): void {
    this.#world.delay(from, to, msMin, msMax);
  }

  /** Must hold after every step from now on. */
  always(law: string, check: Check): void {
    this.#world.always(law, check);
  }

  /** Must have held at some moment from now on by the time the run ends. */
  eventually(law: string, check: Check): void {
    this.#world.eventually(law, check);
  }

  /** Must hold when the run has ended. */
  finally(law: string, check: Check): void {
    this.#world.finally(law, check);
  }

  /** State a ready-made law: `world.law(nothingOpenLaw)`. */
  law(state: (world: World) => void): void {
    state(this.#world);
  }

  /**
   * Draw an input: a whole number from 0 (the simplest case) to `n - 1`. It is a decision like any
   * other, so it is found, replayed and shrunk together with the schedule.
   */
  draw(label: string, n: number): number {
    return this.#world.draw(label, n);
  }

  /** Draw one of `values`, the first being the simplest. */
  drawFrom<T>(label: string, values: readonly T[]): T {
    return this.#world.drawFrom(label, values);
  }

  /** Milliseconds of virtual time since the run began. */
  get nowMs(): number {
    return this.#world.nowMs;
  }

  /** Have `cleanUp` called when the run is over, however it ends. */
  onEnd(cleanUp: () => void): void {
    this.#world.onEnd(cleanUp);
  }
}

/** What two runs of one schedule that differ say first. */
const SHARED =
  "a variable of a module, a global or a registration keeps something from run to run, and the line above depends on it: make it in the body, or evaluate its module again for each run by world.import('./file.ts'), which needs heddle/realm";

/** Where its code awaits is told, until the run is over. */
function noteCode(world: World): void {
  const code = new CodeTrace((moment) => world.tell(world.tasks[0] as Task, moment));
  world.code = code;
  code.begin();
  world.onEnd(() => code.end());
}

/**
 * Define a scenario whose body is an ordinary async function: no `sys`, no generators. It fails
 * when the body throws (a failed `expect` does), when a law is broken, when a promise is left
 * rejected, or when the body can never end. Clock, timers and randomness are virtual while a run
 * goes on; what may happen in more than one way are the calls of its services, its timers and what
 * it draws. Promise jobs stay in the order that V8 gives them.
 *
 * ```ts
 * fuzz(realm('a seat is sold once', async (world) => {
 *   const store = world.service('store', new SeatStore());
 *   const sold = await Promise.all([buy(store, '12A'), buy(store, '12A')]);
 *   expect(sold.filter(Boolean)).toHaveLength(1);
 * }), { runs: 2000 });
 * ```
 * @param body called once for each run, with a fresh world, and must do the same each time: make in
 *   it whatever it changes
 * @since 0.2.0
 */
export function realm(
  name: string,
  body: (world: Realm) => Promise<unknown>,
  options: ScenarioOptions = {},
): Scenario {
  return define({
    name,
    build: (world) => {
      world.isRealm = true;
      world.suspects.push(() => [SHARED]);
      world.process('test').spawn('test', async () => {
        if (world.isTold) noteCode(world);
        await body(new Realm(world));
      });
    },
    options,
    where: callerLine(),
    isRealm: true,
  });
}
