import type { Syscall } from '../../sys/syscall.ts';
import { KIND, KIND_NAMES, type Kind, type Labelled } from '../kernel/choices.ts';
import type { Task } from '../kernel/task.ts';
import type { EnvironmentEvent } from '../network/events.ts';
import type { World } from '../schedule/world.ts';
import { alternativeText } from './describe.ts';
import { kernelState, MemorySeen } from './kernel-state.ts';
import type { Alternative, StateLog } from './model.ts';
import { moverOf, moverText } from './mover.ts';

/** Alternatives of a decision that are listed; a delivery may have one for each byte. */
const ALTERNATIVES_MAX = 9;

/**
 * What a picture of a run needs besides its trace: the roads not taken at each decision, and the
 * state of the kernel after each step.
 */
export class Drawing {
  readonly alternatives: Alternative[] = [];
  readonly #memory = new MemorySeen();
  readonly #log = new StateWriter();

  get state(): StateLog {
    return this.#log.log;
  }

  /** A decision is taken, the `decision`th of the run. */
  decided(
    decision: number,
    kind: Kind,
    [arity, choice]: readonly [number, number],
    about: Labelled | undefined,
    alternative: (index: number) => Task | EnvironmentEvent,
  ): void {
    const name = KIND_NAMES[kind] as string;
    for (const other of listed(arity, choice)) {
      const text =
        kind === KIND.step
          ? moverText(moverOf(alternative(other)))
          : alternativeText(name, arity, other, about?.alternativeText?.(other));
      this.alternatives.push({
        decision,
        choice: other,
        text,
        outcome: null,
        steps: 0,
        message: '',
      });
    }
  }

  /** A task asks for `call`. */
  asked(call: Syscall<unknown>): void {
    this.#memory.note(call);
  }

  /** Step number `step` is complete; `timeMs` is what the clock showed in it. */
  settled(world: World, step: number, timeMs: number): void {
    this.#log.add(kernelState(world, this.#memory, timeMs), step);
  }
}

/** The calm one, the one taken, and evenly spread ones between. */
function listed(arity: number, choice: number): number[] {
  if (arity <= ALTERNATIVES_MAX) return Array.from({ length: arity }, (_, i) => i);
  const spread = Array.from({ length: ALTERNATIVES_MAX }, (_, i) =>
    Math.round((i * (arity - 1)) / (ALTERNATIVES_MAX - 1)),
  );
  return [...new Set([...spread, choice])].sort((a, b) => a - b);
}

/** Writes down states as changes, each text once. */
class StateWriter {
  readonly #keys = new Map<string, number>();
  readonly #values = new Map<string, number>();
  readonly #changes: number[][] = [];
  #before: ReadonlyMap<string, string> = new Map();

  add(state: ReadonlyMap<string, string>, step: number): void {
    const change = this.#changes[step] ?? [];
    for (const [key, value] of state) {
      if (this.#before.get(key) === value) continue;
      change.push(placeIn(this.#keys, key), placeIn(this.#values, value));
    }
    for (const key of this.#before.keys()) {
      if (!state.has(key)) change.push(placeIn(this.#keys, key), -1);
    }
    this.#changes[step] = change;
    this.#before = state;
  }

  get log(): StateLog {
    return {
      keys: [...this.#keys.keys()],
      values: [...this.#values.keys()],
      changes: this.#changes,
    };
  }
}

function placeIn(places: Map<string, number>, text: string): number {
  let place = places.get(text);
  if (place === undefined) {
    place = places.size;
    places.set(text, place);
  }
  return place;
}
