/**
 * Select over everybody, with a queue of messages per connection (seed 001).
 *
 * One task, which waits in select for everybody: those it expects to read, those it has something
 * for. Each round hands the kernel the whole list and the kernel looks at each, ready or not, 1,024
 * at most; so a round costs what is open. A connection costs a descriptor, a queue, and its part of
 * every round.
 */
import { type Address, FD_SETSIZE, type Program, type Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptOSError, isOSError, KeyError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { FULL_PAUSE_MS, isFull, openListener } from './userland/patience.ts';
import { select } from './userland/selectors.ts';
import { Socket } from './userland/sockets.ts';
import { addressText, bytesText, print } from './userland/text.ts';
import { Empty } from './userland/threads.ts';

const HOST = '127.0.0.1';
/** `print(sys.stderr, …)` prints the stream itself first. */
const STDERR = "<_io.TextIOWrapper name='<stderr>' mode='w' encoding='UTF-8'>";

/**
 * # `queue.Queue`, whose locks nobody contends for in a program of one thread: a list says the same
 * without syscalls
 */
class MessageQueue {
  readonly #items: Uint8Array[] = [];

  put(item: Uint8Array): void {
    this.#items.push(item);
  }

  getNowait(): Uint8Array {
    const item = this.#items.shift();
    if (item === undefined) throw new Empty();
    return item;
  }
}

function remove<T>(list: T[], item: T): void {
  list.splice(list.indexOf(item), 1);
}

function* queueOf(sys: Sys, queues: Map<Socket, MessageQueue>, s: Socket): Program<MessageQueue> {
  const found = queues.get(s);
  if (found === undefined) throw new KeyError(yield* s.repr(sys));
  return found;
}

export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const server = yield* Socket.create(sys);
  yield* server.setblocking(sys, false);
  yield* print(sys, `${STDERR} starting up on localhost port ${port}`);
  yield* server.bind(sys, { host: HOST, port });
  yield* server.listen(sys, 5);
  const inputs = [server];
  const outputs: Socket[] = [];
  const messageQueues = new Map<Socket, MessageQueue>();
  let clientAddress: Address = { path: '' };
  while (inputs.length > 0) {
    yield* print(sys, '\nwaiting for the next event');
    const { readable, writable, exceptional } = yield* select(sys, inputs, outputs, inputs);
    for (const s of readable) {
      if (s === server) {
        const [connection, address] = yield* s.accept(sys);
        clientAddress = address;
        yield* print(sys, `new connection from ${addressText(clientAddress)}`);
        yield* connection.setblocking(sys, false);
        inputs.push(connection);
        messageQueues.set(connection, new MessageQueue());
      } else {
        const data = yield* s.recv(sys, 1024);
        if (data.length > 0) {
          const peer = addressText(yield* s.getpeername(sys));
          yield* print(sys, `${STDERR} received "${bytesText(data)}" from ${peer}`);
          (yield* queueOf(sys, messageQueues, s)).put(data);
          if (!outputs.includes(s)) outputs.push(s);
        } else {
          yield* print(sys, `closing ${addressText(clientAddress)} after reading no data`);
          if (outputs.includes(s)) remove(outputs, s);
          remove(inputs, s);
          yield* s.close(sys);
          messageQueues.delete(s);
        }
      }
    }
    for (const s of writable) {
      let nextMsg: Uint8Array;
      try {
        nextMsg = (yield* queueOf(sys, messageQueues, s)).getNowait();
      } catch (error) {
        if (!(error instanceof Empty)) throw error;
        const peer = addressText(yield* s.getpeername(sys));
        yield* print(sys, `output queue for ${peer} is empty`);
        remove(outputs, s);
        continue;
      }
      const peer = addressText(yield* s.getpeername(sys));
      yield* print(sys, `sending "${bytesText(nextMsg)}" to ${peer}`);
      yield* s.send(sys, nextMsg);
    }
    for (const s of exceptional) {
      const peer = addressText(yield* s.getpeername(sys));
      yield* print(sys, `handling exceptional condition for ${peer}`);
      remove(inputs, s);
      if (outputs.includes(s)) remove(outputs, s);
      yield* s.close(sys);
      messageQueues.delete(s);
    }
  }
}

interface Connection {
  readonly address: Address;
  /** Read and not yet sent. */
  readonly queue: Uint8Array[];
}

/**
 * A connection keeps its own address; it is read only while its queue is empty, so that an end of
 * stream finds nothing that is left to send; what a short send leaves stays at the head of the
 * queue; a client's error ends its connection alone. There are no more descriptors than select can
 * take, and what is printed keeps nobody waiting.
 */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  yield* openLog(sys);
  yield* sys.setrlimit(FD_SETSIZE);
  yield* say(sys, `${STDERR} starting up on localhost port ${port}`);
  const server = yield* openListener(sys, { host: HOST, port });
  yield* server.setblocking(sys, false);
  const connections = new Map<Socket, Connection>();
  let muted = false;

  function* accept(): Program {
    try {
      const [socket, address] = yield* server.accept(sys);
      yield* say(sys, `new connection from ${addressText(address)}`);
      yield* socket.setblocking(sys, false);
      connections.set(socket, { address, queue: [] });
    } catch (error) {
      if (isFull(error)) muted = true;
      else if (!isOSError(error, 'EAGAIN', 'ECONNABORTED')) throw error;
    }
  }

  /** False at the end of its stream. */
  function* read(s: Socket, { queue, address }: Connection): Program<boolean> {
    const data = yield* s.recv(sys, 1024);
    if (data.length === 0) return false;
    yield* say(sys, `${STDERR} received "${bytesText(data)}" from ${addressText(address)}`);
    queue.push(data);
    return true;
  }

  function* write(s: Socket, { queue, address }: Connection): Program<boolean> {
    const nextMsg = queue[0] as Uint8Array;
    yield* say(sys, `sending "${bytesText(nextMsg)}" to ${addressText(address)}`);
    const rest = nextMsg.subarray(yield* s.send(sys, nextMsg));
    if (rest.length > 0) queue[0] = rest;
    else queue.shift();
    return true;
  }

  function* attend(s: Socket, what: typeof read): Program {
    const connection = connections.get(s) as Connection;
    let open: boolean;
    try {
      open = yield* what(s, connection);
    } catch (error) {
      exceptOSError(error);
      open = isOSError(error, 'EAGAIN');
    }
    if (open) return;
    yield* say(sys, `closing ${addressText(connection.address)} after reading no data`);
    connections.delete(s);
    yield* s.close(sys);
  }

  while (true) {
    yield* say(sys, '\nwaiting for the next event');
    const inputs = muted ? [] : [server];
    const outputs: Socket[] = [];
    for (const [s, { queue }] of connections) (queue.length > 0 ? outputs : inputs).push(s);
    const timeoutMs = muted ? FULL_PAUSE_MS : null;
    const { readable, writable } = yield* select(sys, inputs, outputs, [], timeoutMs);
    muted = false;
    for (const s of readable) yield* s === server ? accept() : attend(s, read);
    for (const s of writable) yield* attend(s, write);
  }
}
