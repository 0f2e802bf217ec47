import type { Footprint } from './footprint.ts';

/**
 * Wait queues: who is to be told when a file object's state changes. As in Linux's wait.h, a
 * wake-up carries a *key* (a set of poll bits; 0 means "everybody look"), non-exclusive waiters
 * stand in front, newest first, and exclusive ones behind, oldest first; a wake-up for something
 * tells all of the former and one of the latter. Intrusive and doubly linked: waiting and leaving
 * cost O(1) and allocate nothing.
 */
export abstract class Waiter {
  queue: WaitQueue | null = null;
  next: Waiter | null = null;
  previous: Waiter | null = null;
  exclusive = false;

  /**
   * Something happened. Returns whether this waiter took it, which is what uses up an exclusive
   * wake-up.
   */
  abstract wake(key: number): boolean;

  /** Note what a wake-up here changes, beyond making ready a task that sleeps. */
  tells(_footprint: Footprint): void {}

  /** The connection that it waits for something of has been dissolved. */
  disconnected(): void {}

  leave(): void {
    this.queue?.remove(this);
  }

  /** An open file description is no more: whoever waits on its behalf leaves. */
  descriptionGone(_description: object): void {}
}

export class WaitQueue {
  head: Waiter | null = null;
  tail: Waiter | null = null;

  get empty(): boolean {
    return this.head === null;
  }

  /** Note what a wake-up here changes: whoever keeps what it is told, an epoll for one. */
  tells(footprint: Footprint): void {
    for (let waiter = this.head; waiter !== null; waiter = waiter.next) waiter.tells(footprint);
  }

  /** connect(AF_UNSPEC): those who sleep are told what will have woken them. */
  disconnected(): void {
    for (let waiter = this.head; waiter !== null; waiter = waiter.next) waiter.disconnected();
  }

  /**
   * A non-exclusive waiter, or an exclusive one that is to be woken before its elders (epoll_wait).
   */
  addFirst(waiter: Waiter, exclusive: boolean): void {
    waiter.queue = this;
    waiter.exclusive = exclusive;
    waiter.previous = null;
    waiter.next = this.head;
    if (this.head === null) this.tail = waiter;
    else this.head.previous = waiter;
    this.head = waiter;
  }

  addLast(waiter: Waiter, exclusive: boolean): void {
    waiter.queue = this;
    waiter.exclusive = exclusive;
    waiter.next = null;
    waiter.previous = this.tail;
    if (this.tail === null) this.head = waiter;
    else this.tail.next = waiter;
    this.tail = waiter;
  }

  remove(waiter: Waiter): void {
    if (waiter.previous === null) this.head = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === null) this.tail = waiter.previous;
    else waiter.next.previous = waiter.previous;
    waiter.queue = null;
    // `next` stays: a wake-up that is on its way through the queue may stand here, and has to find
    // on.
    waiter.previous = null;
  }

  /** See {@link Waiter.descriptionGone}. */
  descriptionGone(description: object): void {
    for (let waiter = this.head; waiter !== null; ) {
      const { next } = waiter;
      waiter.descriptionGone(description);
      waiter = next;
    }
  }

  /**
   * Tell all non-exclusive waiters and at most `exclusiveMax` exclusive ones: with key 0, which is
   * for everybody (wake_up_interruptible_all), all of them. Returns how many of these took it.
   */
  wake(key: number, exclusiveMax: number = key === 0 ? Number.POSITIVE_INFINITY : 1): number {
    let taken = 0;
    let waiter = this.head;
    while (waiter !== null) {
      const next = waiter.next;
      const exclusive = waiter.exclusive;
      // One that is asleep here twice (a descriptor in two sets of a select) left both places when
      // it was woken at the first.
      const here = waiter.queue === this;
      if (here && waiter.wake(key) && exclusive && ++taken >= exclusiveMax) break;
      waiter = next;
    }
    return taken;
  }
}
