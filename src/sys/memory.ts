/**
 * Memory that tasks share, as far as its accesses are to interleave. A plain variable is read and
 * written within a step, where nobody can come between; the accesses of a {@link Cell} are steps of
 * their own, and races between them can be found.
 */
export class Cell<T> {
  readonly name: string;
  /**
   * For laws and for the end of a run. A program that reads it here takes no step, so that nobody
   * can race it.
   */
  value: T;

  constructor(name: string, initial: T) {
    this.name = name;
    this.value = initial;
  }
}

/**
 * pthread_mutex_t: held by one task at a time, not recursive. Who waits for it, its kernel knows.
 */
export class Mutex {
  readonly name: string;
  /** Its kernel's own. */
  inner: unknown = undefined;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * pthread_cond_t: tasks wait here, having let go of a mutex, until they are told that something has
 * changed.
 */
export class Condition {
  readonly name: string;
  /** Its kernel's own. */
  inner: unknown = undefined;

  constructor(name: string) {
    this.name = name;
  }
}

/** What `load`, `store` and `update` ask for. */
export interface CellAccess<Argument = unknown> {
  readonly cell: Cell<unknown>;
  /** store: the value; load and update: the function, if there is one. */
  readonly argument: Argument;
}

/** What `condWait` asks for. */
export interface ConditionWait {
  readonly condition: Condition;
  readonly mutex: Mutex;
}
