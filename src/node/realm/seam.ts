import type { Internals } from '../guest/internals.ts';
import type { GuestLoop } from '../guest/loop.ts';
import type { Present } from '../guest/present.ts';
import { noteProcess } from '../guest/process-state.ts';
import { NodeQueues } from '../guest/queues.ts';
import { Timers } from '../guest/timers.ts';
import { noteShared } from './shared-state.ts';

/** What is installed in this realm, whichever copy of heddle's modules has done it. */
export interface Installed {
  readonly internals: Internals;
  readonly present: Present;
  /** Called when a run is over: what a test runner wanted meanwhile is done. */
  readonly outer: () => void;
}

const KEY = Symbol.for('heddle.installed');
const realm = globalThis as unknown as Record<symbol, Installed | undefined>;

export const installed = (): Installed | undefined => realm[KEY];

/** Have it found by whoever makes runs in this realm. */
export function noteInstalled(made: Installed): void {
  realm[KEY] = made;
}

/** The installed seam, as runs of realm scenarios use it. */
export class Seam {
  readonly internals: Internals;
  readonly present: Present;
  readonly queues: NodeQueues;
  readonly #outer: () => void;
  /** What runs have changed for each other. */
  readonly changed: () => readonly string[] = noteShared();
  readonly #tick: () => void = (process as unknown as { _tickCallback: () => void })._tickCallback;

  constructor({ internals, present, outer }: Installed) {
    this.#outer = outer;
    this.internals = internals;
    this.present = present;
    this.queues = new NodeQueues(internals);
  }

  /** What was queued before the run is none of it. */
  settle(): void {
    this.#tick.call(process);
  }

  /** What waits for a turn of the real event loop, of which a run has none. */
  outOfReach(): string[] {
    return this.queues.hasOthers
      ? [
          'something that Node does in C++ in the next turn of its event loop (HTTP/2), which does not come in a realm: run it by nodeProgram',
        ]
      : [];
  }

  /** From now on the realm is that loop's; gives what ends that. */
  enter(loop: GuestLoop): () => void {
    const { present } = this;
    const { main, timers } = present;
    const putBack = this.queues.putAside();
    const forget = noteProcess();
    loop.timers = new Timers(loop);
    present.main = loop;
    present.timers = loop.timers;
    return () => {
      forget();
      present.main = main;
      present.timers = timers;
      putBack();
      this.#outer();
    };
  }
}
