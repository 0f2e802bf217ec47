/**
 * What tasks share and do calls on; by its name it is known in reports and from run to run.
 *
 * @since 0.2.0
 */
export abstract class SharedObject {
  /** As reports call it. */
  readonly name: string;
  /** Its kernel's own. */
  inner: unknown = undefined;

  /** Reports call it by `name`. */
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Memory that tasks share, as far as its accesses are to interleave. A plain variable is read and
 * written within a step, where nobody can come between; the accesses of a {@link Cell} are steps of
 * their own, and races between them can be found.
 *
 * @since 0.1.0
 */
export class Cell<T> extends SharedObject {
  /**
   * For laws and for the end of a run. A program that reads it here takes no step, so that nobody
   * can race it.
   */
  value: T;

  /** Reports call it by `name`; `initial` is its value at the start of a run. */
  constructor(name: string, initial: T) {
    super(name);
    this.value = initial;
  }
}

/**
 * pthread_mutex_t: held by one task at a time, not recursive. Who waits for it, its kernel knows.
 *
 * @since 0.1.0
 */
export class Mutex extends SharedObject {}

/**
 * pthread_cond_t: tasks wait here, having let go of a mutex, until they are told that something has
 * changed.
 *
 * @since 0.1.0
 */
export class Condition extends SharedObject {}

/** What `load`, `store` and `update` ask for. @since 0.1.0 */
export interface CellAccess<Argument = unknown> {
  /** Which cell. */
  readonly cell: Cell<unknown>;
  /** store: the value; load and update: the function, if there is one. */
  readonly argument: Argument;
}

/** What `condWait` asks for. @since 0.1.0 */
export interface ConditionWait {
  /** What is waited for. */
  readonly condition: Condition;
  /** Released while it is waited for, and held again afterwards. */
  readonly mutex: Mutex;
}
