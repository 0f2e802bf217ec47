import type { Task } from '../../sim/kernel/task.ts';
import type { Run } from '../../sim/schedule/run.ts';
import { drawChance } from '../../sim/schedule/runtime/entropy.ts';
import { HOST_DEFAULT } from '../../sim/schedule/world.ts';
import type { Syscall } from '../../sys/syscall.ts';
import type { Internals } from '../guest/internals.ts';
import { type Door, GuestLoop } from '../guest/loop.ts';
import type { Teller } from '../guest/tell.ts';

import { driveNow } from '../host/drive-now.ts';
import type { Guest } from '../host/guest.ts';
import { PID_FIRST } from '../host/process-ids.ts';
import { Processes } from '../host/processes.ts';
import { type LoopOptions, type Seen, UvLoop } from '../host/uv-loop.ts';
import type { Answer, Call, Command, FromGuest, Post, ToGuest, TurnEnd } from '../wire.ts';

/** As late as the timers of a program with a thread of its own. */
const LATE_MS_MAX = 3;
const LOOP: LoopOptions = {
  lateMsMax: LATE_MS_MAX,
  processes: (loop) => new Processes(loop, undefined),
};

/** 128 and SIGKILL. */
const KILLED = 137;
const NO_BYTES = new Uint8Array(0);
const DELIVERED = { is: 'delivered' } as const;
const FINISH: Command = { do: 'finish' };
const ASLEEP: TurnEnd = { exitCode: null, soon: false, dueMs: null, open: [] };

/** What the loops of one run share. */
export interface Siblings {
  readonly run: Run;
  /** Only where the run is recorded. */
  readonly teller: Teller | undefined;
  /** Something has happened that is more than the passing of time. */
  stirs(): void;
  /** A turn is over; gives how it waits for the next one. */
  ended(loop: GuestLoop, end: TurnEnd): TurnEnd;
  /** A check phase: immediates, which Node keeps in one list for all hosts. */
  check(host: HostLoop): void;
  /** Something was said on this host: the others may have to hear of it. */
  said(host: HostLoop): void;
  /** `process.exit` was called. */
  exits(code: number): never;
}

/**
 * One host of a realm run: libuv's loop as a task of its kernel, and the handles that were made in
 * its context. All hosts live in this one realm, so the program is called back in the middle of
 * their steps.
 */
export class HostLoop implements Door, Guest {
  readonly name: string;
  readonly service: string | undefined;
  readonly loop: GuestLoop;
  readonly bytes: Uint8Array = NO_BYTES;
  readonly seen: Seen = {
    uncontrolled: new Map(),
    exchanges: [],
    said: { out: '', err: '' },
  };
  readonly #siblings: Siblings;
  #task: Task | undefined;
  #uv: UvLoop | undefined;
  #started = false;
  #stirred = false;

  /** @param service what it is there for, if that is no code of the user's */
  constructor(
    name: string,
    internals: Internals,
    siblings: Siblings,
    ordinal: number,
    service: string | undefined,
  ) {
    this.name = name;
    this.service = service;
    this.#siblings = siblings;
    const { world } = siblings.run;
    const { epochMs } = world.clock;
    const config = {
      hostname: name,
      pid: PID_FIRST + ordinal,
      seed: ordinal + 1,
      epochMs,
      get authority(): string | null {
        return world.authority;
      },
    };
    this.loop = new GuestLoop(internals, this, config);
    this.loop.endless = true;
    this.loop.started = true;
    this.loop.teller = siblings.teller;
    this.loop.stirred = () => {
      this.#stirred = true;
    };
  }

  /** Made when it is first needed: a run that has no network has no step of it. */
  get #open(): UvLoop {
    if (this.#uv !== undefined) return this.#uv;
    const { world } = this.#siblings.run;
    const { name, service } = this;
    this.#task = world.addDaemon(name, service ?? name, service !== undefined);
    this.#uv = new UvLoop(this.#task, this, LOOP, this.seen);
    this.#now(this.#uv.open());
    return this.#uv;
  }

  readonly #perform = (call: Syscall<unknown>): unknown =>
    this.#siblings.run.callWithin(this.#task as Task, call);

  #now<T>(program: Parameters<typeof driveNow<T>>[0]): T {
    return driveNow(program, this.#perform);
  }

  /** Whose steps it makes; undefined while it has made none. */
  get task(): Task | undefined {
    return this.#task;
  }

  // ---- the program's side ----

  call(posts: readonly Post[], call: Call, bytes: Uint8Array = NO_BYTES): Answer {
    const { world } = this.#siblings.run;
    // No socket is needed for that.
    if (call[0] === 'chance' && posts.length === 0) return drawChance(world, this.name);
    const uv = this.#open;
    if (posts.length > 0) this.#now(uv.posts(posts));
    const answer = this.#now(uv.call(call, bytes));
    this.#stirred = true;
    return answer;
  }

  leave(_posts: readonly Post[], next: FromGuest['next']): never {
    return this.#siblings.exits(next.is === 'exit' ? next.code : 1);
  }

  /** There is something for its next turn. */
  stir(): void {
    this.#stirred = true;
  }

  /** The time as the kernel has it, for code that goes on between two turns. */
  takeTime(): void {
    this.loop.clock.nowNs = this.#siblings.run.world.clock.nowNs;
  }

  /** What was said between turns takes effect, and a loop that sleeps wakes up. */
  hear(): void {
    if (!this.#stirred) return;
    this.#stirred = false;
    const uv = this.#open;
    const posts = this.loop.takePosts();
    if (posts.length > 0) this.#now(uv.posts(posts));
    if (this.#started) uv.wake();
    else {
      this.#started = true;
      this.#siblings.run.world.start(this.#task as Task, () => uv.turns(FINISH));
    }
  }

  // ---- the kernel's side ----

  enter({ nowNs, command }: ToGuest, bytes: Uint8Array): FromGuest {
    const { loop } = this;
    loop.clock.nowNs = nowNs;
    if (loop.dead) return { posts: [], spentNs: 0, next: { is: 'turned', end: ASLEEP } };
    if (command.do === 'deliver') {
      this.#siblings.stirs();
      loop.deliver(command.event, bytes);
      return { ...this.#said(), next: DELIVERED };
    }
    loop.check();
    this.#siblings.check(this);
    const end = this.#siblings.ended(loop, loop.finish());
    return { ...this.#said(), next: { is: 'turned', end } };
  }

  #said(): Omit<FromGuest, 'next'> {
    this.#stirred = false;
    const said = { posts: this.loop.takePosts(), spentNs: this.loop.clock.spend() };
    this.#siblings.said(this);
    return said;
  }

  /** As by SIGKILL: the kernel closes what is open, and nobody is called back any more. */
  crash(): void {
    const wasOpen = this.#uv;
    this.die();
    if (wasOpen === undefined) return;
    this.#now(wasOpen.closeAll());
    (this.#task as Task).process.exit(KILLED);
  }

  /** What the program of this host has open, in words. */
  describeOpen(): string[] {
    const where = this.name === HOST_DEFAULT ? '' : ` on ${this.name}`;
    return this.loop.describeOpen().map((each) => `${each}${where}`);
  }

  /** The run is over: whoever comes back to it finds a network that is down. */
  die(): void {
    this.loop.dead = true;
    this.loop.stirred = undefined;
  }
}
