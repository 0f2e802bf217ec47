/**
 * Laws that a scenario may state of its world, besides its own: `import { echoLaw } from
 * 'heddle/laws'`.
 */
export { LAW_NO_ZOMBIE, noZombieLaw } from './sim/laws/children.ts';
export { type EchoAnswers, type EchoRecord, echoLaw, LAW_ECHO } from './sim/laws/echo.ts';
export { heldLaw, LAW_HELD } from './sim/laws/held.ts';
export { LAW_NO_LEAK, noLeakLaw } from './sim/laws/leaks.ts';
export {
  LAW_NO_LOCK_LEFT,
  LAW_NO_TASK_LEFT,
  noLockLeftLaw,
  noTaskLeftLaw,
} from './sim/laws/left-over.ts';
export {
  describeWitness,
  findWitness,
  History,
  isLinearizable,
  LAW_LINEARIZABLE,
  linearizableLaw,
  type Operation,
  type Specification,
  type Witness,
} from './sim/laws/linearizability.ts';
export { LAW_NO_STARVATION, noStarvationLaw } from './sim/laws/liveness.ts';
export {
  LAW_MERGED_QUEUE,
  MergedQueueHistory,
  mergedQueueLaw,
  type QueueClient,
} from './sim/laws/merged-queue.ts';
export {
  atomicReplaceLaw,
  type DurableStore,
  durableLaw,
  LAW_ATOMIC_REPLACE,
  LAW_DURABLE,
  SaveHistory,
} from './sim/laws/saves.ts';
export { LAW_SERVED, type ServedRecord, servedLaw } from './sim/laws/served.ts';
export {
  type ConditionCall,
  condition,
  type EventCall,
  event,
  fifoQueue,
  type LockCall,
  type LockResult,
  lock,
  type QueueCall,
  type QueueResult,
  semaphore,
} from './sim/laws/specifications.ts';
export { LAW_NO_SPIN, noSpinLaw } from './sim/laws/spin.ts';
export { LAW_NO_STALL, noStallLaw } from './sim/laws/stalls.ts';
