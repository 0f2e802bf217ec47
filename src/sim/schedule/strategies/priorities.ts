import { Footprint } from '../../kernel/footprint.ts';
import { touch } from '../../kernel/step-footprint.ts';
import type { Task } from '../../kernel/task.ts';
import type { EnvironmentEvent } from '../../network/events.ts';
import type { Draws } from './draws.ts';

/** No priority: it is drawn when it is next asked for. */
const UNKNOWN = 0;

/**
 * Priorities of pending syscalls as in partial order sampling (pos.ts), for a strategy that sees
 * every step: each syscall draws one, and draws again when another that races with it was made.
 */
export class Priorities {
  readonly #draws: Draws;
  /** By slot, from 1. */
  #priorities: number[] = [];
  #footprints: Footprint[] = [];

  constructor(draws: Draws) {
    this.#draws = draws;
  }

  begin(): void {
    this.#priorities = [];
    this.#footprints = [];
  }

  /** That of the pending syscall of the mover in this slot. */
  of(slot: number, mover: Task | EnvironmentEvent): number {
    const known = this.#priorities[slot] ?? UNKNOWN;
    if (known !== UNKNOWN) return known;
    const priority = this.#draws.rank(0);
    this.#priorities[slot] = priority;
    this.#touch(slot, mover);
    return priority;
  }

  #touch(slot: number, mover: Task | EnvironmentEvent): Footprint {
    let footprint = this.#footprints[slot];
    if (footprint === undefined) this.#footprints[slot] = footprint = new Footprint();
    touch(mover, footprint);
    return footprint;
  }

  /** A task has given up its turn: see pos.ts. */
  drawAnew(): void {
    this.#priorities.fill(UNKNOWN);
  }

  /** The mover in this slot is about to make its syscall. */
  moves(slot: number, mover: Task | EnvironmentEvent): void {
    const isKnown = (this.#priorities[slot] ?? UNKNOWN) !== UNKNOWN;
    const footprint = isKnown ? (this.#footprints[slot] as Footprint) : this.#touch(slot, mover);
    this.#priorities[slot] = UNKNOWN;
    if (footprint.empty) return;
    for (let other = 1; other < this.#priorities.length; other++) {
      if ((this.#priorities[other] ?? UNKNOWN) === UNKNOWN) continue;
      if (footprint.conflictsWith(this.#footprints[other] as Footprint)) {
        this.#priorities[other] = UNKNOWN;
      }
    }
  }
}
