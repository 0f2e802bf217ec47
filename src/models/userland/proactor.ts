/**
 * Requests to a completion ring, each with what is to be done about its outcome: what a selector is
 * for readiness.
 */
import {
  type Program,
  type RingCompletion,
  type RingEntry,
  type Sys,
  SysError,
} from '../../sys/index.ts';
import { patiently } from './patience.ts';
import { retrying } from './sockets.ts';

/** What is to be done about the outcome of a request. */
export type Completed = (completion: RingCompletion) => Program;

/** Requests that are taken in at a time; any number may be under way. */
const ENTRIES = 8;

export class Proactor {
  readonly #ring: number;
  readonly #waiting = new Map<number, Completed>();
  #requests = 0;

  private constructor(ring: number) {
    this.#ring = ring;
  }

  static *create(sys: Sys): Program<Proactor> {
    return new Proactor(yield* patiently(sys, () => sys.ringSetup(ENTRIES, { cloexec: true })));
  }

  /** Hand in a request, made with the number by which its outcome will be known. */
  *submit(sys: Sys, request: (data: number) => RingEntry, completed: Completed): Program {
    const data = ++this.#requests;
    this.#waiting.set(data, completed);
    yield* sys.ringSubmit(this.#ring, [request(data)]);
  }

  /** Sleep until something has come about, and do what is to be done about it; without end. */
  *run(sys: Sys): Program<never> {
    while (true) {
      const completions = yield* retrying(() => sys.ringWait(this.#ring));
      for (const completion of completions) {
        const completed = this.#waiting.get(completion.data) as Completed;
        this.#waiting.delete(completion.data);
        yield* completed(completion);
      }
    }
  }
}

/** The result of a completion; throws what the call of that name would have thrown. */
export function resultOf(syscall: string, { result }: RingCompletion): number {
  if (result < 0) throw new SysError(syscall, -result);
  return result;
}
