import { SIGIO } from '../../sys/constants.ts';
import type { Description } from './file.ts';
import type { Footprint } from './footprint.ts';
import type { Machine } from './machine.ts';
import type { Process } from './process.ts';
import { raise } from './signals.ts';
import { Waiter } from './waits.ts';

/** Those that somebody has asked for: hardly any description has one. */
const notices = new WeakMap<Description, AsyncNotice>();

/**
 * Who is told by SIGIO that something has happened to a description's object (fcntl(2), F_SETOWN
 * and O_ASYNC).
 */
export class AsyncNotice extends Waiter {
  readonly #description: Description;
  kernel: Machine | null = null;
  owner = 0;
  /** SIGIO has been sent and has not yet arrived. */
  underWay = false;

  constructor(description: Description) {
    super();
    this.#description = description;
    notices.set(description, this);
  }

  /** That of a description. */
  static of(description: Description): AsyncNotice | undefined {
    return notices.get(description);
  }

  override descriptionGone(description: object): void {
    if (description === this.#description) this.leave();
  }

  /**
   * # SIGIO: its arrival is a step of its own, and what happens until then does not send another.
   */
  override wake(): boolean {
    const process = this.#process();
    if (process === undefined || this.underWay) return true;
    this.underWay = true;
    process.kernel.surroundings.later({
      happening: () => ({ kind: 'signal', signal: 'SIGIO', process: process.name }),
      fire: () => {
        this.underWay = false;
        raise(process, SIGIO);
      },
      touches: (footprint) => {
        this.tells(footprint);
        process.kernel.touchesOfSignal(process, SIGIO, footprint);
      },
    });
    return true;
  }

  override tells(footprint: Footprint): void {
    footprint.write(this);
  }

  #process(): Process | undefined {
    return this.kernel?.processes.find(({ pid }) => pid === this.owner);
  }

  switchOn(on: boolean): void {
    const { file } = this.#description;
    if (on && this.queue === null) file.waits.addFirst(this, false);
    else if (!on) this.leave();
  }
}
