/**
 * A thread that runs programs, one after the other: it waits for its kernel, and runs whenever that
 * gives it the turn.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { ENETUNREACH } from '../../sys/errno.ts';
import { CONTROL, DebugControl } from '../debug-control.ts';
import { UNSETTLED } from '../notes.ts';
import { ownThreadNumber } from '../starved.ts';
import type { Answer, Call, FromGuest, GuestConfig, Post, ThreadData, ToGuest } from '../wire.ts';
import { NAP_MS, Wire } from '../wire.ts';
import { Awaits } from './awaits.ts';
import { replaceConsole } from './console.ts';
import { noteExchanges } from './exchanges.ts';
import { install } from './install.ts';
import { closedSeam, type Internals, internals } from './internals.ts';
import { type Door, GuestLoop } from './loop.ts';
import { replacePools } from './pools.ts';
import { Present } from './present.ts';
import { replaceThread } from './process.ts';
import { loadProgram, prepareLoader } from './program.ts';
import { Renewal } from './renewal/renewal.ts';
import { replaceSignals } from './signals.ts';
import { takeChannel, takeStdio } from './stdio.ts';
import { Teller, type Told } from './tell.ts';
import { Timers } from './timers.ts';
import { realWork } from './uncontrolled.ts';
import { replaceWorkingDirectory } from './working-directory.ts';

const { wire: shared, board } = workerData as ThreadData;
const wire = new Wire(shared, 'guest', board === undefined ? undefined : NAP_MS);
/** Where runs are debugged. */
const control = board === undefined ? undefined : new DebugControl(board);
if (control !== undefined) Object.defineProperty(globalThis, CONTROL, { value: control });
const realSetImmediate = setImmediate;
const awaits = new Awaits();

/** Thrown where the program has called process.exit, once its run is over: nobody hears of it. */
class Over extends Error {}

class ThreadDoor implements Door {
  loop: GuestLoop | undefined;

  get answered(): Uint8Array {
    return wire.bytes;
  }

  call(posts: readonly Post[], call: Call, bytes?: Uint8Array): Answer {
    wire.send({ posts, spentNs: this.#spend(), next: { is: 'call', call } }, bytes);
    const { command } = this.receive();
    if (command.do === 'renew') {
      this.#die();
      return -ENETUNREACH;
    }
    if (command.do !== 'answer') throw new Error(`expected an answer, got ${command.do}`);
    return command.value;
  }

  leave(posts: readonly Post[], next: FromGuest['next']): void {
    if (this.loop?.dead !== true) {
      wire.send({ posts, spentNs: this.#spend(), next });
      // The kernel has seen to it that nothing else is answered.
      while (this.receive().command.do !== 'renew');
      this.#die();
    }
    // The run is over, and so is the program: what comes after the call must not run.
    if (next.is === 'exit') throw new Over();
  }

  #die(): void {
    this.loop?.outlive();
  }

  receive(): ToGuest {
    const message = wire.receive() as ToGuest;
    if (this.loop !== undefined) this.loop.clock.nowNs = message.nowNs;
    return message;
  }

  say(next: FromGuest['next']): void {
    wire.send({ posts: this.loop?.takePosts() ?? [], spentNs: this.#spend(), next });
  }

  #spend(): number {
    return this.loop?.clock.spend() ?? 0;
  }
}

/** The thread, as long as it serves. */
class Thread {
  readonly #inside: Internals = internals();
  readonly #door = new ThreadDoor();
  readonly #present = new Present();
  #moveTo: (folder: string) => void = () => {};
  #renewal: Renewal | undefined;
  #installed = false;

  /** Wait for a program, and run it. */
  serve(): void {
    this.#door.loop = undefined;
    this.#door.say({ is: 'ready', thread: ownThreadNumber() ?? null });
    const { command, nowNs } = this.#door.receive();
    if (command.do !== 'start') throw new Error(`expected a start, got ${command.do}`);
    const { config } = command;
    const loop = new GuestLoop(this.#inside, this.#door, config);
    loop.hasThread = true;
    loop.clock.nowNs = nowNs;
    this.#door.loop = loop;
    const run = (): void => {
      this.#take(loop, config);
      this.#begin(loop, config);
    };
    if (config.loader === null || this.#installed) run();
    else prepareLoader(config.loader).then(run).catch(refuse);
  }

  /** From now on this thread is the program's. */
  #take(loop: GuestLoop, config: GuestConfig): void {
    const { told } = config;
    loop.timers = new Timers(loop);
    this.#present.main = loop;
    this.#present.timers = loop.timers;
    if (told) {
      const say = (...told: Told): void => {
        if (loop.started) loop.post(['told', ...told]);
      };
      const ask = (stack: string): number => {
        const number = loop.started ? (control?.asks() ?? 0) : 0;
        if (number > 0) say('asks', '', stack, number);
        return number;
      };
      loop.teller = new Teller(this.#inside, say, { ask });
      loop.teller.begin();
    }
    if (!this.#installed) this.#install(told);
    this.#moveTo(config.cwd);
    takeStdio(this.#inside, config);
  }

  #install(told: boolean): void {
    this.#installed = true;
    parentPort?.unref();
    // Under the rest, which has paths as the program gives them.
    this.#moveTo = replaceWorkingDirectory(this.#inside);
    install(this.#inside, this.#present);
    replacePools(this.#inside, this.#present);
    replaceThread(this.#inside);
    replaceSignals(this.#inside, this.#present);
    // Without hosts there are no laws that ask for them.
    noteExchanges(this.#present);
    replaceConsole(this.#inside, this.#present);
    if (!told) this.#renewal = new Renewal(this.#inside);
  }

  /** Load the program; its first turn ends when what it does at its top level has run. */
  #begin(loop: GuestLoop, config: GuestConfig): void {
    // Its top level runs from the queue of ticks, as the first program of a thread does: stacks
    // that it prints have a frame of that.
    process.nextTick(() => {});
    const loaded = loadProgram(config, () => {
      if (config.notesAwaits) awaits.begin();
      loop.started = true;
      takeChannel(this.#inside, config);
    });
    process.on('exit', unsettled);
    loaded.then(
      () => {
        process.off('exit', unsettled);
      },
      (error: unknown) => {
        process.off('exit', unsettled);
        loop.failed(error);
      },
    );
    const look = (): void => {
      if (loop.started) realSetImmediate(() => this.#turned(loop));
      else realSetImmediate(look);
    };
    realSetImmediate(look);
  }

  /**
   * The turn is over when nothing is under way on the real machine: that takes no virtual time, and
   * the kernel cannot see it.
   */
  #turned(loop: GuestLoop): void {
    if (loop.dead) {
      this.#renew(loop);
      return;
    }
    if (realWork()) {
      realSetImmediate(() => this.#turned(loop));
      return;
    }
    const end = loop.finish();
    if (loop.dead) {
      this.#renew(loop);
      return;
    }
    this.#door.say({ is: 'turned', end });
    this.#follow(loop);
  }

  /** In a macrotask: do what the kernel says, until it lets the check phase come. */
  #follow(loop: GuestLoop): void {
    for (;;) {
      const { command } = this.#door.receive();
      if (command.do === 'renew') {
        this.#renew(loop);
        return;
      }
      if (command.do === 'tell') {
        this.#door.say({ is: 'told', awaits: awaits.places });
        continue;
      }
      if (command.do === 'finish') {
        loop.check();
        // Immediates that wait already come before this one.
        realSetImmediate(() => this.#turned(loop));
        return;
      }
      if (command.do === 'deliver') loop.deliver(command.event, wire.bytes);
      if (loop.dead) {
        this.#renew(loop);
        return;
      }
      this.#door.say({ is: 'delivered' });
    }
  }

  #renew(loop: GuestLoop): void {
    const present = this.#present;
    if (this.#renewal === undefined) {
      this.#door.say({ is: 'spent', why: 'its run was told' });
      return;
    }
    this.#renewal.begin(loop, (why) => {
      present.main = undefined;
      present.timers = undefined;
      if (why === undefined) this.serve();
      else this.#door.say({ is: 'spent', why });
    });
  }
}

/** Nothing of the program has run; its kernel is told why. */
function refuse(error: unknown): void {
  wire.send({ posts: [], spentNs: 0, next: { is: 'refused', why: closedSeam(error).message } });
}

/** handleProcessExit of lib/internal/modules/run_main.js: what it awaits at its top never comes. */
function unsettled(): void {
  process.exitCode ??= UNSETTLED;
}

try {
  new Thread().serve();
} catch (error) {
  refuse(error);
}
