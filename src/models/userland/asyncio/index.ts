/** Python's `asyncio`, on syscalls. */
export { CancelledError, type Coro, Future, InvalidStateError, Task } from './futures.ts';
export { Condition, Event, Lock, Semaphore } from './locks.ts';
export { EventLoop, Handle, run, runForever } from './loop.ts';
export { Queue, QueueEmpty, QueueFull } from './queues.ts';
export { StreamReader, StreamWriter, startServer } from './streams.ts';
export {
  BaseProtocol,
  createConnection,
  createServer,
  type Protocol,
  Server,
  Transport,
} from './transports.ts';
