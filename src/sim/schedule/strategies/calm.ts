import type { Strategy } from '../strategy.ts';

/**
 * The quiet, non-preemptive run: alternative 0 everywhere. Equal to replaying the empty schedule.
 *
 * @since 0.1.0
 */
export class Calm implements Strategy {
  readonly name = 'calm';

  begin(): boolean {
    return true;
  }

  choose(): number {
    return 0;
  }

  end(): void {}
}
