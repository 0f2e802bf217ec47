import { AGENT_MODULES, agentAgain, dispatchers, dispatchersAgain, UNDICI } from '../agents.ts';
import type { Internal, Internals } from '../internals.ts';
import { onLoaded } from './loaded.ts';

const realm = globalThis as Internal;

/**
 * The agents that keep connections for later, and what they know of servers (TLS sessions): each
 * program begins with new ones, made as Node has made the first.
 */
export class Agents {
  readonly #inside: Internals;
  readonly #make = new Map<string, () => Internal>();
  #dispatchers: (() => Map<symbol, Internal>) | undefined;
  #isForeign = false;

  constructor(inside: Internals) {
    this.#inside = inside;
    onLoaded(inside, {
      before: (id) => {
        if (id === UNDICI && dispatchers().length > 0) this.#isForeign = true;
      },
      after: (id, exports) => this.#note(id, exports),
    });
  }

  /** Another copy of undici came first, and Node's own has taken its agent. */
  get found(): string | undefined {
    return this.#isForeign ? 'undici was loaded before fetch was used' : undefined;
  }

  #note(id: string, exports: Internal): void {
    if (id === UNDICI) this.#dispatchers = dispatchersAgain();
    if (AGENT_MODULES.has(id)) this.#make.set(id, agentAgain(exports.globalAgent));
  }

  renew(): void {
    // A copy of undici of the program's own makes one where it finds none.
    if (this.#dispatchers === undefined) for (const key of dispatchers()) realm[key] = undefined;
    else for (const [key, one] of this.#dispatchers()) realm[key] = one;
    for (const [id, make] of this.#make) this.#inside.requireBuiltin(id).globalAgent = make();
  }
}
