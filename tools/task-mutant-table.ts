import type { Mutant } from './mutant-table.ts';

const lines: readonly Mutant[] = [
  {
    what: 'waits: a wake-up takes the newest exclusive waiter',
    file: 'task.ts',
    find: 'if (exclusive) queue.addLast(this, true);',
    replace: 'if (exclusive) queue.addFirst(this, true);',
  },
  {
    what: 'waits: the end wakes one exclusive waiter',
    file: 'waits.ts',
    find: 'wake(key: number, exclusiveMax: number = key === 0 ? Number.POSITIVE_INFINITY : 1): number {',
    replace: 'wake(key: number, exclusiveMax: number = 1): number {',
  },
  {
    what: 'waits: a sleeper hears of whatever is told of its object',
    file: 'task.ts',
    find: 'if (key !== 0 && (key & this.flags & MASK) === 0) return false;',
    replace: '',
  },
  {
    what: 'epoll: who sleeps in it longest is woken first',
    file: 'task.ts',
    find: 'queue.addFirst(this, true);',
    replace: 'queue.addLast(this, true);',
  },
  {
    what: 'epoll: what one has been told of, the next sleeper is not told of',
    file: 'epoll.ts',
    find: 'if (this.#readyHead !== null) this.sleepers.wake(POLLIN);',
    replace: '',
  },
  {
    what: 'epoll: exclusive watchers stand in front, the newest first',
    file: 'epoll.ts',
    find: 'if (exclusive) file.waits.addLast(item, true);',
    replace: 'if (exclusive) file.waits.addFirst(item, true);',
  },
  {
    what: 'pipe: what a reader leaves is not for the next',
    file: 'pipe.ts',
    find: 'if (this.buffer.length > 0) this.waits.wake(READABLE);',
    replace: '',
  },
  {
    what: 'pipe: the room that a writer leaves is not for the next',
    file: 'pipe.ts',
    find: 'if (!this.buffer.full) this.waits.wake(WRITABLE);',
    replace: '',
  },
  {
    what: 'eventfd: readers stand in front of watchers',
    file: 'task.ts',
    find: 'queue.addLast(this, false);',
    replace: 'queue.addFirst(this, false);',
  },
];

const held: readonly Mutant[] = [
  {
    what: 'a call that sleeps looks its number up again',
    file: 'calls/handler.ts',
    find: 'return task.held ?? task.process.descriptors.get(fd);',
    replace: 'return task.process.descriptors.get(fd);',
  },
  {
    what: 'accept: its number is not kept while it sleeps',
    file: 'calls/sockets.ts',
    find: 'task.process.descriptors.reserve(task);',
    replace: '',
  },
  {
    what: 'select: a number that is closed meanwhile is EBADF',
    file: 'calls/polling.ts',
    find: 'if (!task.watches && !table.isReserved(fd)) return -EBADF;',
    replace: 'return -EBADF;',
  },
  {
    what: 'a socket that lingers does not keep close waiting',
    file: 'calls/descriptors.ts',
    find: 'if (!socket.isClosing || task.timedOut) return result;',
    replace: 'return result;',
  },
  {
    what: 'exit: descriptors stay open',
    file: 'process.ts',
    find: 'this.descriptors.closeAll();',
    replace: '',
  },
  {
    what: 'limits of time are counted from each waking',
    file: 'calls/handler.ts',
    find: 'if (!call.slept) {',
    replace: '{',
  },
];

const signals: readonly Mutant[] = [
  {
    what: 'signals: poll, select and epoll_wait are started again',
    file: 'signals.ts',
    find: "return onSignal === 'passes' || (onSignal === 'restarts' && !timed);",
    replace: 'return true;',
  },
  {
    what: 'signals: SA_RESTART means nothing',
    file: 'signals.ts',
    find: "return onSignal === 'passes' || (onSignal === 'restarts' && !timed);",
    replace: "return onSignal === 'passes';",
  },
  {
    what: 'signals: a futex with a time is started again',
    file: 'signals.ts',
    find: 'if (call.op === OP.futexWait && call.a2 >= 0) return false;',
    replace: '',
  },
  {
    what: 'signals: what a recv has gathered is lost',
    file: 'calls/waitall.ts',
    find: 'return gathered.length === 0 ? undefined : join(gathered);',
    replace: 'return gathered.length === 0 || gathered.length > 0 ? undefined : join(gathered);',
  },
  {
    what: 'signals: who looks for readiness does not look once more',
    file: 'signals.ts',
    find: 'const LOOKS: ReadonlySet<number> = new Set([OP.poll, OP.select, OP.epollWait]);',
    replace: 'const LOOKS: ReadonlySet<number> = new Set([]);',
  },
  {
    what: 'signals: one for another task of the process does as well',
    file: 'signals.ts',
    find: 'const task = thread ?? alive.find((each) => !isHandling(each, signal)) ?? alive[0];',
    replace: 'const task = alive.find((each) => !isHandling(each, signal)) ?? thread ?? alive[0];',
  },
];

const sockets: readonly Mutant[] = [
  {
    what: 'TCP: an RST drops the data before it',
    file: 'tcp.ts',
    find: "this.error = this.state === 'CLOSE_WAIT' ? EPIPE : errno;",
    replace: "this.error = this.state === 'CLOSE_WAIT' ? EPIPE : errno; this.#received?.clear();",
  },
  {
    what: 'TCP: a recv of nothing sleeps on',
    file: 'calls/io.ts',
    find: 'if (call.a1 === 0 && task.held !== null && file.emptyRecvSleepsOnce) return EMPTY;',
    replace: '',
  },
  {
    what: 'TCP: who accepts sleeps on when nobody listens any more',
    file: 'tcp.ts',
    find: "return this.state === 'LISTEN' && this.acceptQueueLength === 0;",
    replace: 'return this.acceptQueueLength === 0;',
  },
  {
    what: 'TCP: an end of a listener alone gets what comes to any address',
    file: '../network/tcp-port.ts',
    find: 'return here.length > 0 ? here : listeners.filter((listener) => at(listener) === ANY_ADDRESS);',
    replace: 'return listeners.filter((listener) => at(listener) === ANY_ADDRESS);',
  },
  {
    what: 'UDP: the first to be bound receives',
    file: '../network/udp-port.ts',
    find: 'this.#placed.findLast((each) => this.#addressOf(each) === own && each.peer === null);',
    replace: 'this.#placed.find((each) => this.#addressOf(each) === own && each.peer === null);',
  },
  {
    what: 'unix: a place in a backlog is told to nobody',
    file: 'unix-connection.ts',
    find: 'this.peerWaits.wake(0, 1);',
    replace: '',
  },
  {
    what: 'unix: a place in a backlog is told to all who wait for one',
    file: 'unix-connection.ts',
    find: 'this.peerWaits.wake(0, 1);',
    replace: 'this.peerWaits.wake(0);',
  },
  {
    what: 'unix: a send that slept does not see the reset',
    file: 'unix-stream.ts',
    find: 'return -this.takeError();',
    replace: 'return 0;',
  },
  {
    what: 'unix: a datagram that waited for room is looked at as a new one',
    file: 'unix-datagram.ts',
    find: 'if (resumes) return 0;',
    replace: '',
  },
  {
    what: 'unix: an urgent byte that nobody asked for is kept',
    file: 'unix-inbox.ts',
    find: 'if (inline) {',
    replace: 'if (inline || !peeks) {',
  },
  {
    what: 'unix: a message takes no more room than its bytes',
    file: 'unix-room.ts',
    find: 'return HEAD_BYTES + head + pages(paged);',
    replace: 'return bytes;',
  },
];

const locks: readonly Mutant[] = [
  {
    what: 'flock: a lock that others share does not wake whoever waits for the others alone',
    file: 'inode.ts',
    find: 'if (this.#holders.delete(owner)) this.wake(0);',
    replace: 'if (this.#holders.delete(owner) && this.#holders.size === 0) this.wake(0);',
  },
];

/** Mistakes about several tasks and calls that sleep: one task alone does not notice most. */
export const TASK_MUTANTS: readonly Mutant[] = [
  ...lines,
  ...held,
  ...signals,
  ...sockets,
  ...locks,
];
