/**
 * `greenlet`: coroutines with stacks of their own, which switch to each other by name.
 *
 * A generator cannot leave from within a call, so a switch is a word that is yielded up to {@link
 * withGreenlets}, which resumes the other one. Whoever calls `switch` sees a call that returns when
 * somebody switches back.
 */
import { type Program, Syscall } from '../../sys/index.ts';
import { RuntimeError } from './errors.ts';

/** What a switch carries: a value, or an error to be thrown where the other one waits. */
type Parcel = { readonly value: unknown } | { readonly error: unknown };

class Switch {
  readonly to: Greenlet;
  readonly parcel: Parcel;

  constructor(to: Greenlet, parcel: Parcel) {
    this.to = to;
    this.parcel = parcel;
  }
}

/**
 * `greenlet.greenlet(run)`: it starts at the first switch to it; when it ends, its parent goes on
 * with what it returned.
 */
export class Greenlet {
  readonly parent: Greenlet | null;
  readonly #run: (value: unknown) => Program<unknown>;
  #frame: Program<unknown> | undefined;
  dead = false;

  constructor(run: (value: unknown) => Program<unknown>, parent: Greenlet | null = null) {
    this.#run = run;
    this.parent = parent;
  }

  /** Go on in this one; returns what is passed to the switch that comes back. */
  *switch(value?: unknown): Program<unknown> {
    return yield* to(new Switch(this, { value }));
  }

  /** Go on in this one with an error. */
  *throw(error: unknown): Program<unknown> {
    return yield* to(new Switch(this, { error }));
  }

  /** For {@link withGreenlets}. */
  resume(parcel: Parcel): IteratorResult<unknown, unknown> {
    if (this.#frame === undefined) {
      if ('error' in parcel) throw parcel.error;
      this.#frame = this.#run(parcel.value);
      return this.#frame.next();
    }
    return 'error' in parcel ? this.#frame.throw(parcel.error) : this.#frame.next(parcel.value);
  }

  /** The answer to a syscall, as it came. */
  answer(result: unknown): IteratorResult<unknown, unknown> {
    return (this.#frame as Program<unknown>).next(result);
  }
}

function* to(word: Switch): Program<unknown> {
  return yield word as unknown as Syscall<unknown>;
}

/** Run `main` as the main greenlet of this thread. */
export function* withGreenlets<T>(main: (self: Greenlet) => Program<T>): Program<T> {
  let self: Greenlet;
  const first: Greenlet = new Greenlet(() => main(self));
  self = first;
  let current: Greenlet = first;
  let parcel: Parcel = { value: undefined };
  for (;;) {
    try {
      let step = current.resume(parcel);
      while (!step.done && step.value instanceof Syscall) step = current.answer(yield step.value);
      if (!step.done) {
        const { to: next, parcel: carried } = step.value as Switch;
        if (next.dead) throw new RuntimeError('switched to a greenlet that has ended');
        current = next;
        parcel = carried;
        continue;
      }
      parcel = { value: step.value };
    } catch (error) {
      parcel = { error };
    }
    current.dead = true;
    if (current === first) {
      if ('error' in parcel) throw parcel.error;
      return parcel.value as T;
    }
    current = current.parent ?? first;
  }
}
