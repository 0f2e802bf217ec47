import type { Task } from '../../sim/kernel/task.ts';
import type { Run } from '../../sim/schedule/run.ts';
import type { RealmRun } from '../../sim/schedule/runtime/realm-run.ts';
import type { VirtualRuntime } from '../../sim/schedule/runtime/virtual-runtime.ts';
import { isUserScript, placeIn } from '../../sim/schedule/user-frame.ts';
import { HOST_DEFAULT } from '../../sim/schedule/world.ts';
import { closeLeftovers } from '../guest/leftovers.ts';
import type { GuestLoop } from '../guest/loop.ts';
import { Teller } from '../guest/tell.ts';
import { notesOf } from '../notes.ts';
import type { TurnEnd } from '../wire.ts';
import { agentsByHost } from './agents.ts';
import { FreshModules } from './fresh-modules.ts';
import { HostLoop, type Siblings } from './host-loop.ts';
import type { Seam } from './seam.ts';

/** The body, or what it calls, has called process.exit. */
class ExitCalled extends Error {
  override readonly name = 'ExitCalled';
}

/**
 * One run of a realm scenario on Node's own library: its hosts, and for as long as it goes on the
 * realm's clock, timers and randomness.
 *
 * # All of a run is one macrotask
 * Node's immediates, timers, ticks and promise jobs are run from here, so nothing of the real
 * machine comes between: no timer of a test runner, no socket of another test. What only a turn of
 * the real event loop can bring does not come (HTTP/2, which asks C++ for an immediate;
 * MessageChannel).
 */
export class Session implements RealmRun, Siblings {
  readonly run: Run;
  readonly teller: Teller | undefined;
  readonly #seam: Seam;
  readonly #runtime: VirtualRuntime;
  readonly #hosts = new Map<string, HostLoop>();
  readonly #main: HostLoop;
  readonly #putBack: () => void;
  #failed = false;
  /** When something last happened that was more than an unreferenced timer. */
  #stirredNs = 0;
  readonly #modules = new Map<GuestLoop, FreshModules>();
  readonly #crashed = new Set<GuestLoop>();

  constructor(seam: Seam, run: Run, runtime: VirtualRuntime) {
    this.run = run;
    this.#seam = seam;
    this.#runtime = runtime;
    run.world.endsWithBody = true;
    seam.settle();
    if (run.world.isTold) {
      // Whoever runs the tests may have its own way to write stacks, with the lines of the sources.
      this.teller = new Teller(seam.internals, (...told) => this.#tell(...told), {
        write: Error.prepareStackTrace,
        isOwn: (script) => !isUserScript(script) && !script.includes('/node_modules/'),
        code: () => run.world.code,
      });
      run.world.onEnd(this.teller.begin());
    }
    this.#main = this.#host(HOST_DEFAULT);
    this.#putBack = seam.enter(this.#main.loop);
    run.world.suspects.push(() => seam.changed());
    run.world.stillOpen.push(() => [...this.#stillOpen(), ...seam.outOfReach()]);
  }

  #host(name: string, service?: string): HostLoop {
    const key = keyOf(name, service);
    let host = this.#hosts.get(key);
    if (host === undefined) {
      host = new HostLoop(name, this.#seam.internals, this, this.#hosts.size, service);
      host.loop.uncaught = (error) => this.fails(error);
      host.loop.immediates = this.#hosts.size === 0 ? this.#seam.queues : NONE;
      this.#hosts.set(key, host);
    }
    return host;
  }

  /** Those that run code of the user's. */
  get #ofUser(): HostLoop[] {
    return [...this.#hosts.values()].filter(({ service }) => service === undefined);
  }

  // ---- hosts ----

  within<T>(name: string, code: () => T): T {
    const { loop } = this.#host(name);
    if (loop === this.#main.loop) return code();
    agentsByHost(this.#seam);
    return this.#seam.present.within(loop, code);
  }

  serve(name: string, service: string, code: () => void): void {
    this.#seam.present.within(this.#host(name, service).loop, code);
  }

  load(path: string, packages: readonly string[]): unknown {
    const loop = this.#seam.present.now ?? this.#main.loop;
    let modules = this.#modules.get(loop);
    if (modules === undefined) {
      modules = new FreshModules();
      this.#modules.set(loop, modules);
    }
    return modules.load(path, packages);
  }

  crash(name: string): boolean {
    const host = this.#hosts.get(keyOf(name));
    if (host === undefined || host === this.#main) return false;
    host.crash();
    this.#hosts.delete(keyOf(name));
    this.#crashed.add(host.loop);
    return true;
  }

  /** What was set in the context of a host that is gone never comes. */
  #forget(): void {
    const { queues, present } = this.#seam;
    if (this.#crashed.size === 0) return;
    queues.clearOf((resource) => this.#crashed.has(present.loopOf(resource) as GuestLoop));
  }

  #stillOpen(): string[] {
    return this.#ofUser.flatMap((host) => host.describeOpen());
  }

  /** On the account of the host that is present. */
  #tell(is: 'timer' | 'request' | 'response', what: string, stack: string): void {
    const { world } = this.run;
    const { now } = this.#seam.present;
    const host = [...this.#hosts.values()].find(({ loop }) => loop === now);
    const task = host?.task ?? (world.tasks[0] as Task);
    world.tell(task, { is, what, where: placeIn(stack) });
  }

  // ---- what runs ----

  drain(): void {
    for (const host of this.#hosts.values()) host.takeTime();
    this.stirs();
    this.#main.loop.drain();
    if (this.#seam.queues.waiting) this.#main.stir();
    this.#hear(undefined);
  }

  #hear(except: HostLoop | undefined): void {
    for (const host of this.#hosts.values()) if (host !== except) host.hear();
  }

  stirs(): void {
    this.#stirredNs = this.run.world.clock.nowNs;
  }

  ended(loop: GuestLoop, end: TurnEnd): TurnEnd {
    if (loop !== this.#main.loop || end.dueMs === null) return end;
    const { nowNs } = this.run.world.clock;
    if (loop.timers?.alive === true) this.#stirredNs = nowNs;
    return nowNs - this.#stirredNs > IDLE_NS_MAX ? { ...end, dueMs: null } : end;
  }

  check(host: HostLoop): void {
    if (host !== this.#main) return;
    this.#forget();
    if (this.#seam.queues.waiting) {
      host.loop.run(() => this.#seam.queues.runImmediates());
    }
  }

  said(host: HostLoop): void {
    if (host !== this.#main && this.#seam.queues.waiting) this.#main.stir();
    this.#hear(host);
  }

  // ---- how it fails ----

  /** Something that Node calls has thrown, and nobody has caught it. */
  fails(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#runtime.uncaughtIn(this.run.world.tasks[0], 'a callback', error);
  }

  exits(code: number): never {
    const error = new ExitCalled(`process.exit(${code}) was called; a run ends when its body does`);
    this.fails(error);
    throw error;
  }

  // ---- the end ----

  over(): void {
    for (const { name, loop, seen } of this.#ofUser) {
      const open = loop.describeOpen();
      const more = { exitCode: undefined, exitCodeExpected: 'any', crashes: 0 } as const;
      notesOf(this.run.world).set(name, { ...seen, ...more, open });
    }
  }

  close(): void {
    try {
      this.#failed = true;
      const hosts = [...this.#hosts.values()];
      for (const host of hosts) host.die();
      const { queues, internals } = this.#seam;
      closeLeftovers(
        hosts.map(({ loop }) => loop),
        queues,
        internals,
      );
    } finally {
      this.#putBack();
    }
  }
}

/** Of a host: a service of it is another one, of the same name. */
const keyOf = (name: string, service = ''): string => `${service}@${name}`;

/**
 * For so long unreferenced timers alone may keep a run going: longer than any time-out of Node's
 * own library, which are 300 s at most (undici's headersTimeout). http.Server has one that
 * comes every 30 s for ever.
 */
const IDLE_NS_MAX = 600e9;

/** Immediates are one list for all hosts, and come in the turns of the first. */
const NONE = { count: 0, refCount: 0 };
