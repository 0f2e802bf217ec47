import type { Readable, Writable } from 'node:stream';

interface Message {
  readonly type: 'response' | 'event';
  readonly request_seq?: number;
  readonly success?: boolean;
  readonly message?: string;
  readonly event?: string;
  readonly body?: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: what the protocol says, and tests look at closely
export type Body = Record<string, any>;

/** An editor, as far as a debug adapter can tell. */
export class DapClient {
  /** All that it was given to show. */
  output = '';
  readonly #to: Writable;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #events: Message[] = [];
  readonly #awaited: { name: string; resolve: (body: Body) => void }[] = [];
  #pending: Buffer = Buffer.alloc(0);
  #seq = 0;

  constructor(from: Readable, to: Writable) {
    this.#to = to;
    from.on('data', (chunk: Buffer) => {
      this.#pending = Buffer.concat([this.#pending, chunk]);
      for (let message = this.#take(); message !== undefined; message = this.#take()) {
        this.#hear(message);
      }
    });
  }

  /** Gives the body of the answer; a refusal is thrown. */
  async ask(command: string, given: object = {}): Promise<Body> {
    const seq = ++this.#seq;
    const body = JSON.stringify({ seq, type: 'request', command, arguments: given });
    this.#to.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    const answer = await new Promise<Message>((resolve) => this.#waiting.set(seq, resolve));
    if (answer.success !== true) throw new Error(answer.message);
    return answer.body as Body;
  }

  /** The first event of that name which nobody has taken yet. */
  event(name: string): Promise<Body> {
    const at = this.#events.findIndex(({ event }) => event === name);
    if (at >= 0) return Promise.resolve(this.#events.splice(at, 1)[0]?.body as Body);
    return new Promise((resolve) => this.#awaited.push({ name, resolve }));
  }

  #take(): Message | undefined {
    const at = this.#pending.indexOf('\r\n\r\n');
    if (at < 0) return undefined;
    const length = Number(
      /^Content-Length: (\d+)$/.exec(this.#pending.toString('utf8', 0, at))?.[1],
    );
    const end = at + 4 + length;
    if (this.#pending.length < end) return undefined;
    const message = JSON.parse(this.#pending.toString('utf8', at + 4, end)) as Message;
    this.#pending = this.#pending.subarray(end);
    return message;
  }

  #hear(message: Message): void {
    if (message.type === 'response') {
      this.#waiting.get(message.request_seq as number)?.(message);
      return;
    }
    if (message.event === 'output') this.output += (message.body as { output: string }).output;
    const at = this.#awaited.findIndex(({ name }) => name === message.event);
    if (at < 0) this.#events.push(message);
    else this.#awaited.splice(at, 1)[0]?.resolve(message.body as Body);
  }
}
