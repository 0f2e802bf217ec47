import {
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLONESHOT,
  EPOLLWAKEUP,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
} from '../../sys/constants.ts';
import { EEXIST, EINVAL, ELOOP, ENOENT } from '../../sys/errno.ts';
import type { EpollEvent } from '../../sys/sys.ts';
import { EPOLL_MARK } from './conflict-bits.ts';
import { type Description, FileObject } from './file.ts';
import type { Footprint } from './footprint.ts';
import { READABLE } from './readiness.ts';
import { Waiter, WaitQueue } from './waits.ts';

/** Bits that are not events but ways of reporting them (EP_PRIVATE_BITS). */
const PRIVATE_BITS = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;
/** What may stand beside EPOLLEXCLUSIVE (EPOLLEXCLUSIVE_OK_BITS). */
const EXCLUSIVE_OK = POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;
/** EP_MAX_NESTS: an epoll may stand in a chain of this many further ones. */
const NESTS_MAX = 4;

/**
 * One registration: the pair (description, descriptor number) with its events. It is itself the
 * hook on the wait queue of what it watches, and its own link in the ready list.
 */
export class EpollItem extends Waiter {
  readonly epoll: Epoll;
  readonly description: Description;
  readonly fd: number;
  events: number;
  data: number;
  nextReady: EpollItem | null = null;
  previousReady: EpollItem | null = null;
  /** The next item under the same number with another description. */
  nextOfNumber: EpollItem | null = null;

  constructor(epoll: Epoll, description: Description, fd: number, events: number, data: number) {
    super();
    this.epoll = epoll;
    this.description = description;
    this.fd = fd;
    this.events = events;
    this.data = data;
  }

  /** What is ready of what was asked for, now. */
  get readiness(): number {
    return this.description.file.poll() & this.events;
  }

  /** It is told of once more; with EPOLLONESHOT it is then watched for nothing until MOD. */
  report(events: number): EpollEvent {
    if ((this.events & EPOLLONESHOT) !== 0) this.events &= PRIVATE_BITS;
    return { events, data: this.data };
  }

  /** ep_poll_callback. */
  override wake(key: number): boolean {
    if ((this.events & ~PRIVATE_BITS) === 0) return false;
    if (key !== 0 && (key & this.events) === 0) return false;
    return this.epoll.became(this, key);
  }

  override tells(footprint: Footprint): void {
    footprint.write(this.epoll, EPOLL_MARK);
  }

  override descriptionGone(description: object): void {
    if (description === this.description) this.epoll.forget(this);
  }
}

/** EP_MAX_EVENTS: nobody may ask for more than 2 GB of them. */
export const EPOLL_EVENTS_MAX: number = Math.floor(0x7fff_ffff / 12);

/**
 * epoll(7): registrations keyed by description *and* number, and a first-in first-out list of those
 * that may be ready, as Linux's fs/eventpoll.c has it. Readiness is judged when it is asked for,
 * never when it was announced.
 */
export class Epoll extends FileObject {
  override readonly type = 'epoll';
  /** Who sleeps in epoll_wait; exclusive, last come first served. */
  readonly sleepers: WaitQueue = new WaitQueue();
  readonly #items = new Map<number, EpollItem>();
  #readyHead: EpollItem | null = null;
  #readyTail: EpollItem | null = null;

  /**
   * What the last {@link poll} looked at: what it dropped, and what it found ready. Only the first
   * `#lookedCount` are of it.
   */
  readonly #lookedAt: FileObject[] = [];
  #lookedCount = 0;

  override get mark(): number {
    return EPOLL_MARK;
  }

  get items(): Iterable<EpollItem> {
    return allItems(this.#items);
  }

  /** Note what a wait here looks at: itself, and everything that is watched. */
  touches(footprint: Footprint): void {
    footprint.write(this, EPOLL_MARK);
    footprint.write(this.sleepers, EPOLL_MARK);
    for (const first of this.#items.values()) {
      for (let item: EpollItem | null = first; item !== null; item = item.nextOfNumber) {
        item.description.file.touchesOfLook(footprint);
      }
    }
  }

  /** Note what the last {@link poll} looked at. */
  touchesLookedAt(footprint: Footprint): void {
    for (let i = 0; i < this.#lookedCount; i++) {
      (this.#lookedAt[i] as FileObject).touchesOfLook(footprint);
    }
  }

  // ---- epoll_ctl ----

  #find(description: Description, fd: number): EpollItem | null {
    let item = this.#items.get(fd) ?? null;
    while (item !== null && item.description !== description) item = item.nextOfNumber;
    return item;
  }

  add(description: Description, fd: number, asked: number, data: number): number {
    const exclusive = (asked & EPOLLEXCLUSIVE) !== 0;
    const { file } = description;
    if (exclusive && ((asked & ~EXCLUSIVE_OK) !== 0 || file instanceof Epoll)) return -EINVAL;
    if (
      file instanceof Epoll &&
      (file.#reaches(this) || this.#depthAbove() + 1 + file.#depthBelow() > NESTS_MAX)
    ) {
      return -ELOOP;
    }
    if (this.#find(description, fd) !== null) return -EEXIST;
    const item = new EpollItem(this, description, fd, asked | POLLERR | POLLHUP, data);
    item.nextOfNumber = this.#items.get(fd) ?? null;
    this.#items.set(fd, item);
    if (exclusive) file.waits.addLast(item, true);
    else file.waits.addFirst(item, false);
    this.#offer(item);
    return 0;
  }

  modify(description: Description, fd: number, asked: number, data: number): number {
    const item = this.#find(description, fd);
    if (item === null) return -ENOENT;
    if ((asked & EPOLLEXCLUSIVE) !== 0 || (item.events & EPOLLEXCLUSIVE) !== 0) return -EINVAL;
    item.events = asked | POLLERR | POLLHUP;
    item.data = data;
    this.#offer(item);
    return 0;
  }

  delete(description: Description, fd: number): number {
    const item = this.#find(description, fd);
    if (item === null) return -ENOENT;
    this.forget(item);
    return 0;
  }

  /** The step that ADD and MOD share: what is ready already is announced. */
  #offer(item: EpollItem): void {
    if (this.#isLinked(item) || item.readiness === 0) return;
    this.#link(item);
    this.#announce();
  }

  /** The item is no longer registered. */
  forget(item: EpollItem): void {
    item.leave();
    if (this.#isLinked(item)) this.#unlink(item);
    const first = this.#items.get(item.fd) as EpollItem;
    if (first === item) {
      if (item.nextOfNumber === null) this.#items.delete(item.fd);
      else this.#items.set(item.fd, item.nextOfNumber);
    } else {
      let before = first;
      while (before.nextOfNumber !== item) before = before.nextOfNumber as EpollItem;
      before.nextOfNumber = item.nextOfNumber;
    }
  }

  // ---- nesting ----

  /** Whether `target` is this epoll or watched by it, at any depth. */
  #reaches(target: Epoll): boolean {
    if (target === this) return true;
    for (const { description } of this.items) {
      if (description.file instanceof Epoll && description.file.#reaches(target)) return true;
    }
    return false;
  }

  #depthBelow(): number {
    let depth = 0;
    for (const { description } of this.items) {
      if (description.file instanceof Epoll) {
        depth = Math.max(depth, 1 + description.file.#depthBelow());
      }
    }
    return depth;
  }

  #depthAbove(): number {
    let depth = 0;
    for (let hook = this.waits.head; hook !== null; hook = hook.next) {
      if (hook instanceof EpollItem) depth = Math.max(depth, 1 + hook.epoll.#depthAbove());
    }
    return depth;
  }

  // ---- the ready list ----

  #isLinked(item: EpollItem): boolean {
    return item.nextReady !== null || item === this.#readyTail;
  }

  #link(item: EpollItem): void {
    item.nextReady = null;
    item.previousReady = this.#readyTail;
    if (this.#readyTail === null) this.#readyHead = item;
    else this.#readyTail.nextReady = item;
    this.#readyTail = item;
  }

  #unlink(item: EpollItem): void {
    if (item.previousReady === null) this.#readyHead = item.nextReady;
    else item.previousReady.nextReady = item.nextReady;
    if (item.nextReady === null) this.#readyTail = item.previousReady;
    else item.nextReady.previousReady = item.previousReady;
    item.nextReady = null;
    item.previousReady = null;
  }

  /** Tell a sleeper in epoll_wait, and whoever polls this epoll. */
  #announce(): number {
    const woken = this.sleepers.wake(POLLIN);
    this.waits.wake(POLLIN);
    return woken;
  }

  /**
   * Something happened to what `item` watches. Returns whether an exclusive wake-up was used up:
   * only if a sleeper was woken, and for what it asked for.
   */
  became(item: EpollItem, key: number): boolean {
    if (!this.#isLinked(item)) this.#link(item);
    const woken = this.#announce() > 0;
    if (!item.exclusive) return true;
    if (!woken) return false;
    const asked = item.events & (POLLIN | POLLOUT);
    return key === 0 || asked === 0 || (key & (asked | POLLERR | POLLHUP)) !== 0;
  }

  /** ep_send_events: up to `eventsMax` of what is ready now, in the order in which it became so. */
  collect(eventsMax: number): EpollEvent[] {
    const reported: EpollEvent[] = [];
    let item = this.#readyHead;
    if (item === null) return reported;
    // The list is taken whole; level-triggered entries that are reported go behind those that were
    // not.
    const last = this.#readyTail;
    while (item !== null && reported.length < eventsMax) {
      const next: EpollItem | null = item === last ? null : item.nextReady;
      this.#unlink(item);
      const events = item.readiness;
      if (events !== 0) {
        reported.push(item.report(events));
        if ((item.events & (EPOLLONESHOT | EPOLLET)) === 0) this.#link(item);
      }
      item = next;
    }
    // ep_done_scan: what is left is for the next sleeper.
    if (this.#readyHead !== null) this.sleepers.wake(POLLIN);
    return reported;
  }

  /**
   * Items that would be reported if nothing but their registration counted: for a fault that
   * reports too much.
   */
  *idleItems(mask: number): Generator<EpollItem> {
    for (const item of this.items) {
      if ((item.events & mask) !== 0 && item.readiness === 0) yield item;
    }
  }

  // ---- as a file ----

  /** Looks from the head, dropping what is idle, and stops at the first entry that is ready. */
  override poll(): number {
    this.#lookedCount = 0;
    while (this.#readyHead !== null) {
      this.#lookedAt[this.#lookedCount++] = this.#readyHead.description.file;
      if (this.#readyHead.readiness !== 0) return READABLE;
      this.#unlink(this.#readyHead);
    }
    return 0;
  }

  /** Without dropping what is idle. */
  override look(): number {
    for (const item of this.readyItems) {
      if ((item.description.file.look() & item.events) !== 0) return READABLE;
    }
    return 0;
  }

  /** The ready list: what has become ready, in that order, and may be so no more. */
  get readyItems(): Iterable<EpollItem> {
    return linked(this.#readyHead);
  }

  /** Neither reading nor writing is for an epoll: both fail at once. */
  override readSleeps(): boolean {
    return false;
  }

  override writeSleeps(): boolean {
    return false;
  }

  override get atMark(): number {
    return -EINVAL;
  }

  override bytesReadable(): number {
    return -EINVAL;
  }

  /** noop_llseek. */
  override seek(): number {
    return 0;
  }

  override release(): void {
    for (const item of [...this.items]) this.forget(item);
  }

  override describe(): string {
    let ready = 0;
    for (const _ of this.readyItems) ready++;
    let watched = 0;
    for (const _ of this.items) watched++;
    return `epoll  ${watched} watched, ready list ${ready}`;
  }
}

function* linked(head: EpollItem | null): Generator<EpollItem> {
  for (let item = head; item !== null; item = item.nextReady) yield item;
}

function* allItems(byNumber: Map<number, EpollItem>): Generator<EpollItem> {
  for (const first of byNumber.values()) {
    for (let item: EpollItem | null = first; item !== null; item = item.nextOfNumber) yield item;
  }
}
