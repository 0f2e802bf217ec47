/**
 * A service of a realm run: an object or function of the user's whose calls become choice points.
 *
 * # What a call is
 * Two steps of the surroundings: it *begins* (the object's own method is called, so this is where
 * it has its effect), and it *answers* (the caller's promise is settled). Other steps may come
 * before each of them, so calls that are under way together begin in any order, end in any order,
 * and what the object says may be old by the time it is heard. The calm order is that of a queue:
 * calls begin as they were made and answer as they ended.
 */
import { AsyncResource } from 'node:async_hooks';
import { UsageError } from '../../../sys/errors.ts';
import { sourceLine } from '../../../sys/syscall.ts';
import { KIND } from '../../kernel/choices.ts';
import type { Footprint } from '../../kernel/footprint.ts';
import type { Happening } from '../../kernel/happening.ts';
import { EnvironmentEvent } from '../../network/events.ts';
import { valueText, wholeText } from '../value-text.ts';
import type { World } from '../world.ts';
import { drainNow } from './drain.ts';
import { activeRuntime } from './virtual-runtime.ts';

type Keys = readonly unknown[] | unknown;

/**
 * Which keys of a service a method reads or writes, from its arguments: one, or a list of them.
 *
 * @since 0.2.0
 */
export type KeysOf<T> = {
  readonly [M in keyof T]?: T[M] extends (...args: infer A) => unknown
    ? (...args: A) => Keys
    : never;
};

/** How a service may behave. @since 0.2.0 */
export interface ServiceOptions<T> {
  /**
   * What a call may fail with instead of being carried out: an error, or any other reason. Whether
   * calls fail in a run at all is drawn once for it, and then for each call. Default: none fails.
   */
  readonly fails?: readonly unknown[];
  /**
   * Whether a call may begin while another is under way. Default: true. With false each begins when
   * the one before it has answered, in the order in which they were made: a connection, a lock.
   */
  readonly concurrent?: boolean;
  /**
   * Methods that are called at once, as without heddle: those that give no promise. Default: none.
   */
  readonly sync?: readonly (keyof T)[];
  /**
   * What a method reads, and what it writes, by key: `{ get: (key) => key }`. A promise of yours
   * that a search may rely on: calls that touch no common key are not tried in both orders. A
   * method that is in neither may touch anything. Default: none is.
   */
  readonly reads?: KeysOf<T>;
  /** See {@link reads}. Default: a method may touch anything. */
  readonly writes?: KeysOf<T>;
}

type Method = (...args: unknown[]) => unknown;
type Loose = Partial<Record<PropertyKey, (...args: unknown[]) => Keys>>;

/** Options whose methods are known by name alone. */
type Loosened = Pick<ServiceOptions<object>, 'fails' | 'concurrent'> & {
  readonly reads?: Loose;
  readonly writes?: Loose;
};

/** What all calls of one service share. */
class ServiceState {
  readonly world: World;
  readonly name: string;
  readonly fails: readonly unknown[];
  readonly reads: Loose;
  readonly writes: Loose;
  /** Calls that wait for the one before; undefined where any number may be under way. */
  readonly queue: ServiceCall[] | undefined;
  /** Calls whose method has begun and has not ended. */
  readonly underWay = new Set<ServiceCall>();
  #keys: Map<unknown, object> | undefined;

  constructor(world: World, name: string, options: Loosened) {
    this.world = world;
    this.name = name;
    const fails = options.fails ?? [];
    const label = (): string => `calls of ${name} may fail`;
    const mayFail = fails.length > 0 && world.decide(KIND.swarm, 2, { label }) === 1;
    this.fails = mayFail ? fails : [];
    this.queue = options.concurrent === false ? [] : undefined;
    this.reads = options.reads ?? {};
    this.writes = options.writes ?? {};
    world.unsettled.push(() => [...this.underWay].map((call) => call.whole));
  }

  /** What stands for a key in footprints. */
  keyed(key: unknown): object {
    this.#keys ??= new Map();
    let object = this.#keys.get(key);
    if (object === undefined) {
      object = { key };
      this.#keys.set(key, object);
    }
    return object;
  }
}

type Phase = 'asked' | 'begun' | 'fulfilled' | 'rejected';

/** What the next step of a call in this phase is. */
const PHASE_TEXTS = {
  asked: 'begins',
  begun: 'begins',
  fulfilled: 'answers',
  rejected: 'fails',
} as const;

/** One call of a service: an event while it may begin, and again while it may answer. */
class ServiceCall extends EnvironmentEvent {
  readonly state: ServiceState;
  readonly method: PropertyKey;
  readonly args: readonly unknown[];
  readonly where: string | undefined;
  readonly promise: Promise<unknown>;
  readonly #call: Method;
  readonly #resource = new AsyncResource('HeddleService', { requireManualDestroy: true });
  /** In which call of the user's code it was made, where that is told. */
  readonly #caller: number | undefined;
  #resolve!: (value: unknown) => void;
  #reject!: (reason: unknown) => void;
  #phase: Phase = 'asked';
  #outcome: unknown;

  constructor(state: ServiceState, method: PropertyKey, args: readonly unknown[], call: Method) {
    super();
    this.state = state;
    this.method = method;
    this.args = args;
    this.where = sourceLine();
    this.#call = call;
    this.#caller = state.world.code?.call;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  fire(): void {
    this.state.world.events.remove(this);
    if (this.#phase === 'asked') this.#begin();
    else this.#answer();
    drainNow();
  }

  #begin(): void {
    const { state } = this;
    this.#phase = 'begun';
    state.underWay.add(this);
    const { fails } = state;
    const failure = fails.length === 0 ? 0 : this.#drawFailure(fails);
    if (failure > 0) {
      this.#ended('rejected', fails[failure - 1]);
      return;
    }
    let made: unknown;
    state.world.code?.enter(this.#caller);
    try {
      made = this.#resource.runInAsyncScope(this.#call, undefined, ...this.args);
    } catch (error) {
      this.#ended('rejected', error);
      return;
    }
    if (!isThenable(made)) this.#ended('fulfilled', made);
    else {
      made.then(
        (value) => this.#ended('fulfilled', value),
        (reason: unknown) => this.#ended('rejected', reason),
      );
    }
  }

  #drawFailure(fails: readonly unknown[]): number {
    return this.state.world.decide(KIND.serviceFails, 1 + fails.length, {
      label: () => `${this.whole} fails`,
      alternativeText: (choice) => (choice === 0 ? 'no' : valueText(fails[choice - 1])),
    });
  }

  #ended(phase: 'fulfilled' | 'rejected', outcome: unknown): void {
    this.state.underWay.delete(this);
    this.#phase = phase;
    this.#outcome = outcome;
    this.state.world.events.add(this);
  }

  #answer(): void {
    const { queue, world } = this.state;
    if (queue !== undefined) {
      queue.shift();
      const [next] = queue;
      if (next !== undefined) world.events.add(next);
    }
    if (this.#phase === 'fulfilled') this.#resolve(this.#outcome);
    else this.#reject(this.#outcome);
  }

  /** `get("12A")` */
  get text(): string {
    const callee = this.method === '' ? this.state.name : String(this.method);
    return `${callee}(${this.args.map(valueText).join(', ')})`;
  }

  /** With whose it is, and the line that made it where lines are collected. */
  get whole(): string {
    const text = this.method === '' ? this.text : `${this.state.name}.${this.text}`;
    return this.where === undefined ? text : `${text} of ${this.where}`;
  }

  happening(): Happening {
    const phase = PHASE_TEXTS[this.#phase];
    return {
      kind: 'service',
      service: this.state.name,
      call: this.text,
      phase,
      value: this.#outcome === undefined ? '' : valueText(this.#outcome),
      where: this.where,
    };
  }

  override contents(): string {
    const what = this.#phase === 'asked' ? this.args : this.#outcome;
    return `${this.state.name} ${String(this.method)} ${this.#phase} ${wholeText(what)}`;
  }

  override get identity(): string {
    return this.label();
  }

  /** An answer lets code of the user's go on, which may look at anything. */
  override touches(footprint: Footprint): void {
    const { state } = this;
    const reads = state.reads[this.method];
    const writes = state.writes[this.method];
    if (this.#phase !== 'asked' || (reads === undefined && writes === undefined)) {
      footprint.touchEverything();
      return;
    }
    for (const key of this.#keys(reads)) footprint.read(state.keyed(key));
    for (const key of this.#keys(writes)) footprint.write(state.keyed(key));
  }

  #keys(of: ((...args: unknown[]) => Keys) | undefined): readonly unknown[] {
    if (of === undefined) return [];
    const keys = of(...this.args);
    return Array.isArray(keys) ? keys : [keys];
  }
}

/** The `target` of a run: typed as itself, with a choice point before and behind each call. */
export function makeService<T extends object>(
  world: World,
  name: string,
  target: T,
  options: ServiceOptions<T> = {},
): T {
  const state = new ServiceState(world, name, options as Loosened);
  const ask = (method: PropertyKey, args: readonly unknown[], call: Method): Promise<unknown> => {
    if (activeRuntime()?.world !== world) {
      throw new UsageError(
        `${name} was called outside of the run that it belongs to; make a service in the body of the scenario, and keep it there`,
      );
    }
    const made = new ServiceCall(state, method, args, call);
    const { queue } = state;
    queue?.push(made);
    if (queue === undefined || queue.length === 1) world.events.add(made);
    return made.promise;
  };
  const wrapped = new Map<PropertyKey, { readonly of: unknown; readonly by: Method }>();
  return new Proxy(target, {
    // The object itself is who its methods and getters see: its private members are there, and what
    // it does within one call is one step.
    get(object, key): unknown {
      const value: unknown = Reflect.get(object, key);
      if (typeof value !== 'function') return value;
      const known = wrapped.get(key);
      if (known?.of === value) return known.by;
      const call: Method = (...args) => Reflect.apply(value, object, args);
      const isSync = options.sync?.includes(key as keyof T) === true;
      const by: Method = isSync ? call : (...args) => ask(key, args, call);
      wrapped.set(key, { of: value, by });
      return by;
    },
    apply(callee, self, args): unknown {
      return ask('', args, (...given) => Reflect.apply(callee as Method, self, given));
    },
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}
