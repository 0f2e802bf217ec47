import { EINVAL, ENOTTY, ESPIPE } from '../../sys/errno.ts';
import type { Address } from '../../sys/sys.ts';
import { ANY_MARK } from './conflict-bits.ts';
import type { Footprint } from './footprint.ts';
import { READ_ENDS, WRITE_ENDS } from './readiness.ts';
import type { Task } from './task.ts';
import { WaitQueue } from './waits.ts';

/**
 * What an open file description points at: a socket, a pipe end, an eventfd, an epoll. It says what
 * poll(2) would say now and owns the wait queue on which that is announced; select, poll and epoll
 * are written once against these two.
 */
export abstract class FileObject extends WaitQueue {
  /** It is its own queue: a queue beside each object would take 32 bytes more. */
  get waits(): WaitQueue {
    return this;
  }

  /** See conflict-bits.ts. */
  get mark(): number {
    return ANY_MARK;
  }

  /**
   * Blocking readers are woken one by one, first come first served, where Linux sleeps exclusively.
   */
  get exclusiveReaders(): boolean {
    return false;
  }

  /** The object for whose room blocking writers stand in line, to be woken one by one. */
  get writersLine(): FileObject | null {
    return null;
  }

  /** A reader has found nothing: it sleeps until it should look again. */
  sleepReading(task: Task): void {
    task.sleepOn(this.waits, READ_ENDS, this.exclusiveReaders);
  }

  /** A writer has found no room. */
  sleepWriting(task: Task): void {
    task.sleepOn(this.waits, WRITE_ENDS, false);
  }

  /** Whether epoll may watch it: what is always ready it may not. */
  get pollable(): boolean {
    return true;
  }

  /** Whether what is read are whole messages, which no fault may cut. */
  get keepsMessages(): boolean {
    return false;
  }

  /** Whether a write of so many bytes may be taken in part, though there is room for all. */
  takesParts(_bytes: number): boolean {
    return false;
  }

  /** Whether a write that says EPIPE raises SIGPIPE. */
  get signalsBrokenPipe(): boolean {
    return false;
  }

  /** Whether that holds for a writer too that was asleep when its peer went. */
  get signalsSleepers(): boolean {
    return true;
  }

  /** Whether the socket calls work on it. */
  get isSocket(): boolean {
    return false;
  }

  /** How long its blocking calls sleep at most (SO_RCVTIMEO, SO_SNDTIMEO); -1 is without end. */
  get receiveTimeoutNs(): number {
    return -1;
  }

  get sendTimeoutNs(): number {
    return -1;
  }

  /** For reports: `socket`, `pipe`, `eventfd`, … */
  abstract readonly type: string;

  /** The readiness mask, computed now. */
  abstract poll(): number;

  /**
   * Its readiness for onlookers: it leaves no trace in the object, where asking is something that
   * programs do.
   */
  look(): number {
    return this.poll();
  }

  /** The last reference has gone. */
  abstract release(): void;

  /** Up to `bytesMax` bytes, or a negated errno; -EAGAIN when a blocking caller would sleep. */
  read(_bytesMax: number): Uint8Array | number {
    return -EINVAL;
  }

  /**
   * A read that had slept has its bytes: where readers are woken one by one, the next may have some
   * too.
   */
  readAfterSleep(): void {}

  /** A write has been carried out: the next writer may find room too. */
  writeAfterSleep(): void {}

  /** A signal has ended the sleep of a write. */
  writeInterrupted(): void {}

  /** Whether a blocking read of so many bytes would fall asleep now. */
  readSleeps(_bytesMax: number): boolean {
    return (this.poll() & READ_ENDS) === 0;
  }

  /** Whether a blocking write of so many bytes would fall asleep now. */
  writeSleeps(_bytes: number): boolean {
    return (this.poll() & WRITE_ENDS) === 0;
  }

  /**
   * What has ended the sleep of a writer, where a new write would say something else: a negated
   * errno, 0 for nothing.
   */
  cutOff(_task: Task): number {
    return 0;
  }

  /** Whether a sleeping writer that a signal wakes may find room of which it was not told. */
  looksForRoom(_task: Task): boolean {
    return false;
  }

  /**
   * The number of bytes taken from `bytes` at `from`, or a negated errno; `hasSlept`: the call was
   * tried before, and slept.
   */
  write(_bytes: Uint8Array, _from: number, _hasSlept = false): number {
    return -EINVAL;
  }

  /**
   * A recv without flags, if it would do nothing but give bytes that are there, which is what it
   * does nearly always; null says that it is to be done in the usual way.
   */
  takePlainly(_bytesMax: number): Uint8Array | null {
    return null;
  }

  /** A send without flags, if it would do nothing but hand on all of the bytes; else false. */
  givePlainly(_bytes: Uint8Array): boolean {
    return false;
  }

  /** lseek(2): the new offset, or a negated errno; `whence` as SEEK_SET, SEEK_CUR, SEEK_END. */
  seek(_offset: number, _whence: number): number {
    return -ESPIPE;
  }

  /** Whether it lies on a disk, which may be full or fail. */
  get isOnDisk(): boolean {
    return false;
  }

  /** O_APPEND: the next write goes behind all there is (generic_write_checks). */
  toEnd(): void {}

  /** pread(2). */
  readAt(_offset: number, _bytesMax: number): Uint8Array | number {
    return -ESPIPE;
  }

  /** pwrite(2). */
  writeAt(_offset: number, _bytes: Uint8Array): number {
    return -ESPIPE;
  }

  /** ftruncate(2). */
  truncate(_size: number): number {
    return -EINVAL;
  }

  /** ioctl(FIONREAD): bytes that may be read. */
  bytesReadable(): number {
    return -ENOTTY;
  }

  /** How many bytes were read ever; 0 where nobody asks. */
  get bytesTaken(): number {
    return 0;
  }

  /** ioctl(SIOCATMARK): 1 where a read has come to the urgent byte. */
  get atMark(): number {
    return -ENOTTY;
  }

  /** How many bytes may be read before an urgent one; 0 where none is ahead. */
  get bytesToMark(): number {
    return 0;
  }

  /**
   * The other file objects whose state an operation on this one touches; for the ends of a pipe or
   * a pair, the other end.
   */
  get counterpart(): FileObject | null {
    return null;
  }

  /** One line for a report: state and what is queued. */
  describe(): string {
    return this.type;
  }

  // ---- what steps touch of it ----

  /** Whatever can be done to it: what is in it, what becomes of it, what poll(2) says. */
  touchesOfChange(into: Footprint): void {
    into.write(this, this.mark);
    this.waits.tells(into);
  }

  /** Whatever can be done to it and to what it is connected with. */
  touchesOfAll(into: Footprint): void {
    this.touchesOfChange(into);
    this.counterpart?.touchesOfChange(into);
  }

  /** What poll(2) would say of it. */
  touchesOfLook(into: Footprint): void {
    into.read(this, this.mark);
  }

  /** Something comes in that does not change what it is: bytes, a connection. */
  touchesOfArrival(into: Footprint): void {
    into.write(this, this.mark);
    this.waits.tells(into);
  }

  /** A read(2) or recv(2). */
  touchesOfRead(into: Footprint): void {
    this.touchesOfAll(into);
  }

  /** A write(2) or send(2) of so many bytes. */
  touchesOfWrite(_bytes: number, into: Footprint): void {
    this.touchesOfAll(into);
  }

  touchesOfAccept(into: Footprint): void {
    this.touchesOfAll(into);
  }

  /** A connect(2), or with undefined its second half, which finds out how it went. */
  touchesOfConnect(_address: Address | null | undefined, into: Footprint): void {
    into.touchEverything();
  }

  /** Its last reference goes. */
  touchesOfRelease(into: Footprint): void {
    this.touchesOfAll(into);
  }

  /** What {@link touchesOfRelease} would have noted, noted after the last reference has gone. */
  touchesAfterRelease(into: Footprint): void {
    into.touchEverything();
  }
}

/** The access part of a description's flags. */
export type Access = 0 | 1 | 2;

/** An open file description: what descriptors point at, shared by dup and fork. */
export class Description {
  /** Birth order within the kernel. */
  readonly id: number;
  readonly file: FileObject;
  /** O_ACCMODE | O_NONBLOCK | … */
  flags: number;
  /** Descriptors in all processes, plus syscalls asleep on it. */
  references = 1;

  constructor(id: number, file: FileObject, flags: number) {
    this.id = id;
    this.file = file;
    this.flags = flags;
  }

  /** One reference less; with the last, epoll and SIGIO forget it, and the object is released. */
  drop(): void {
    if (--this.references <= 0) this.release();
  }

  /** The last reference is gone. */
  release(): void {
    this.file.waits.descriptionGone(this);
    this.file.release();
  }

  /**
   * A descriptor is closed, or what else keeps the description open has come to its end; the last
   * of those releases its file object.
   */
  touchesOfDrop(into: Footprint): void {
    into.write(this);
    if (this.references <= 1) this.file.touchesOfRelease(into);
  }

  /** What {@link touchesOfDrop} would have noted, noted after the last of these was dropped. */
  touchesAfterDrop(into: Footprint): void {
    if (this.file.type === 'console') return;
    into.write(this);
    if (this.references <= 0) this.file.touchesAfterRelease(into);
  }
}
