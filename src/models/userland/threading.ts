/**
 * Threads and child processes as Python runs them: one that dies of an exception prints it and ends
 * alone, and the others go on.
 */
import type { Program, Sys } from '../../sys/index.ts';
import { exceptException, isException, isOSError, RuntimeError, tracebackText } from './errors.ts';
import { printError } from './text.ts';

/** What a thread or a child runs. */
type Target = (sys: Sys) => Program;

/** The name of a function as it is in Python: `handle_client`. */
function pythonName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

interface Thread {
  readonly id: number;
  /** It has not come to its end. */
  readonly state: { alive: boolean };
}

/** The module `threading` of one process. */
export class Threading {
  #count = 0;
  /** Those that the process does not end without. */
  readonly #threads: Thread[] = [];

  private constructor() {}

  /**
   * A main program that has this module: after it the process lives until every thread has ended
   * that is no daemon. If it dies of an exception while there are such threads, that is printed,
   * and they go on; if there are none, it is the end of all.
   */
  static *main(sys: Sys, main: (threading: Threading) => Program): Program {
    const threading = new Threading();
    let status = 0;
    try {
      yield* main(threading);
    } catch (error) {
      if (!isException(error) || !threading.#areLeft) throw error;
      yield* printError(sys, tracebackText(error));
      status = 1;
    }
    for (const { id } of threading.#threads) yield* sys.join(id);
    yield* sys.exit(status);
  }

  get #areLeft(): boolean {
    return this.#threads.some(({ state }) => state.alive);
  }

  /**
   * `Thread(target=target, daemon=daemon).start()`.
   * @param name the target's
   */
  *start(
    sys: Sys,
    name: string,
    target: Target,
    { daemon = false }: { readonly daemon?: boolean } = {},
  ): Program {
    const title = `Exception in thread Thread-${++this.#count} (${pythonName(name)}):`;
    const state = { alive: true };
    function* bootstrap(sys: Sys): Program {
      yield* survived(sys, title, target);
      state.alive = false;
    }
    const id = yield* spawned(sys, bootstrap, name);
    if (!daemon) this.#threads.push({ id, state });
  }
}

/**
 * `_thread.start_new_thread`: the end of the main program is the end of these threads.
 * @param name the target's
 */
export function* startNewThread(sys: Sys, name: string, target: Target): Program {
  const title = `Exception ignored in thread started by: <function ${pythonName(name)}>`;
  yield* spawned(sys, (sys) => survived(sys, title, target), name);
}

/** An exception ends a thread, which prints it. */
function* survived(sys: Sys, title: string, target: Target): Program {
  try {
    yield* target(sys);
  } catch (error) {
    exceptException(error);
    yield* printError(sys, `${title}\n${tracebackText(error)}`);
  }
}

/** Without room for one more thread it is a RuntimeError. */
function* spawned(sys: Sys, body: Target, name: string): Program<number> {
  try {
    return yield* sys.spawn(body, { name });
  } catch (error) {
    if (!isOSError(error, 'EAGAIN', 'ENOMEM')) throw error;
    throw new RuntimeError("can't start new thread");
  }
}

/**
 * `os.fork()`, and what the child goes on with: an exception is printed and is the end of the child
 * alone, with status 1.
 */
export function* forked(sys: Sys, name: string, child: Target): Program<number> {
  function* body(sys: Sys): Program {
    try {
      yield* child(sys);
    } catch (error) {
      exceptException(error);
      yield* printError(sys, tracebackText(error));
      yield* sys.exit(1);
    }
  }
  return yield* sys.fork(body, { name });
}
