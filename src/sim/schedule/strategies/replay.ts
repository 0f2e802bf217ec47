import { KIND_NAMES, type Kind } from '../../kernel/choices.ts';
import { Departure } from '../departure.ts';
import type { ChoicePoint, Strategy } from '../strategy.ts';

/** What a replay does with a decision that the world does not offer. */
export type ReplayMode =
  /** Stop with a {@link Departure}. */
  | 'strict'
  /**
   * Take the last alternative there is and go on: for shrinking, where any schedule is worth a try.
   */
  | 'clamp';

/**
 * Replay: takes recorded decisions by their place, calm ones once they have run out. The same
 * scenario under the same decisions is the same run.
 *
 * @since 0.1.0
 */
export class Replay implements Strategy {
  readonly name = 'replay';
  readonly #decisions: readonly number[];
  readonly #mode: ReplayMode;
  #at = 0;

  /** Follow `decisions`; where they end, everything is calm. */
  constructor(decisions: readonly number[], mode: ReplayMode = 'strict') {
    this.#decisions = decisions;
    this.#mode = mode;
  }

  begin(): boolean {
    this.#at = 0;
    return true;
  }

  choose(kind: Kind, arity: number, point: ChoicePoint): number {
    const decision = this.#decisions[this.#at++] ?? 0;
    if (decision < arity) return decision;
    if (this.#mode === 'clamp') return arity - 1;
    throw new Departure({
      step: point.stepCount + 1,
      expected: `alternative ${decision} of a choice of kind ${KIND_NAMES[kind]}`,
      found: `only ${arity} alternatives, from 0 to ${arity - 1}`,
    });
  }

  end(): void {}
}
