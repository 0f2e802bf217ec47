import { bytesText } from '../../kernel/calls/text.ts';
import { concatenated, Http, isHttpRequest, isHttpResponse } from './http.ts';
import { Http2, isHttp2 } from './http2.ts';
import type { Message, Protocol } from './message.ts';
import { isPostgresStart, PostgresClient, PostgresServer } from './postgres.ts';
import { isRedisCommand, Redis } from './redis.ts';
import { WebSocketFrames } from './websocket.ts';

/** Bytes that are kept of a message that has not ended; of a longer one the rest is counted. */
const KEPT_BYTES_MAX = 1 << 20;

/** What some bytes of a connection are. */
export interface Said {
  /** The whole messages that have ended in them. */
  readonly messages: readonly Message[];
  /** What has begun and goes on; empty where the last message has ended. */
  readonly begun: string;
}

const NOTHING = new Uint8Array(0);

/** One direction of a connection. */
class Direction {
  protocol: Protocol | undefined;
  #isUnknown = false;
  #rest: Uint8Array = NOTHING;

  /** `met` is told of each message before the next one is read. */
  feed(
    bytes: Uint8Array,
    recognize: (bytes: Uint8Array) => Protocol | undefined,
    met: (message: Message) => void,
  ): Said {
    if (!this.#isUnknown) this.protocol ??= recognize(bytes);
    if (this.protocol === undefined) {
      this.#isUnknown = true;
      return { messages: [{ text: bytesText(bytes, 40), bytes: bytes.length }], begun: '' };
    }
    this.#rest = this.#rest.length === 0 ? bytes : concatenated([this.#rest, bytes]);
    const messages: Message[] = [];
    while (this.#rest.length > 0) {
      const message = this.protocol.take(this.#rest);
      if (message === undefined || message.bytes <= 0) break;
      messages.push(message);
      met(message);
      this.#rest = this.#rest.slice(message.bytes);
      // The other direction may have changed what this one speaks; the rest is read as that.
      if (message.switchesTo !== undefined) this.protocol = new WebSocketFrames();
    }
    const begun = this.#rest.length === 0 ? '' : this.protocol.begun(this.#rest);
    if (this.#rest.length > KEPT_BYTES_MAX) this.#rest = this.#rest.slice(0, KEPT_BYTES_MAX);
    return { messages, begun };
  }
}

/**
 * One end of a connection, and what is said on it in both directions: HTTP/1, HTTP/2, WebSocket,
 * Redis, PostgreSQL, or bytes.
 */
export class Conversation {
  readonly #out = new Direction();
  readonly #in = new Direction();
  readonly #methods: string[] = [];

  sent(bytes: Uint8Array): Said {
    return this.#said(bytes, this.#out, this.#in);
  }

  received(bytes: Uint8Array): Said {
    return this.#said(bytes, this.#in, this.#out);
  }

  #said(bytes: Uint8Array, way: Direction, back: Direction): Said {
    const met = ({ text, role, switchesTo }: Message): void => {
      if (role === 'response') this.#methods.shift();
      else if (role !== undefined) this.#methods.push(text.slice(0, text.indexOf(' ')));
      if (switchesTo !== undefined) back.protocol = new WebSocketFrames();
    };
    return way.feed(bytes, (first) => this.#recognize(first, back), met);
  }

  #recognize(bytes: Uint8Array, { protocol }: Direction): Protocol | undefined {
    if (isHttpRequest(bytes)) return new Http();
    if (isHttpResponse(bytes)) return new Http(() => this.#methods[0] === 'HEAD');
    if (isHttp2(bytes) || protocol instanceof Http2) return new Http2();
    if (isRedisCommand(bytes)) return new Redis('query');
    if (protocol instanceof Redis) return new Redis('response');
    if (isPostgresStart(bytes)) return new PostgresClient();
    return protocol instanceof PostgresClient ? new PostgresServer() : undefined;
  }
}
