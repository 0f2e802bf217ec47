import type { Labelled } from '../kernel/choices.ts';
import type { Footprint } from '../kernel/footprint.ts';
import { type Happening, labelOf } from '../kernel/happening.ts';

/**
 * Something that the surroundings may do next: a delivery, a connection that completes. Firing it
 * is a step.
 */
export abstract class EnvironmentEvent implements Labelled {
  /** Place in the list; -1 while it may not happen. */
  index = -1;
  /** The strategy's own, as a task's: how it ranks this event, 0 while it has not looked. */
  rank = 0;
  abstract fire(): void;
  /** What it would bring about if it fired now. */
  abstract happening(): Happening;

  label(): string {
    return labelOf(this.happening());
  }

  /** What programs hear in it that no syscall of theirs tells: digests hold it. */
  contents(): string {
    return '';
  }

  /**
   * What tells it from other events where interleavings are told apart: arrivals are known by the
   * objects that they touch.
   */
  get identity(): string {
    return 'event';
  }

  /** A task has a syscall there. */
  get call(): null {
    return null;
  }

  /** What it will touch when it fires. Default: anything at all. */
  touches(footprint: Footprint): void {
    footprint.touchEverything();
  }
}

/** The events that may happen now, in a flat array: there are few at a time. */
export class EventList {
  readonly events: EnvironmentEvent[] = [];
  count = 0;

  add(event: EnvironmentEvent): void {
    if (event.index >= 0) return;
    event.index = this.count;
    this.events[this.count++] = event;
  }

  /** The others keep their order: the calm choice is the oldest. */
  remove(event: EnvironmentEvent): void {
    const { events } = this;
    if (event.index < 0) return;
    this.count--;
    for (let index = event.index; index < this.count; index++) {
      const next = events[index + 1] as EnvironmentEvent;
      events[index] = next;
      next.index = index;
    }
    event.index = -1;
  }
}
