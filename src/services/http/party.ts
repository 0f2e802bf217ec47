import type { HttpFault, HttpHandler, Place, ThirdParty } from '../../sim/schedule/third-party.ts';
import { concatenated } from '../../sim/trace/protocols/http.ts';
import { UsageError } from '../../sys/errors.ts';
import type { Program, Sys } from '../../sys/sys.ts';
import { type Peer, serve } from '../serve.ts';
import { type AnswerFault, HttpFaults } from './faults.ts';
import { type Asked, BadRequest, bytesOf, message, requestOf } from './messages.ts';
import { sendAll } from './send.ts';
import { settled } from './settled.ts';
import { post, type Sent } from './webhook.ts';

const RECV_BYTES = 1 << 16;
const CONTINUE = message('HTTP/1.1 100 Continue', []);
const BAD_REQUEST = message('HTTP/1.1 400 Bad Request', [
  ['content-length', '0'],
  ['connection', 'close'],
]);

/** An HTTP server of somebody else's: what it answers a function of the user's says. */
export class HttpParty implements ThirdParty {
  readonly #place: Place;
  readonly #handler: HttpHandler;
  readonly #faults: HttpFaults;

  constructor(place: Place, handler: HttpHandler, faults: readonly HttpFault[]) {
    this.#place = place;
    this.#handler = handler;
    this.#faults = new HttpFaults(place, faults);
  }

  /** From now on it listens on a port, where requests come that were made by `scheme`. */
  listen(port: number, scheme: 'http' | 'https'): void {
    const origin = `${scheme}://${this.#place.host}`;
    const talk = (sys: Sys, _: unknown, peer: Peer): Program => this.#talk(sys, peer, origin);
    const body = serve(() => undefined, port, talk);
    this.#place.put({ name: 'http', body: () => body });
  }

  /** A connection from its first byte to its last: its requests, one after the other. */
  *#talk(sys: Sys, { fd, wakeFd }: Peer, origin: string): Program {
    let bytes: Uint8Array = new Uint8Array(0);
    let isInvited = false;
    try {
      for (;;) {
        const asked = requestOf(bytes, origin);
        if (typeof asked === 'object') {
          bytes = bytes.slice(asked.bytes);
          const fault = this.#faults.ofAnswer(asked.request);
          const answer = yield* settled(sys, wakeFd, () => this.#answer(asked, fault));
          if (fault === 'late') yield* sys.nanosleep({ ms: this.#faults.lateMs() });
          if (fault !== 'silent') yield* sendAll(sys, fd, answer);
          if (asked.closes && fault !== 'silent') return;
          isInvited = false;
          continue;
        }
        if (asked === 'invitation' && !isInvited) {
          isInvited = true;
          yield* sendAll(sys, fd, CONTINUE);
        }
        const more = yield* sys.recv(fd, RECV_BYTES);
        if (more.length === 0) return;
        bytes = concatenated([bytes, more]);
      }
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      yield* sendAll(sys, fd, BAD_REQUEST);
    }
  }

  async #answer(asked: Asked, fault: AnswerFault | undefined): Promise<Uint8Array> {
    if (fault === '429' || fault === '500') {
      return bytesOf(new Response(null, { status: Number(fault) }), asked);
    }
    const { host, world } = this.#place;
    const realm = world.runtime?.realm;
    const work = () => this.#handler(asked.request, this);
    const response: unknown = await (realm === undefined ? work() : realm.within(host, work));
    if (response instanceof Response) return bytesOf(response, asked);
    throw new UsageError(
      `the function that answers for ${host} gave ${String(response)}, which is no Response`,
    );
  }

  webhook(...sent: Sent): Promise<number> {
    const first = post(this.#place, sent);
    if (!this.#faults.isTwice(sent[0])) return first;
    return Promise.all([first, post(this.#place, sent)]).then(([status]) => status);
  }
}
