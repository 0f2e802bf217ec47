import { KIND, KIND_NAMES, type Kind, type Labelled } from '../../kernel/choices.ts';
import { Task } from '../../kernel/task.ts';
import type { ChoicePoint, Strategy } from '../strategy.ts';
import { Replay, type ReplayMode } from './replay.ts';

/**
 * Replay, which notes what its decisions were about: at which step each was, of which kind, and
 * what the alternatives are called. After an edit a schedule may still be replayed, and be about
 * other moments; by this one can tell, unless both programs ask for the very same syscalls up to
 * the last decision.
 */
export class FittingReplay implements Strategy {
  readonly name = 'replay';
  readonly #inner: Replay;
  readonly #count: number;
  #seen = 0;
  #hash = 0;

  constructor(decisions: readonly number[], mode: ReplayMode = 'strict') {
    this.#inner = new Replay(decisions, mode);
    this.#count = decisions.length;
  }

  begin(): boolean {
    this.#seen = 0;
    this.#hash = 0x811c9dc5;
    return this.#inner.begin();
  }

  choose(kind: Kind, arity: number, point: ChoicePoint, about?: Labelled): number {
    const choice = this.#inner.choose(kind, arity, point);
    if (this.#seen < this.#count) {
      this.#seen++;
      const what = kind === KIND.step ? moversText(arity, point) : (about?.label() ?? '');
      // By name: the numbers of kinds are this version's own.
      this.#mix(`${point.stepCount} ${KIND_NAMES[kind]} ${arity} ${what};`);
    }
    return choice;
  }

  #mix(text: string): void {
    for (const character of text) {
      this.#hash = Math.imul(this.#hash ^ (character.codePointAt(0) as number), 0x01000193);
    }
  }

  /** 16 bits of what the decisions were about; undefined if the run ended before the last. */
  get fit(): number | undefined {
    return this.#seen < this.#count ? undefined : (this.#hash ^ (this.#hash >>> 16)) & 0xffff;
  }

  end(): void {}
}

/** Who could move, with what each task asks for. */
function moversText(arity: number, point: ChoicePoint): string {
  const texts = Array.from({ length: arity }, (_, i) => {
    const mover = point.alternative(i);
    return mover instanceof Task ? `${mover.name} ${mover.call?.name ?? ''}` : mover.label();
  });
  return texts.join();
}
