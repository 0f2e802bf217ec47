import type { FromGuest, GuestDeath, ToGuest } from '../wire.ts';

/** The side on which the program runs, as its event loop sees it. */
export interface Guest {
  /** It is the guest's turn, until it says something; or that is still to come, see {@link Hop}. */
  enter(message: ToGuest, bytes: Uint8Array): FromGuest | Hop;
  /** What came with what it said last. */
  readonly bytes: Uint8Array;
}

/**
 * What a loop yields where its program's turn needs one of the real event loop: whoever drives it
 * comes back with what was said.
 */
export class Hop {}

/** A program did not catch this. The stack is the program's own. */
export class UncaughtInProgram extends Error {
  override readonly name: string;
  readonly code: string | undefined;

  constructor(death: GuestDeath) {
    super(death.message);
    this.name = death.fromPromise ? `unhandled rejection of ${death.name}` : death.name;
    this.code = death.code;
    this.stack = death.stack;
  }
}
