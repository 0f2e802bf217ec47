/**
 * The kinds of decision. One door (`Choices.decide`) takes them all; alternative 0 is always the
 * calm one: keep running the current task, deliver everything, no fault (ARCHITECTURE.md).
 */
export const KIND = {
  /** Who moves next: 0 is the current task while it may run. */
  step: 0,
  /** How many of the n bytes in flight arrive: 0 is all of them, k is k bytes. */
  deliver: 1,
  /** How long something travels: 0 is the shortest latency. */
  latency: 2,
  /** An input that the scenario drew: 0 is the simplest. */
  input: 3,
  /** Is a fault active in this run: 0 is no. */
  swarm: 4,
  /**
   * A descriptor is closed under a task that has just asked to use it, or a signal comes for one
   * that would sleep: 0, it was already asleep in the call; 1, it had not begun. Or a signal comes
   * again: 0, its handler has begun; 1, it has not, and both are one.
   */
  begun: 5,
  /**
   * Which of several listeners that share a port by SO_REUSEPORT gets a connection: 0, the first.
   */
  listener: 6,
  /** How many milliseconds late a timer of an event loop is: 0 is on time. */
  late: 7,
  /**
   * Which of {@link CHANCE_STREAMS} streams the random numbers of a program come from: 0, the usual
   * one. It is drawn where a program first asks for one.
   */
  chance: 8,
  /** Which of several cases of a chanSelect that are ready is carried out: 0, the first. */
  pick: 9,
  /**
   * A host crashes: what of something that was not synced is on its disk: 0, all of it.
   */
  crash: 10,
  /** Faults, each with its second draw: 0, it does not fire now. */
  shortRead: 11,
  shortWrite: 12,
  tinyBuffers: 13,
  reset: 14,
  refuse: 15,
  slowConnect: 16,
  backlog: 17,
  emfile: 18,
  eintr: 19,
  spurious: 20,
  stall: 21,
  byteAtATime: 22,
  join: 23,
  /** Of datagrams: the next one is lost, arrives twice, lets its successor overtake it. */
  drop: 24,
  duplicate: 25,
  reorder: 26,
  /** Work takes time: the next timer comes due although somebody could move. */
  slow: 27,
  /** Does a call of a service fail, and how: 0, it does not. */
  serviceFails: 28,
  /** Faults of disks: no room is left; a read, a write or an fsync fails. */
  enospc: 29,
  eio: 30,
} as const;

export type KindName = keyof typeof KIND;
export type Kind = (typeof KIND)[KindName];

export const KIND_NAMES: readonly string[] = (() => {
  const names: string[] = [];
  for (const [name, kind] of Object.entries(KIND)) names[kind] = name;
  return names;
})();

/** As many as a decision of 16 bits can tell apart. */
export const CHANCE_STREAMS = 0x10000;

/** The first kind that is a fault. */
export const FAULT_FIRST: number = KIND.shortRead;

/**
 * What can go wrong in a world, by name; docs and `heddle --help` say what each does.
 *
 * @since 0.1.0
 */
export type FaultName =
  | 'shortRead'
  | 'shortWrite'
  | 'tinyBuffers'
  | 'reset'
  | 'refuse'
  | 'slowConnect'
  | 'backlog'
  | 'emfile'
  | 'eintr'
  | 'spurious'
  | 'stall'
  | 'byteAtATime'
  | 'join'
  | 'drop'
  | 'duplicate'
  | 'reorder'
  | 'slow'
  | 'enospc'
  | 'eio';

/** All faults, in the order of their kinds. @since 0.1.0 */
export const FAULT_NAMES: readonly FaultName[] = KIND_NAMES.slice(FAULT_FIRST).filter(
  (name) => name !== 'serviceFails',
) as FaultName[];

/** Those of them that nothing meets but what has a disk. */
export const DISK_FAULTS: readonly FaultName[] = ['enospc', 'eio'];

/** The bit of a fault in {@link Choices.faults}. */
export const faultBit = (kind: number): number => 1 << (kind - FAULT_FIRST);

export const FAULT_SHORT_READ: number = faultBit(KIND.shortRead);
export const FAULT_SHORT_WRITE: number = faultBit(KIND.shortWrite);
export const FAULT_TINY_BUFFERS: number = faultBit(KIND.tinyBuffers);
export const FAULT_RESET: number = faultBit(KIND.reset);
export const FAULT_REFUSE: number = faultBit(KIND.refuse);
export const FAULT_SLOW_CONNECT: number = faultBit(KIND.slowConnect);
export const FAULT_BACKLOG: number = faultBit(KIND.backlog);
export const FAULT_EMFILE: number = faultBit(KIND.emfile);
export const FAULT_EINTR: number = faultBit(KIND.eintr);
export const FAULT_SPURIOUS: number = faultBit(KIND.spurious);
export const FAULT_STALL: number = faultBit(KIND.stall);
export const FAULT_BYTE_AT_A_TIME: number = faultBit(KIND.byteAtATime);
export const FAULT_JOIN: number = faultBit(KIND.join);
export const FAULT_DROP: number = faultBit(KIND.drop);
export const FAULT_DUPLICATE: number = faultBit(KIND.duplicate);
export const FAULT_REORDER: number = faultBit(KIND.reorder);

/**
 * What may be lost when a host crashes: what ext4 as it is mounted by default may lose, or any part
 * of what was not synced.
 *
 * @since 0.2.0
 */
export type CrashModelName = 'ext4' | 'harsh';

/** The one door through which all nondeterminism of a run goes. */
export interface Choices {
  /** The faults that are active in this run, as {@link faultBit}s. */
  readonly faults: number;
  /**
   * Take one of `arity` alternatives (at least two), 0 being the calm one.
   * @param about what it is about, for reports: the object whose `label` is asked for when the run
   *   is recorded
   */
  decide(kind: Kind, arity: number, about?: Labelled): number;
}

/** Whether a fault that either strikes or does not does so now. */
export function strikes(choices: Choices, kind: Kind, about: Labelled): boolean {
  return (choices.faults & faultBit(kind)) !== 0 && choices.decide(kind, 2, about) === 1;
}

export interface Labelled {
  label(): string;
  /** What an alternative stands for, where that says more than its number. */
  alternativeText?(choice: number): string;
}
