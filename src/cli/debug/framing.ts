/**
 * Messages of the Debug Adapter Protocol on a stream: a head of fields, an empty line, and as many
 * bytes of JSON as the field Content-Length says.
 */
import type { Readable, Writable } from 'node:stream';

/** Whatever an editor asks for is shorter; a watched expression is the longest of it. */
const MESSAGE_BYTES_MAX = 2 ** 20;
/** A head is one field, or two. */
const HEAD_BYTES_MAX = 512;
const HEAD_END = '\r\n\r\n';
/**
 * Nothing else: a page in a browser may send to a port of the loopback whatever it likes behind
 * `POST / HTTP/1.1`, and must not be taken for an editor.
 */
const HEAD = /^(?:Content-Type: [^\r\n]*\r\n)?Content-Length: (\d{1,9})(?:\r\nContent-Type: .*)?$/i;

/** A stream of messages to an editor and from it. */
export class MessageStream {
  /** Heard: a message, as it was sent. */
  onMessage: (message: unknown) => void = () => {};
  /** Nothing comes any more; why, where it is not just the end. */
  onEnd: (why?: string) => void = () => {};
  readonly #output: Writable;
  #pending: Buffer = Buffer.alloc(0);
  #isOver = false;

  constructor(input: Readable, output: Writable) {
    this.#output = output;
    input.on('data', (chunk: Buffer) => this.#take(chunk));
    input.on('error', () => this.#end());
    input.on('end', () => this.#end());
    input.on('close', () => this.#end());
    // Whoever has gone is told nothing more.
    output.on('error', () => this.#end());
  }

  send(message: object): void {
    if (this.#isOver) return;
    const body = Buffer.from(JSON.stringify(message));
    this.#output.write(
      Buffer.concat([Buffer.from(`Content-Length: ${body.length}${HEAD_END}`), body]),
    );
  }

  #end(why?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onEnd(why);
  }

  #take(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (!this.#isOver) {
      const at = this.#pending.indexOf(HEAD_END);
      if (at < 0 && this.#pending.length <= HEAD_BYTES_MAX) return;
      const head = this.#pending.subarray(0, Math.max(at, 0)).toString('latin1');
      const length = Number(HEAD.exec(head)?.[1] ?? Number.NaN);
      if (!(length <= MESSAGE_BYTES_MAX)) {
        this.#end('what comes is no message of the Debug Adapter Protocol');
        return;
      }
      const from = at + HEAD_END.length;
      if (this.#pending.length < from + length) return;
      const body = this.#pending.subarray(from, from + length).toString('utf8');
      this.#pending = this.#pending.subarray(from + length);
      this.#hear(body);
    }
  }

  #hear(body: string): void {
    let message: unknown;
    try {
      message = JSON.parse(body);
    } catch {
      this.#end('what comes is no JSON');
      return;
    }
    this.onMessage(message);
  }
}
