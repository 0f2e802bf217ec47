/** A mistake in a model, in what Python's library is to it, or in a provider of real sockets. */
export interface ModelMutant {
  /** What is wrong, in the order: part, mistake. */
  readonly what: string;
  /** Below src/. */
  readonly file: string;
  /** The last line that reads so: a model's corrected variant stands behind the one as written. */
  readonly find: string;
  /** It is the first that reads so behind a line that begins like this. */
  readonly behind?: string | undefined;
  readonly replace: string;
  /** Tests that may catch it, the likeliest first; each with what its name has to match. */
  readonly tests: readonly Tests[];
}

/** A file of tests, and what the names of those have to match that are run. */
export type Tests = readonly [file: string, pattern: string];

type Line = readonly [mistake: string, find: string, replace: string, behind?: string];

/** Mistakes of one file, which these tests have to catch. */
function mistakes(
  part: string,
  file: string,
  tests: readonly Tests[],
  lines: readonly Line[],
): ModelMutant[] {
  return lines.map(([mistake, find, replace, behind]) => ({
    what: `${part}: ${mistake}`,
    file,
    find,
    behind,
    replace,
    tests,
  }));
}

/** What every corrected server bears, its scenarios, and the law of echo for it. */
const ofModel = (id: string): readonly Tests[] => [
  ['test/models/corrected.test.ts', `(keep|held by) ${id} `],
  ['test/models/scenarios.test.ts', `nothing is found ${id} \\(corrected\\)`],
  ['test/properties/echo.test.ts', `simulated network ${id} gives`],
];

function inModel(id: string, lines: readonly Line[]): ModelMutant[] {
  return mistakes(id, `models/${id}.ts`, ofModel(id), lines);
}

const RECV_1024 = 'const data = yield* conn.recv(sys, 1024);';
const CLOSED = 'yield* conn.close(sys);';
const EAGAIN_GOES_ON = "open = isOSError(error, 'EAGAIN');";
const REST_IS_KEPT = 'connection.unsent = connection.unsent.subarray(taken);';
const END = 'if (connection.unsent.length === 0) return false;';
const MUTED = 'if (isFull(error)) muted = true;';
const ABORTED = "else if (!isOSError(error, 'EAGAIN', 'ECONNABORTED')) throw error;";
const LEAK = 'yield* connection.socket.close(sys);';
const NONE = '';

const blocking: readonly ModelMutant[] = [
  ...inModel('sequential', [
    [
      'the last byte of a full recv is dropped',
      RECV_1024,
      'const data = (yield* conn.recv(sys, 1024)).subarray(0, 1023);',
    ],
    ['one client may stay for ever', 'yield* conn.settimeout(sys, IDLE_MS_MAX);', NONE],
    ['its sockets are not closed', CLOSED, NONE],
    [
      'a recv is answered by one send',
      'yield* conn.sendall(sys, data);',
      'yield* conn.send(sys, data);',
    ],
  ]),
  ...inModel('threaded', [
    [
      'the last byte of a full recv is dropped',
      RECV_1024,
      'const data = (yield* conn.recv(sys, 1024)).subarray(0, 1023);',
    ],
    ['its sockets are not closed', CLOSED, NONE],
    [
      'the first byte is answered twice',
      'yield* conn.sendall(sys, data);',
      'yield* conn.sendall(sys, data.length > 1 ? data.subarray(0, 1) : data); yield* conn.sendall(sys, data);',
    ],
  ]),
  ...inModel('threaded-queue', [
    [
      'bytes beyond 512 are neither queued nor told',
      'yield* messages.put(sys, [addr, data]);',
      'yield* messages.put(sys, [addr, data.subarray(0, 512)]);',
    ],
    [
      'every message is put twice',
      'yield* messages.put(sys, [addr, data]);',
      'yield* messages.put(sys, [addr, data]); yield* messages.put(sys, [addr, data]);',
    ],
    [
      'long messages are forgotten',
      'yield* messages.put(sys, [addr, data]);',
      'if (data.length < 8) yield* messages.put(sys, [addr, data]);',
    ],
    ['there is no queue', 'yield* messages.put(sys, [addr, data]);', NONE],
    [
      'its consumer tells the beginning of a message',
      'probe?.processed(addr, data);',
      'probe?.processed(addr, data.subarray(0, 3));',
    ],
    [
      'answers run backwards',
      'yield* conn.sendall(sys, data);',
      'yield* conn.sendall(sys, data.slice().reverse());',
    ],
  ]),
  ...inModel('fork', [
    ['the parent keeps each connection', 'yield* conn.close(sys);', NONE],
    ['children are not waited for', 'yield* waitFor(sys, child);', NONE],
  ]),
  ...inModel('got-sequential', [
    [
      'the first byte of an answer is lost',
      'yield* client.sendall(sys, concat(GOT, data));',
      'yield* client.sendall(sys, concat(GOT, data.subarray(1)));',
    ],
    ['one client may stay for ever', 'yield* client.settimeout(sys, IDLE_MS_MAX);', NONE],
  ]),
  ...inModel('got-threaded', [
    [
      'an answer has no "Got: " where it is short',
      'yield* client.sendall(sys, concat(GOT, data));',
      'yield* client.sendall(sys, data.length < 3 ? data : concat(GOT, data));',
    ],
    ['its sockets are not closed', 'yield* client.close(sys);', NONE],
  ]),
];

const multiplexing: readonly ModelMutant[] = [
  ...inModel('select-queues', [
    [
      'a short send loses the rest',
      'if (rest.length > 0) queue[0] = rest;',
      'if (rest.length < 0) queue[0] = rest;',
    ],
    [
      'clients are read while their output waits',
      'for (const [s, { queue }] of connections) (queue.length > 0 ? outputs : inputs).push(s);',
      'for (const [s, { queue }] of connections) { inputs.push(s); if (queue.length > 0) outputs.push(s); }',
    ],
    ['its sockets are not closed', 'yield* s.close(sys);', NONE],
    ['a full table ends it', MUTED, 'if (isFull(error)) throw error;'],
    [
      'an aborted connection ends it',
      ABORTED,
      "else if (!isOSError(error, 'EAGAIN')) throw error;",
    ],
    ['not ready after all is an end', EAGAIN_GOES_ON, "open = isOSError(error, 'EINTR');"],
  ]),
  ...inModel('poll', [
    [
      'a recv of as much as was asked for is taken for the end',
      END,
      'if (connection.unsent.length === 0 || connection.unsent.length === 1024) return false;',
    ],
    [
      'a short send loses the rest',
      REST_IS_KEPT,
      'connection.unsent = connection.unsent.subarray(Math.max(taken, connection.unsent.length));',
    ],
    ['not ready after all is an end', EAGAIN_GOES_ON, "open = isOSError(error, 'EINTR');"],
    [
      'what waits for room waits for data',
      'entries.push({ fd, events: unsent.length > 0 ? POLLOUT : POLLIN });',
      'entries.push({ fd, events: unsent.length < 0 ? POLLOUT : POLLIN });',
    ],
    ['its sockets are not closed', LEAK, NONE],
    ['a full table ends it', MUTED, 'if (isFull(error)) throw error;'],
  ]),
  ...inModel('epoll-level', [
    [
      'it waits for data where it should for room',
      "if (waits !== waited) yield* sys.epollCtl(epoll, 'mod', fd, waits ? EPOLLOUT : EPOLLIN);",
      'if (waits !== waited) { /* nothing */ }',
    ],
    [
      'it never waits for data again',
      "if (waits !== waited) yield* sys.epollCtl(epoll, 'mod', fd, waits ? EPOLLOUT : EPOLLIN);",
      "if (waits && !waited) yield* sys.epollCtl(epoll, 'mod', fd, EPOLLOUT);",
    ],
    ['not ready after all is an end', EAGAIN_GOES_ON, "open = isOSError(error, 'EINTR');"],
    ['its sockets are not closed', LEAK, NONE],
  ]),
  ...inModel('epoll-edge', [
    [
      'it accepts one of those who wait',
      "if (!isOSError(error, 'ECONNABORTED')) throw error;",
      "if (!isOSError(error, 'ECONNABORTED')) throw error; return;",
    ],
    [
      'a full table is told to nobody',
      'full = isFull(error);',
      "full = isFull(error) && isOSError(error, 'EAGAIN');",
    ],
    [
      'a short send loses the rest',
      REST_IS_KEPT,
      'connection.unsent = connection.unsent.subarray(Math.max(1, taken, connection.unsent.length));',
    ],
  ]),
  ...inModel('selectors', [
    [
      'a short send loses the rest',
      'if (rest.length === 0) yield* sel.modify(sys, conn, EVENT_READ, guarded(read));',
      'yield* sel.modify(sys, conn, EVENT_READ, guarded(read));',
    ],
    ['its sockets are not closed', 'yield* conn.close(sys);', NONE],
    [
      'not ready after all is an end',
      "if (!isOSError(error, 'EAGAIN')) yield* close(conn);",
      'yield* close(conn);',
    ],
  ]),
  ...inModel('got-select', [
    [
      'a short send loses the rest',
      'if (rest.length > 0) unsent.set(client, rest);',
      'if (rest.length < 0) unsent.set(client, rest);',
    ],
    ['it forgets nobody who has gone', 'input = input.filter((s) => s !== client);', NONE],
    ['its sockets are not closed', 'yield* client.close(sys);', NONE],
  ]),
  ...inModel('threaded-loop', [
    [
      'two threads are told of one connection',
      "yield* sys.epollCtl(epoll, 'mod', fd, events | EPOLLONESHOT);",
      "yield* sys.epollCtl(epoll, 'mod', fd, events);",
    ],
    [
      'the listener is asked for once',
      "yield* sys.epollCtl(epoll, 'mod', listener.fileno(), EPOLLIN | EPOLLONESHOT);",
      NONE,
    ],
    [
      'what waits for room waits for data',
      'const events = connection.unsent.length > 0 ? EPOLLOUT : EPOLLIN;',
      'const events = EPOLLIN;',
    ],
  ]),
  ...inModel('nonblocking', [
    ['it never rests', 'yield* rest(sys, restMs);', NONE],
    ['its sockets are not closed', 'yield* socket.close(sys);', NONE],
    [
      'a short send loses the rest',
      REST_IS_KEPT,
      'connection.unsent = connection.unsent.subarray(Math.max(taken, connection.unsent.length));',
    ],
  ]),
  ...inModel('signal-driven', [
    [
      'it sleeps before its first look',
      'yield* acceptAll();',
      'if (connections.size > 0) yield* acceptAll();',
    ],
    [
      'it asks one connection after a signal',
      'for (const connection of [...connections]) yield* serve(connection);',
      'for (const connection of [...connections].slice(0, 1)) yield* serve(connection);',
    ],
    [
      'its handler tells nobody',
      'yield* unlessAgain(own.write(telling, Uint8Array.of(SIGIO)));',
      'yield* own.gettid();',
    ],
  ]),
  ...inModel('completion', [
    [
      'a short send loses the rest',
      'return unsent.length > 0 ? send(fd, unsent) : recv(fd);',
      'return recv(fd);',
    ],
    [
      'it accepts once',
      'yield* accept();',
      NONE,
      "if (!isOSError(error, 'ECONNABORTED')) throw error;",
    ],
    [
      'the end of a stream is asked for again',
      "resultOf('recv', completion) > 0 ? send(fd, bytesOf(completion)) : close(fd),",
      "resultOf('recv', completion) > 0 ? send(fd, bytesOf(completion)) : recv(fd),",
    ],
  ]),
];

const loops: readonly ModelMutant[] = [
  ...inModel('asyncio-queue', [
    ['there is no queue', 'yield* messageList.put([addr, data]);', NONE],
    [
      'its consumer tells the beginning of a message',
      'probe?.processed(addr, data);',
      'probe?.processed(addr, data.subarray(0, 3));',
    ],
    ['its sockets are not closed', 'yield* clientSocket.close(sys);', NONE],
  ]),
  ...inModel('got-asyncio', [
    ['its sockets are not closed', 'yield* client.close(sys);', NONE],
    [
      'a full table deafens it',
      'if (isFull(error)) yield* loop.sleep(FULL_PAUSE_MS);',
      'if (isFull(error)) return;',
    ],
  ]),
  ...inModel('gevent', [
    ['it goes on after the end', 'if (data.length === 0) break;', NONE],
    ['its sockets are not closed', 'yield* conn.close(sys);', NONE],
  ]),
  ...inModel('mini-loop', [
    [
      'a short send loses the rest',
      'rest = rest.subarray(n);',
      'rest = rest.subarray(Math.max(n, rest.length));',
    ],
    [
      'of several who wait for one socket the first is woken',
      'if ((mask & EVENT_READ) !== 0) this.#ready.push(...data.readers.splice(0));',
      'if ((mask & EVENT_READ) !== 0) this.#ready.push(...data.readers.splice(0).slice(0, 1));',
    ],
    [
      'who waits for room waits for data',
      "(op === 'readWait' ? waiters.readers : waiters.writers).push(task);",
      'waiters.readers.push(task);',
    ],
    ['it rests for ever', 'this.#ready.push(...this.#resting.splice(0));', NONE],
  ]),
  ...inModel('coroutine-scheduler', [
    [
      'who waits for room is not woken',
      'for (const it of writable) wake(this.#writers, it.fileno());',
      NONE,
    ],
    [
      'of several who wait for one socket the first is woken',
      'for (const task of listAt(waiting, fd)) this.schedule(task);',
      'for (const task of listAt(waiting, fd).slice(0, 1)) this.schedule(task);',
    ],
    ['it rests for ever', 'for (const task of this.#resting.splice(0)) this.schedule(task);', NONE],
    ['its sockets are not closed', 'yield* client.close(sys);', NONE],
  ]),
  ...inModel('protocol', [
    [
      'it does not stop reading while much is buffered',
      'if (this.#pausesReading) yield* this.transport.pauseReading();',
      NONE,
    ],
  ]),
  ...inModel('streams', [['it does not wait for the drain', 'yield* writer.drain();', NONE]]),
];

const USERLAND: Tests = ['test/models/userland.test.ts', ''];
const THREADS: readonly Tests[] = [
  USERLAND,
  ['test/properties/synchronization.test.ts', 'of threads'],
  ...ofModel('threaded-queue'),
];
const TASKS: readonly Tests[] = [
  USERLAND,
  ['test/properties/synchronization.test.ts', 'of asyncio'],
  ['test/models/scenarios.test.ts', 'asyncio'],
  ...ofModel('asyncio-queue'),
];
const TRANSPORTS: readonly Tests[] = [
  ...ofModel('protocol'),
  ...ofModel('streams'),
  ['test/models/transcripts.test.ts', ''],
];
const SELECTORS: readonly Tests[] = [USERLAND, ...ofModel('selectors'), ...ofModel('mini-loop')];
const PYTHON: readonly Tests[] = [['test/models/python.test.ts', '']];

const userland: readonly ModelMutant[] = [
  ...mistakes('threads.Lock', 'models/userland/threads.ts', THREADS, [
    [
      'a free lock is not marked',
      'if (word[0] === FREE) word[0] = HELD;',
      'if (word[0] === FREE) word[0] = FREE;',
    ],
    ['who was woken does not mark that others sleep', 'word[0] = CONTENDED;', 'word[0] = HELD;'],
    [
      'who sleeps is not woken',
      'if (was === CONTENDED) yield* sys.futexWake(this.#word, 0, 1);',
      NONE,
    ],
  ]),
  ...mistakes('threads.Condition', 'models/userland/threads.ts', THREADS, [
    [
      'the newest is woken',
      'for (const waiter of this.#waiters.splice(0, count)) {',
      'for (const waiter of this.#waiters.splice(-count)) {',
    ],
    ['a wake-up is not remembered', 'waiter[0] = NOTIFIED;', NONE],
    [
      'who waits keeps its place when its time is up',
      'this.#waiters.splice(this.#waiters.indexOf(waiter), 1);',
      NONE,
    ],
  ]),
  ...mistakes('threads.Queue', 'models/userland/threads.ts', THREADS, [
    ['put past the mutex', 'yield* this.#mutex.acquire(sys);', NONE, '*put('],
    ['put never lets go of the mutex', 'yield* this.#mutex.release(sys);', NONE, '*put('],
    ['the newest comes first', 'this.#items.push(item);', 'this.#items.unshift(item);'],
    ['who waits for an item is not told', 'yield* this.#notEmpty.notify(sys);', NONE],
    ['who waits for room is not told', 'yield* this.#notFull.notify(sys);', NONE, '*get('],
    [
      'who waits for room is not told by who does not wait',
      'yield* this.#notFull.notify(sys);',
      NONE,
      '*getNowait(',
    ],
    [
      'join returns at once',
      'while (this.#unfinished > 0) yield* this.#allTasksDone.wait(sys);',
      NONE,
    ],
  ]),
  ...mistakes('threads.Semaphore', 'models/userland/threads.ts', THREADS, [
    [
      'it has one permit more',
      'while (this.#value === 0) yield* this.#condition.wait(sys);',
      'while (this.#value < 0) yield* this.#condition.wait(sys);',
    ],
  ]),
  ...mistakes('asyncio.Lock', 'models/userland/asyncio/locks.ts', TASKS, [
    [
      'a free lock is taken past those who wait',
      'if (!this.locked && this.#waiters.every(({ cancelled }) => cancelled)) {',
      'if (!this.locked) {',
    ],
    [
      'who waits is not woken',
      'if (first !== undefined && !first.done) first.setResult();',
      'if (first !== undefined && first.done) first.setResult();',
    ],
    [
      'it stays taken for who waits',
      'this.locked = false;',
      'this.locked = this.#waiters.length > 0;',
    ],
  ]),
  ...mistakes('asyncio.Event', 'models/userland/asyncio/locks.ts', TASKS, [
    [
      'one of those who wait is woken',
      'for (const future of this.#waiters) if (!future.done) future.setResult();',
      'for (const future of this.#waiters.slice(0, 1)) if (!future.done) future.setResult();',
    ],
  ]),
  ...mistakes('asyncio.Condition', 'models/userland/asyncio/locks.ts', TASKS, [
    [
      'the newest is woken',
      'for (const future of this.#waiters.filter(({ done }) => !done).slice(0, count)) {',
      'for (const future of this.#waiters.filter(({ done }) => !done).slice(-count)) {',
    ],
    ['its lock is not taken again', 'yield* this.#reacquire();', NONE],
  ]),
  ...mistakes('asyncio.Queue', 'models/userland/asyncio/queues.ts', TASKS, [
    ['join returns at once', 'if (this.#unfinished > 0) yield* this.#finished.wait();', NONE],
    ['the newest comes first', 'this.#items.push(item);', 'this.#items.unshift(item);'],
    ['who waits for room is not told', 'wakeupNext(this.#putters);', NONE],
    [
      'it has no end',
      'while (this.full) yield* this.#wait(this.#putters, () => !this.full);',
      NONE,
    ],
  ]),
  ...mistakes('asyncio loop', 'models/userland/asyncio/loop.ts', TASKS, [
    [
      'sock_sendall sends once',
      'return sent < bytes.length ? NOT_YET : undefined;',
      'return undefined;',
    ],
    [
      'what becomes ready in a round has its turn in it',
      'for (let todo = this.#ready.length; todo > 0; todo--) yield* this.#run(this.#ready.shift());',
      'while (this.#ready.length > 0) yield* this.#run(this.#ready.shift());',
    ],
    [
      'timers run in the order of their birth',
      'this.#scheduled.splice(later < 0 ? this.#scheduled.length : later, 0, handle);',
      'this.#scheduled.push(handle);',
    ],
    [
      'a callback that throws ends the loop',
      "yield* this.complain('Exception in callback', error);",
      'throw error;',
    ],
  ]),
  ...mistakes('asyncio transports', 'models/userland/asyncio/transports.ts', TRANSPORTS, [
    [
      'what was sent is sent again',
      'this.#from += count;',
      'this.#from += Math.max(0, count - 1);',
    ],
    ['what was buffered is lost when the buffer grows', 'this.#bytes.set(waiting);', NONE],
  ]),
  ...mistakes('selectors', 'models/userland/selectors.ts', SELECTORS, [
    [
      'a hang-up wakes nobody who reads',
      '((revents & ~input) !== 0 ? EVENT_WRITE : 0) | ((revents & ~output) !== 0 ? EVENT_READ : 0)',
      '((revents & output) !== 0 ? EVENT_WRITE : 0) | ((revents & input) !== 0 ? EVENT_READ : 0)',
    ],
    [
      'a changed registration is not told to the kernel',
      'if (events !== old.events) yield* this.modified(sys, key);',
      NONE,
    ],
  ]),
  ...mistakes('threading', 'models/userland/threading.ts', PYTHON, [
    [
      'a thread that dies says nothing',
      'exceptException(error);',
      'return;',
      'function* survived(',
    ],
    [
      'the process ends with its main program',
      'for (const { id } of threading.#threads) yield* sys.join(id);',
      NONE,
    ],
    ['a child that dies ends with 0', 'yield* sys.exit(1);', 'yield* sys.exit(0);'],
  ]),
  ...mistakes('sockets', 'models/userland/sockets.ts', ofModel('sequential'), [
    [
      'sendall sends once',
      'rest = rest.subarray(yield* this.send(sys, rest));',
      'yield* this.send(sys, rest); rest = rest.subarray(rest.length);',
    ],
    [
      'an interrupted call is not made again',
      "return isOSError(error, 'EINTR') || (this.#timed && isOSError(error, 'EAGAIN'));",
      "return this.#timed && isOSError(error, 'EAGAIN');",
    ],
  ]),
  ...mistakes('patience', 'models/userland/patience.ts', ofModel('threaded'), [
    [
      'a full table ends accept',
      'if (isFull(error)) yield* sys.nanosleep({ ms: FULL_PAUSE_MS });',
      'if (isFull(error)) throw error;',
    ],
    [
      'an aborted connection ends accept',
      "else if (!isOSError(error, 'ECONNABORTED', 'EAGAIN')) throw error;",
      'else throw error;',
    ],
  ]),
];

const NODE: readonly Tests[] = [
  ['test/real/carrier.test.ts', ''],
  ['test/real/errors.test.ts', ''],
  ['test/real/echo.test.ts', ''],
  ['test/real/run.test.ts', ''],
  ['test/properties/echo.test.ts', 'node:net'],
];
const LINUX: readonly Tests[] = [
  ['test/real-linux/run.test.ts', ''],
  ['test/kernel/sleeping.test.ts', 'on Linux'],
  ['test/kernel/pipe.test.ts', 'on Linux'],
  ['test/kernel/udp.test.ts', 'on Linux'],
  ['test/kernel/signals.test.ts', 'on Linux'],
  ['test/kernel/tcp-data.test.ts', 'on Linux'],
  ['test/kernel/tcp-options.test.ts', 'on Linux'],
  ['test/properties/echo.test.ts', "Linux's own"],
];

const arms: readonly ModelMutant[] = [
  ...mistakes('node:net', 'real/node/carrier.ts', NODE, [
    [
      'the last byte of a long chunk is lost',
      'const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);',
      'const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length > 8 ? chunk.length - 1 : chunk.length);',
    ],
    ['the end of a stream is not told', "else report({ id, what: 'fin' });", NONE],
    ['what was read ahead is forgotten', 'this.#ahead = bytes;', 'this.#ahead = null;'],
    [
      'what was written is told by one byte too few',
      "this.#report({ id, what: 'written', count: bytes.length });",
      "this.#report({ id, what: 'written', count: bytes.length - 1 });",
    ],
    ['a reset is an end', 'else socket.resetAndDestroy();', 'else socket.destroy();'],
    ['a FIN is not sent', 'this.#sockets.get(id)?.end();', NONE],
    [
      'who is refused hears nothing',
      "report({ id, what: isConnected ? 'reset' : 'refused', errno });",
      "if (isConnected) report({ id, what: 'reset', errno });",
    ],
    ['it reads without room', 'this.#hasRoom = false;', 'this.#hasRoom = true;'],
  ]),
  ...mistakes('Linux', 'real/linux/calls/io.ts', LINUX, [
    [
      'a blocking send that was cut begins again',
      'const rest = call.progress === 0 ? bytes : bytes.subarray(call.progress);',
      'const rest = bytes;',
    ],
    [
      'a blocking send is content with a part',
      'if (taken >= 0 && call.progress >= bytes.length) return bytes.length;',
      'if (taken >= 0) return call.progress;',
    ],
    [
      'the last byte of a full recv is lost',
      'if (size >= 0) return copyPayload(bytes, 0, Math.min(size, sizeMax));',
      'if (size >= 0) return copyPayload(bytes, 0, Math.min(size, Math.max(1, sizeMax - 1)));',
    ],
    [
      'an interrupted send forgets what it has taken',
      'if (asked.interrupted && call.progress > 0) {',
      'if (asked.interrupted && call.progress < 0) {',
    ],
    ['a recv under a shutdown sleeps on', 'if (size === -EAGAIN) size = 0;', NONE],
    ['what does not sleep sleeps', 'if (!sleeps(task, description, flags)) return taken;', NONE],
  ]),
];

/** The kinds of mistakes that tests of the models once let pass, and more of the same kinds. */
export const MODEL_MUTANTS: readonly ModelMutant[] = [
  ...blocking,
  ...multiplexing,
  ...loops,
  ...userland,
  ...arms,
];
