import { EPERM } from '../../../sys/errno.ts';
import { OP } from '../../../sys/ops.ts';
import type { RwLock } from '../../../sys/sync.ts';
import type { PendingCall } from '../pending-call.ts';
import type { Task } from '../task.ts';
import { Line } from './line.ts';
import { type Row, row } from './row.ts';
import { timeoutText } from './text.ts';
import { writesData } from './touches.ts';

/** A writer that waits has said so: with `prefers: 'writers'` no further reader gets the lock. */
const ANNOUNCED = 1;

/** Who holds a read-write lock, as often as it does, and who has asked for it. */
class Holders {
  writer: Task | null = null;
  readonly readers: Task[] = [];
  readonly line: Line;
  private readonly rwlock: RwLock;

  constructor(rwlock: RwLock) {
    this.rwlock = rwlock;
    this.line = new Line((call) => this.mayMove(call));
  }

  get isFree(): boolean {
    return this.writer === null && this.readers.length === 0;
  }

  /** A reader may have it. */
  get admitsReaders(): boolean {
    if (this.writer !== null) return false;
    return this.rwlock.prefers === 'readers' || !this.line.calls.some(isAnnounced);
  }

  /** A writer that has not announced itself does so at its turn. */
  private mayMove(call: PendingCall): boolean {
    if (call.op === OP.rdLock) return this.admitsReaders;
    return this.isFree || (this.rwlock.prefers === 'writers' && call.progress !== ANNOUNCED);
  }
}

const isAnnounced = ({ op, progress }: PendingCall): boolean =>
  op === OP.wrLock && progress === ANNOUNCED;

function holdersOf(rwlock: RwLock): Holders {
  rwlock.inner ??= new Holders(rwlock);
  return rwlock.inner as Holders;
}

/** Who holds a read-write lock: one writer, or readers. */
export function holdersOfRwLock(rwlock: RwLock): readonly Task[] {
  const { writer, readers } = holdersOf(rwlock);
  return writer === null ? readers : [writer];
}

/** Who has asked for it and does not have it. */
export function wantersOfRwLock(rwlock: RwLock): readonly Task[] {
  return holdersOf(rwlock).line.tasks;
}

export const rdLock: Row<RwLock, number> = row({
  perform(task, call) {
    const inner = holdersOf(call.data);
    if (!inner.admitsReaders) return inner.line.waits(task, call);
    inner.readers.push(task);
    inner.line.leave(call);
    inner.line.changed();
    return 0;
  },
  parks: (task, call) => holdersOf(call.data).line.parks(task, call),
  onSignal: 'passes',
  touches: writesData,
  orders(_task, { data: rwlock }, into) {
    if (holdersOf(rwlock).admitsReaders) into.acquires(rwlock);
  },
  memory: ({ data: rwlock }) => [rwlock],
  asked: ({ a2, data: { name } }) => `rdLock ${name}${timeoutText(a2)}`,
  waitsFor: (_task, { data: rwlock }) => ({ what: 'rwlock', rwlock }),
  helpers: (_task, { data: rwlock }) => ({ who: holdersOfRwLock(rwlock), what: 'holders' }),
  askedAlike: ({ name }) => name,
  effects({ data: rwlock }, answer, into) {
    if (answer === 0) into.took(rwlock);
  },
});

export const wrLock: Row<RwLock, number> = row({
  perform(task, call) {
    const inner = holdersOf(call.data);
    if (inner.isFree) {
      inner.writer = task;
      inner.line.leave(call);
      inner.line.changed();
      return 0;
    }
    call.progress = ANNOUNCED;
    const answer = inner.line.waits(task, call);
    inner.line.changed();
    return answer;
  },
  parks: (task, call) => holdersOf(call.data).line.parks(task, call),
  onSignal: 'passes',
  touches: writesData,
  orders(_task, { data: rwlock }, into) {
    if (!holdersOf(rwlock).isFree) return;
    into.acquires(rwlock);
    into.acquires(readersOf(rwlock));
  },
  memory: ({ data: rwlock }) => [rwlock],
  asked: ({ a2, data: { name } }) => `wrLock ${name}${timeoutText(a2)}`,
  waitsFor: (_task, { data: rwlock }) => ({ what: 'rwlock', rwlock }),
  helpers: (_task, { data: rwlock }) => ({ who: holdersOfRwLock(rwlock), what: 'holders' }),
  askedAlike: ({ name }) => name,
  effects({ data: rwlock }, answer, into) {
    if (answer === 0) into.took(rwlock);
  },
});

/** What readers release: writers come after them, other readers do not. */
const readersOf = (rwlock: RwLock): object => holdersOf(rwlock).readers;

export const rwUnlock: Row<RwLock, number> = row({
  perform(task, { data: rwlock }) {
    const inner = holdersOf(rwlock);
    const at = inner.readers.indexOf(task);
    if (inner.writer === task) inner.writer = null;
    else if (at >= 0) inner.readers.splice(at, 1);
    else return -EPERM;
    inner.line.changed();
    return 0;
  },
  touches: writesData,
  orders(task, { data: rwlock }, into) {
    into.releases(holdersOf(rwlock).writer === task ? rwlock : readersOf(rwlock));
  },
  memory: ({ data: rwlock }) => [rwlock],
  asked: ({ data: { name } }) => `rwUnlock ${name}`,
  askedAlike: ({ name }) => name,
  effects({ data: rwlock }, answer, into) {
    if (answer === 0) into.left(rwlock);
  },
});
