import { MSG_PEEK } from '../../sys/constants.ts';
import { EINVAL } from '../../sys/errno.ts';
import { newPayload } from './payload.ts';
import { roomOf } from './unix-room.ts';

/** One send, or a part of a long one (struct sk_buff). */
interface Message {
  readonly bytes: Uint8Array;
  /** So many of them have been read. */
  consumed: number;
}

const left = ({ bytes, consumed }: Message): number => bytes.length - consumed;

/** What a read has come to. */
interface Reading {
  readonly peeks: boolean;
  /** SO_OOBINLINE. */
  readonly inline: boolean;
  copied: number;
}

/**
 * What an AF_UNIX stream has received (net/unix/af_unix.c): messages one behind the other, of which
 * one may be an urgent byte.
 *
 * # Urgent data on AF_UNIX: a byte that nobody asked for is lost
 * A read stops before it; the next one begins behind it and throws it away, unless SO_OOBINLINE is
 * set. Taken with MSG_OOB it leaves an empty place, which counts as something to read.
 */
export class UnixInbox {
  readonly #messages: Message[] = [];
  #urgent: Message | null = null;
  /** Bytes that a read may still give. */
  length = 0;
  /** Thrown away, which FIONREAD does not hear of. */
  #lost = 0;
  /** What the messages take of their sender's buffer. */
  room = 0;
  /** Messages read to their end since somebody asked. */
  #finished = 0;

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /**
   * What FIONREAD says (u->inq_len). # FIONREAD on AF_UNIX: an urgent byte that was thrown away
   * counts for ever, as on Linux 6.18.
   */
  get counted(): number {
    return this.length + this.#lost;
  }

  get hasUrgent(): boolean {
    return this.#urgent !== null;
  }

  /** The place of an urgent byte that was read is passed over, once (unix_release_sock). */
  get hasUnread(): boolean {
    const [first] = this.#messages;
    if (first === undefined) return false;
    return left(first) > 0 || this.#messages.length > 1;
  }

  push(bytes: Uint8Array, isUrgent = false): void {
    const message = { bytes, consumed: 0 };
    if (isUrgent) this.#urgent = message;
    this.#messages.push(message);
    this.length += bytes.length;
    this.room += roomOf(bytes.length, true);
  }

  /** How many messages were read to their end since the last call. */
  takeFinished(): number {
    const finished = this.#finished;
    this.#finished = 0;
    return finished;
  }

  #unlink(message: Message): void {
    this.#messages.splice(this.#messages.indexOf(message), 1);
    this.length -= left(message);
    this.room -= roomOf(message.bytes.length, true);
    this.#finished++;
  }

  #after(message: Message): Message | undefined {
    return this.#messages[this.#messages.indexOf(message) + 1];
  }

  /** ioctl(SIOCATMARK): the next byte is the urgent one, or would be. */
  get isAtMark(): boolean {
    const [first, second] = this.#messages;
    if (first === undefined) return false;
    if (first === this.#urgent) return true;
    return left(first) === 0 && (this.#urgent === null || second === this.#urgent);
  }

  /** recv with MSG_OOB (unix_stream_recv_urg). */
  takeUrgent(bytesMax: number, flags: number, inline: boolean): Uint8Array | number {
    const urgent = this.#urgent;
    if (inline || urgent === null) return -EINVAL;
    if ((flags & MSG_PEEK) === 0) {
      this.#urgent = null;
      const before = this.#messages[this.#messages.indexOf(urgent) - 1];
      if (before !== undefined && left(before) === 0) this.#unlink(before);
      urgent.consumed = 1;
      this.length--;
    }
    return urgent.bytes.slice(0, bytesMax);
  }

  /** Where a read goes on that has come to this message (manage_oob). */
  #pastMark(message: Message, reading: Reading): Message | undefined {
    const { copied, peeks, inline } = reading;
    let next: Message | undefined = message;
    if (left(message) === 0) {
      if (copied > 0 && this.#urgent === null) return undefined;
      next = this.#after(message);
      if (!peeks) this.#unlink(message);
    }
    if (next === undefined || next !== this.#urgent) return next;
    if (copied > 0) return undefined;
    if (inline) {
      if (!peeks) this.#urgent = null;
      return next;
    }
    const behind = this.#after(next);
    if (!peeks) {
      this.#urgent = null;
      this.#unlink(next);
      this.#lost++;
    }
    return behind;
  }

  /** unix_stream_read_generic without its sleep; undefined if there is nothing to give. */
  read(bytesMax: number, flags: number, inline: boolean): Uint8Array | undefined {
    const reading = { peeks: (flags & MSG_PEEK) !== 0, inline, copied: 0 };
    let [message] = this.#messages;
    if (message?.bytes.length === this.length && this.length <= bytesMax && !reading.peeks) {
      if (this.#messages.length === 1 && this.#urgent === null) {
        this.#unlink(message);
        return message.bytes;
      }
    }
    const given = newPayload(Math.min(bytesMax, this.length));
    let found = false;
    while (message !== undefined) {
      message = this.#pastMark(message, reading);
      if (message === undefined) {
        // A peek of nothing that comes to the mark has come to nothing, whatever stands before it.
        found = reading.copied > 0;
        break;
      }
      found = true;
      const size = Math.min(left(message), bytesMax - reading.copied);
      given.set(message.bytes.subarray(message.consumed, message.consumed + size), reading.copied);
      reading.copied += size;
      if (reading.peeks) {
        message = this.#after(message);
        continue;
      }
      message.consumed += size;
      this.length -= size;
      if (left(message) > 0) break;
      this.#unlink(message);
      if (reading.copied >= bytesMax) break;
      [message] = this.#messages;
    }
    if (!found) return undefined;
    return reading.copied === given.length ? given : given.slice(0, reading.copied);
  }
}
