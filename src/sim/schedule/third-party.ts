import { InternalError } from '../../sys/errors.ts';
import type { HostService } from './host-service.ts';
import type { World } from './world.ts';

/**
 * Answers the requests that a third party gets: a function from a `Request` of the Fetch API to a
 * `Response`, or to a promise of one. It is called as a step of the schedule.
 *
 * @since 0.2.0
 */
export type HttpHandler = (request: Request, party: ThirdParty) => Response | Promise<Response>;

/** Somebody else's HTTP server, as a scenario has it: see `world.host(name).http`. @since 0.2.0 */
export interface ThirdParty {
  /**
   * Sends a POST from this host. Gives the status of the answer. Text goes as it is, everything
   * else as JSON.
   *
   * @param url as in `http://shop:8080/paid`
   */
  webhook(url: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<number>;
}

/**
 * What a third party may do to its clients: `429` and `500` are answered, and the function is not
 * called; `late`: the answer comes so much later; `silent`: it never comes; `twice`: a webhook is
 * delivered twice, at once.
 *
 * @since 0.2.0
 */
export type HttpFault = '429' | '500' | 'late' | 'silent' | 'twice';

/** All of them, in the order in which they are drawn. */
export const HTTP_FAULTS: readonly HttpFault[] = ['429', '500', 'late', 'silent', 'twice'];

/** How a third party's server behaves. @since 0.2.0 */
export interface HttpOptions {
  /**
   * Whether it listens on port 443 too. Default: true. Its certificate is one of heddle's own
   * authority, which the run's programs trust and nobody else.
   */
  readonly tls?: boolean;
  /**
   * What may go wrong. Whether a fault strikes in a run at all is drawn once for it, and then for
   * each request. Default: nothing.
   */
  readonly faults?: readonly HttpFault[];
}

/** A host onto which a third party is put. */
export interface Place {
  readonly world: World;
  readonly host: string;
  /** Put a service there. */
  put(service: HostService): void;
}

type Make = (place: Place, handler: HttpHandler, options: HttpOptions) => ThirdParty;

let make: Make | undefined;

/** From now on `next` makes them. */
export function provideThirdParties(next: Make): void {
  make = next;
}

export function makeThirdParty(...given: Parameters<Make>): ThirdParty {
  if (make === undefined) throw new InternalError('nobody provides third parties');
  return make(...given);
}
