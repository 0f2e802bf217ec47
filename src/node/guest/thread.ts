/**
 * A thread that runs one program: it waits for its kernel, and runs whenever that gives it the
 * turn.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Call, FromGuest, GuestConfig, Post, SocketName, ToGuest } from '../wire.ts';
import { Wire } from '../wire.ts';
import { replaceConsole } from './console.ts';
import { install } from './install.ts';
import { closedSeam, internals } from './internals.ts';
import { type Door, GuestLoop } from './loop.ts';
import { loadProgram } from './program.ts';
import { realWork } from './uncontrolled.ts';

const wire = new Wire(workerData as SharedArrayBuffer, 'guest');
const realSetImmediate = setImmediate;

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
  door.say({ is: 'ready' });
  const { command, nowNs } = door.receive();
  if (command.do !== 'start') throw new Error(`expected a start, got ${command.do}`);
  const loop = new GuestLoop(inside, door);
  loop.clock.nowNs = nowNs;
  door.loop = loop;
  parentPort?.unref();
  install(inside, loop, command.config);
  replaceConsole(loop);
  begin(loop, door, command.config);
}

/** Load the program; its first turn ends when what it does at its top level has run. */
function begin(loop: GuestLoop, door: ThreadDoor, config: GuestConfig): void {
  loop.references++;
  const loaded = loadProgram(config, () => {
    loop.started = true;
  });
  loaded.then(
    () => {
      loop.references--;
    },
    (error: unknown) => {
      loop.references--;
      loop.failed(error);
    },
  );
  const look = (): void => {
    if (loop.started) realSetImmediate(() => turned(loop, door));
    else realSetImmediate(look);
  };
  realSetImmediate(look);
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
  // Nothing of the program has run; its kernel is told why.
  wire.send({ posts: [], spentNs: 0, next: { is: 'refused', why: closedSeam(error).message } });
}
