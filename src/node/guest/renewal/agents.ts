import type { Internal, Internals } from '../internals.ts';
import { onLoaded } from './loaded.ts';

/** Modules of Node's library that export an agent for all. */
const MODULES = ['_http_agent', 'https'] as const;
const UNDICI = 'internal/deps/undici/undici';
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');
const realm = globalThis as Internal;

/** What makes a new one of an agent. */
type Make = () => Internal;

/**
 * The agents that keep connections for later, and what they know of servers (TLS sessions): each
 * program begins with new ones, made as Node has made the first.
 */
export class Agents {
  readonly #inside: Internals;
  readonly #make = new Map<string, Make>();

  constructor(inside: Internals) {
    this.#inside = inside;
    const { BuiltinModule } = inside;
    for (const id of [...MODULES, UNDICI]) {
      if (BuiltinModule.map.get(id)?.loaded === true) this.#note(id);
    }
    onLoaded(inside, (id) => this.#note(id));
  }

  #note(id: string): void {
    if (id === UNDICI) this.#make.set(id, again(realm[DISPATCHER]));
    const { map } = this.#inside.BuiltinModule;
    if ((MODULES as readonly string[]).includes(id)) {
      this.#make.set(id, again((map.get(id) as Internal).exports.globalAgent));
    }
  }

  renew(): void {
    for (const [id, make] of this.#make) {
      if (id === UNDICI) realm[DISPATCHER] = make();
      else this.#inside.requireBuiltin(id).globalAgent = make();
    }
  }
}

function again(agent: Internal): Make {
  const { constructor } = agent;
  // undici's keeps its options to itself, and Node gives it none.
  const options = agent.options === undefined ? undefined : { ...agent.options };
  return () => new constructor(options === undefined ? undefined : { ...options });
}
