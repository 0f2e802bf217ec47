/**
 * What programs in Go are made of, on the kernel's own calls and as small as it can be: channels
 * with select, and the locks of package sync that differ from the kernel's. What they do is that of
 * the Go memory model and of the documentation of package sync (go.dev/ref/mem, pkg.go.dev/sync).
 */
import type { World } from '../../../src/sim/schedule/world.ts';
import { Condition, Mutex, type Program, type Sys, SysError } from '../../../src/sys/index.ts';

/** A goroutine that is asleep in a select, once for all of its cases. */
class Sleeper {
  /** 1 once it has been chosen. */
  readonly word: Int32Array = new Int32Array(1);
  which = -1;
  value: unknown;
  ok = false;

  get isChosen(): boolean {
    return this.word[0] === 1;
  }

  choose(which: number, value: unknown, ok: boolean): void {
    this.word[0] = 1;
    this.which = which;
    this.value = value;
    this.ok = ok;
  }

  *sleep(sys: Sys): Program {
    while (!this.isChosen) {
      try {
        yield* sys.futexWait(this.word, 0, 0);
      } catch (error) {
        if (!(error instanceof SysError && error.code === 'EAGAIN')) throw error;
      }
    }
  }
}

/** One case of a select that sleeps. */
interface Waiting {
  readonly sleeper: Sleeper;
  readonly which: number;
  readonly value?: unknown;
}

/** A channel; one that holds nothing hands over from one goroutine to another. */
export class Chan<T = boolean> {
  readonly world: World;
  readonly mutex: Mutex;
  readonly room: number;
  readonly held: unknown[] = [];
  senders: Waiting[] = [];
  receivers: Waiting[] = [];
  isClosed = false;
  /** Says what is in it; only for the type. */
  declare readonly of: T;

  constructor(world: World, name: string, room = 0) {
    this.world = world;
    this.mutex = new Mutex(name);
    this.room = room;
  }
}

/** A case of a select; that of a channel which is null is never chosen. */
export type Case =
  | { readonly recv: Chan<unknown> | null }
  | { readonly send: Chan<unknown> | null; readonly value: unknown };

/** What a select has chosen; -1: nothing was ready, and it was not to wait. */
export interface Chosen {
  readonly which: number;
  readonly value: unknown;
  /** False if the channel was closed. */
  readonly ok: boolean;
}

const channelOf = (one: Case): Chan<unknown> | null => ('recv' in one ? one.recv : one.send);

function nextOf(waiting: Waiting[]): Waiting | undefined {
  for (;;) {
    const next = waiting.shift();
    if (next === undefined || !next.sleeper.isChosen) return next;
  }
}

/** Those that were chosen already do not wait any more. */
function isAwaited(waiting: readonly Waiting[]): boolean {
  return waiting.some(({ sleeper }) => !sleeper.isChosen);
}

function isReady(one: Case): boolean {
  if ('recv' in one) {
    const chan = one.recv;
    return chan !== null && (chan.held.length > 0 || chan.isClosed || isAwaited(chan.senders));
  }
  const chan = one.send;
  if (chan === null) return false;
  return chan.isClosed || chan.held.length < chan.room || isAwaited(chan.receivers);
}

/** Does what a case that is ready says; and who is woken by it. */
function take(one: Case): { value: unknown; ok: boolean; woken: Sleeper | undefined } {
  if ('send' in one) {
    const chan = one.send as Chan<unknown>;
    if (chan.isClosed) throw new Error('send on closed channel');
    const receiver = nextOf(chan.receivers);
    if (receiver === undefined) chan.held.push(one.value);
    else receiver.sleeper.choose(receiver.which, one.value, true);
    return { value: undefined, ok: true, woken: receiver?.sleeper };
  }
  const chan = one.recv as Chan<unknown>;
  const sender = nextOf(chan.senders);
  sender?.sleeper.choose(sender.which, undefined, true);
  const woken = sender?.sleeper;
  if (chan.held.length > 0) {
    const value = chan.held.shift();
    if (sender !== undefined) chan.held.push(sender.value);
    return { value, ok: true, woken };
  }
  return { value: sender?.value, ok: sender !== undefined, woken };
}

/**
 * `select`: of the cases that are ready one is drawn; with `orElse` it does not wait, as with a
 * default. The locks of the channels are taken in the order of the cases, which is the same
 * wherever two selects of a program share two channels.
 */
export function* select(sys: Sys, cases: readonly Case[], orElse = false): Program<Chosen> {
  const channels = [...new Set(cases.map(channelOf))].filter((one) => one !== null);
  for (const { mutex } of channels) yield* sys.lock(mutex);
  const ready = cases.flatMap((one, which) => (isReady(one) ? [which] : []));
  if (ready.length > 0) {
    const { world } = channels[0] as Chan<unknown>;
    const which = ready[world.draw('select', ready.length)] as number;
    const { value, ok, woken } = take(cases[which] as Case);
    for (const { mutex } of channels) yield* sys.unlock(mutex);
    if (woken !== undefined) yield* sys.futexWake(woken.word, 0);
    return { which, value, ok };
  }
  const sleeper = new Sleeper();
  if (!orElse) {
    cases.forEach((one, which) => {
      if ('recv' in one) one.recv?.receivers.push({ sleeper, which });
      else one.send?.senders.push({ sleeper, which, value: one.value });
    });
  }
  for (const { mutex } of channels) yield* sys.unlock(mutex);
  if (orElse) return { which: -1, value: undefined, ok: false };
  yield* sleeper.sleep(sys);
  const { which, value, ok } = sleeper;
  if (!ok && 'send' in (cases[which] as Case)) throw new Error('send on closed channel');
  return { which, value, ok };
}

/** `ch <- value`. */
export function* send<T>(sys: Sys, chan: Chan<T>, value: T): Program {
  yield* select(sys, [{ send: chan as Chan<unknown>, value }]);
}

/** `value, ok := <-ch`. */
export function* recv<T>(sys: Sys, chan: Chan<T>): Program<{ value: T; ok: boolean }> {
  const { value, ok } = yield* select(sys, [{ recv: chan as Chan<unknown> }]);
  return { value: value as T, ok };
}

/** `close(ch)`: whoever waits for it goes on. */
export function* close(sys: Sys, chan: Chan<never> | Chan<boolean> | Chan<number>): Program {
  yield* sys.lock(chan.mutex);
  if (chan.isClosed) throw new Error('close of closed channel');
  chan.isClosed = true;
  const woken = [...chan.receivers, ...chan.senders].filter(({ sleeper }) => !sleeper.isChosen);
  for (const { sleeper, which } of woken) {
    if (!sleeper.isChosen) sleeper.choose(which, undefined, false);
  }
  yield* sys.unlock(chan.mutex);
  for (const { sleeper } of woken) yield* sys.futexWake(sleeper.word, 0);
}

/** `sync.RWMutex`: a writer that waits keeps new readers out. */
export class RwMutex {
  readonly #mutex: Mutex;
  readonly #changed: Condition;
  #readers = 0;
  #isWriting = false;
  #writersWaiting = 0;

  constructor(name: string) {
    this.#mutex = new Mutex(name);
    this.#changed = new Condition(name);
  }

  *rLock(sys: Sys): Program {
    yield* sys.lock(this.#mutex);
    while (this.#isWriting || this.#writersWaiting > 0) {
      yield* sys.condWait(this.#changed, this.#mutex);
    }
    this.#readers++;
    yield* sys.unlock(this.#mutex);
  }

  *rUnlock(sys: Sys): Program {
    yield* sys.lock(this.#mutex);
    this.#readers--;
    if (this.#readers === 0) yield* sys.condBroadcast(this.#changed);
    yield* sys.unlock(this.#mutex);
  }

  *lock(sys: Sys): Program {
    yield* sys.lock(this.#mutex);
    this.#writersWaiting++;
    while (this.#isWriting || this.#readers > 0) yield* sys.condWait(this.#changed, this.#mutex);
    this.#writersWaiting--;
    this.#isWriting = true;
    yield* sys.unlock(this.#mutex);
  }

  *unlock(sys: Sys): Program {
    yield* sys.lock(this.#mutex);
    this.#isWriting = false;
    yield* sys.condBroadcast(this.#changed);
    yield* sys.unlock(this.#mutex);
  }
}

/** `sync.WaitGroup`. */
export class WaitGroup {
  readonly #mutex = new Mutex('wait group');
  readonly #zero = new Condition('wait group');
  #count: number;

  constructor(count = 0) {
    this.#count = count;
  }

  *add(sys: Sys, n: number): Program {
    yield* sys.lock(this.#mutex);
    this.#count += n;
    if (this.#count < 0) throw new Error('sync: negative WaitGroup counter');
    if (this.#count === 0) yield* sys.condBroadcast(this.#zero);
    yield* sys.unlock(this.#mutex);
  }

  *done(sys: Sys): Program {
    yield* this.add(sys, -1);
  }

  *wait(sys: Sys): Program {
    yield* sys.lock(this.#mutex);
    while (this.#count > 0) yield* sys.condWait(this.#zero, this.#mutex);
    yield* sys.unlock(this.#mutex);
  }
}

/** `sync.Once`: whoever comes while it is being done waits until it is. */
export class Once {
  readonly #mutex: Mutex;
  #isDone = false;

  constructor(name: string) {
    this.#mutex = new Mutex(name);
  }

  *do(sys: Sys, work: () => Program): Program {
    yield* sys.lock(this.#mutex);
    if (!this.#isDone) {
      yield* work();
      this.#isDone = true;
    }
    yield* sys.unlock(this.#mutex);
  }
}
