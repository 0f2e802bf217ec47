import type { infer as Infer } from 'zod';
import { zod } from '../../sim/explore/zod.ts';
import { thrownText } from '../../sys/thrown.ts';
import type { MessageStream } from './framing.ts';

const z = zod();
const request = z.looseObject({
  type: z.literal('request'),
  seq: z.number(),
  command: z.string(),
  arguments: z.unknown(),
});

type Request = Infer<typeof request>;

/** What is answered, and what is done once it has been. */
export interface Answer {
  readonly body?: object | undefined;
  readonly after?: (() => void) | undefined;
}

/** What is done for a request; what it throws is told to the one who asked. */
export type Handler = (given: never) => Answer | Promise<Answer>;

/** Answered at once, whatever is under way. */
const URGENT = ['disconnect', 'terminate', 'pause'];

/** Requests that are answered one after the other, and events between them. */
export class Protocol {
  readonly #stream: MessageStream;
  readonly #handlers: ReadonlyMap<string, Handler>;
  #seq = 0;
  #queue: Promise<void> = Promise.resolve();

  constructor(stream: MessageStream, handlers: Readonly<Record<string, Handler>>) {
    this.#stream = stream;
    this.#handlers = new Map(Object.entries(handlers));
    stream.onMessage = (message) => this.#receive(message);
  }

  event(event: string, body: object = {}): void {
    this.#stream.send({ seq: ++this.#seq, type: 'event', event, body });
  }

  #receive(message: unknown): void {
    const { data: asked } = request.safeParse(message);
    // Answers to what was never asked, and what is no message at all.
    if (asked === undefined) return;
    if (URGENT.includes(asked.command)) void this.#answer(asked);
    else this.#queue = this.#queue.then(() => this.#answer(asked));
  }

  async #answer({ seq, command, arguments: given }: Request): Promise<void> {
    const head = { type: 'response', request_seq: seq, command };
    let answer: Answer;
    try {
      const handler = this.#handlers.get(command);
      if (handler === undefined) throw new Error(`heddle debug knows no request ${command}`);
      answer = await handler((given ?? {}) as never);
    } catch (error) {
      const message = error instanceof Error ? error.message : thrownText(error);
      const body = {
        error: { id: 1, format: '{text}', variables: { text: message }, showUser: true },
      };
      this.#stream.send({ ...head, seq: ++this.#seq, success: false, message, body });
      return;
    }
    const { body = {}, after } = answer;
    this.#stream.send({ ...head, seq: ++this.#seq, success: true, body });
    after?.();
  }
}
