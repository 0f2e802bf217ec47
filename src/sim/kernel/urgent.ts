import { MSG_PEEK, POLLIN, POLLPRI, POLLRDNORM } from '../../sys/constants.ts';
import { EINVAL } from '../../sys/errno.ts';
import type { ByteQueue } from './byte-queue.ts';

/**
 * TCP's urgent byte (tcp(7), tcp_recv_urg): it stands in the stream, where reading stops and then
 * steps over it, and can be had ahead of all that comes before it. A further one takes its place
 * and leaves it in the stream as any other. # SO_OOBINLINE: it leaves the urgent byte in the stream
 * too; what the option says at the moment counts.
 */
export class Urgent {
  /** How many bytes of the receive queue stand before it. */
  #ahead: number;
  #taken = false;
  /** It stands in the queue. Otherwise it shows and cannot be had. */
  readonly isThere: boolean;

  constructor(ahead: number, isThere = true) {
    this.#ahead = ahead;
    this.isThere = isThere;
  }

  mask(received: ByteQueue, lowWater: number, inline: boolean): number {
    const stepped = this.#ahead === 0 && this.isThere && !inline ? 1 : 0;
    const readable = received.length - stepped >= lowWater ? POLLIN | POLLRDNORM : 0;
    return readable | (this.#taken ? 0 : POLLPRI);
  }

  /** recv with MSG_OOB: asked for nothing, it is taken all the same. */
  take(received: ByteQueue, bytesMax: number, flags: number, inline: boolean): Uint8Array | number {
    if (inline || this.#taken) return -EINVAL;
    if ((flags & MSG_PEEK) === 0) this.#taken = true;
    return received.peek(this.#ahead + 1).slice(this.#ahead, this.#ahead + bytesMax);
  }

  /** How many bytes a read may take up to the mark; 0 when it has come there. */
  get ahead(): number {
    return this.#ahead;
  }

  read(bytes: number): void {
    this.#ahead -= bytes;
  }

  /** What a read past the mark would give; null where there is nothing but the urgent byte. */
  peekPast(received: ByteQueue, bytesMax: number, inline: boolean): Uint8Array | null {
    if (inline) return received.peek(bytesMax);
    return received.length === 1 ? null : received.peek(bytesMax + 1).slice(1);
  }

  /** A read goes on past the mark: without the byte, unless that stays in the stream. */
  stepOver(received: ByteQueue, inline: boolean): void {
    if (!inline) received.take(1);
  }
}
