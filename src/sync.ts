/**
 * What tasks synchronise with: `import { Channel, Semaphore } from 'heddle/sync'`. What is done
 * with these objects are calls of `Sys`, in generators and in async functions alike:
 * `yield* sys.chanSend(jobs, job)`, `await sys.semWait(permits, 50)`.
 */
export { Condition, Mutex, SharedObject } from './sys/memory.ts';
export {
  Barrier,
  Channel,
  RwLock,
  type SelectCase,
  type Selected,
  Semaphore,
  type Taken,
  WaitGroup,
} from './sys/sync.ts';
