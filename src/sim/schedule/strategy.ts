import type { Kind, Labelled } from '../kernel/choices.ts';
import type { Task } from '../kernel/task.ts';
import type { EnvironmentEvent } from '../network/events.ts';
import type { Knowledge } from './strategies/knowledge.ts';

/** What a strategy may look at when it chooses who moves next. @since 0.1.0 */
export interface ChoicePoint {
  /** Steps taken so far. */
  readonly stepCount: number;
  /** The task that moved last; null before the first move. */
  readonly current: Task | null;
  /** It has given up its turn: though it may run on, it is the last of the alternatives. */
  readonly yielded: boolean;
  /**
   * Who could move now, were it asked: the number of alternatives, also where there is but one and
   * no decision.
   */
  readonly moverCount: number;
  /** Alternative `index` of a decision of kind `step`. */
  alternative(index: number): Task | EnvironmentEvent;
  /** Every task there has been so far, in the order of births. */
  readonly tasks: readonly Task[];
}

/** How a run ended, as far as strategies care. @since 0.1.0 */
export interface Ended {
  /** Whether a law was broken. */
  readonly failed: boolean;
  /** Steps that were made. */
  readonly steps: number;
  /** Decisions taken, calm ones included. */
  readonly decisions: number;
}

/** Makes the decisions of runs, one run after the other (ARCHITECTURE.md). @since 0.1.0 */
export interface Strategy {
  /** For reports: `random`, `pct(depth=3)`, … */
  readonly name: string;
  /**
   * Its runs are drawn alike, each for itself: only of those can be said how likely the next one
   * is to fail. False: they are drawn, but what is drawn depends on the runs before. Default:
   * nothing is drawn.
   */
  readonly drawsAlike?: boolean;
  /**
   * Of a strategy whose runs are not all alike: by which that draws alike the run was made that was
   * begun last; undefined if by none.
   */
  readonly alikeBy?: string | undefined;
  /** A run begins; false says that there is nothing left to try. */
  begin(): boolean;
  /**
   * One of `arity` alternatives (at least two); 0 is the calm one. `about` is what it is about, for
   * kinds other than `step`; for those, ask `point`.
   */
  choose(kind: Kind, arity: number, point: ChoicePoint, about?: Labelled): number;
  /**
   * Told of every step before it is taken, also of those that were no choice; only strategies that
   * count steps ask for it.
   */
  moves?(mover: Task | EnvironmentEvent, point: ChoicePoint): void;
  /** A run has ended. */
  end(ended: Ended): void;
  /** What has been learned since it was last asked; only of strategies that learn. */
  learned?(): Knowledge;
}
