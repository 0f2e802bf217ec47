/**
 * A thread that runs one program: it waits for its kernel, and runs whenever that gives it the
 * turn.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { ownThreadNumber } from '../starved.ts';
import type { Call, FromGuest, GuestConfig, Post, SocketName, ToGuest } from '../wire.ts';
import { Wire } from '../wire.ts';
import { Awaits } from './awaits.ts';
import { replaceConsole } from './console.ts';
import { noteExchanges } from './exchanges.ts';
import { install } from './install.ts';
import { closedSeam, type Internals, internals } from './internals.ts';
import { type Door, GuestLoop } from './loop.ts';
import { Present } from './present.ts';
import { replaceThread } from './process.ts';
import { loadProgram, prepareLoader } from './program.ts';
import { Teller } from './tell.ts';
import { Timers } from './timers.ts';
import { realWork } from './uncontrolled.ts';
import { replaceWorkingDirectory } from './working-directory.ts';

const wire = new Wire(workerData as SharedArrayBuffer, 'guest');
const realSetImmediate = setImmediate;
const awaits = new Awaits();
/** ExitCode::kUnsettledTopLevelAwait. */
const UNSETTLED_TOP_LEVEL_AWAIT = 13;

class ThreadDoor implements Door {
  loop: GuestLoop | undefined;

  call(posts: readonly Post[], call: Call, bytes?: Uint8Array): number | SocketName {
    wire.send({ posts, spentNs: this.#spend(), next: { is: 'call', call } }, bytes);
    const { command } = this.receive();
    if (command.do !== 'answer') throw new Error(`expected an answer, got ${command.do}`);
    return command.value;
  }

  leave(posts: readonly Post[], next: FromGuest['next']): never {
    wire.send({ posts, spentNs: this.#spend(), next });
    // The kernel has seen to it that this is never answered; it ends the thread.
    for (;;) this.receive();
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

function main(): void {
  const door = new ThreadDoor();
  const inside = internals();
  door.say({ is: 'ready', thread: ownThreadNumber() ?? null });
  const { command, nowNs } = door.receive();
  if (command.do !== 'start') throw new Error(`expected a start, got ${command.do}`);
  const { config } = command;
  const loop = new GuestLoop(inside, door, config);
  loop.clock.nowNs = nowNs;
  door.loop = loop;
  parentPort?.unref();
  const run = (): void => {
    take(inside, loop, config);
    replaceConsole(loop);
    begin(loop, door, config);
  };
  if (config.loader === null) run();
  else prepareLoader(config.loader).then(run).catch(refuse);
}

/** From now on this thread is the program's. */
function take(inside: Internals, loop: GuestLoop, { cwd, told }: GuestConfig): void {
  const present = new Present();
  loop.timers = new Timers(loop);
  present.main = loop;
  present.timers = loop.timers;
  if (told) {
    loop.teller = new Teller(loop);
    loop.teller.begin(inside);
  }
  install(inside, present);
  replaceThread(inside);
  replaceWorkingDirectory(inside, cwd);
  // Without hosts there are no laws that ask for them.
  noteExchanges(present);
}

/** Nothing of the program has run; its kernel is told why. */
function refuse(error: unknown): void {
  wire.send({ posts: [], spentNs: 0, next: { is: 'refused', why: closedSeam(error).message } });
}

/** Load the program; its first turn ends when what it does at its top level has run. */
function begin(loop: GuestLoop, door: ThreadDoor, config: GuestConfig): void {
  const loaded = loadProgram(config, () => {
    if (config.notesAwaits) awaits.begin();
    loop.started = true;
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
    if (loop.started) realSetImmediate(() => turned(loop, door));
    else realSetImmediate(look);
  };
  realSetImmediate(look);
}

/** handleProcessExit of lib/internal/modules/run_main.js: what it awaits at its top never comes. */
function unsettled(): void {
  process.exitCode ??= UNSETTLED_TOP_LEVEL_AWAIT;
}

/**
 * The turn is over when nothing is under way on the real machine: that takes no virtual time, and
 * the kernel cannot see it.
 */
function turned(loop: GuestLoop, door: ThreadDoor): void {
  if (realWork()) {
    realSetImmediate(() => turned(loop, door));
    return;
  }
  const end = loop.finish();
  door.say({ is: 'turned', end });
  serve(loop, door);
}

/** In a macrotask: do what the kernel says, until it lets the check phase come. */
function serve(loop: GuestLoop, door: ThreadDoor): void {
  for (;;) {
    const { command } = door.receive();
    if (command.do === 'tell') {
      door.say({ is: 'told', awaits: awaits.places });
      continue;
    }
    if (command.do === 'finish') {
      loop.check();
      // Immediates that wait already come before this one.
      realSetImmediate(() => turned(loop, door));
      return;
    }
    if (command.do === 'deliver') loop.deliver(command.event, wire.bytes);
    door.say({ is: 'delivered' });
  }
}

try {
  main();
} catch (error) {
  refuse(error);
}
