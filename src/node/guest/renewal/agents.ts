import { isDispatcher } from '../dispatchers.ts';
import type { Internal, Internals } from '../internals.ts';
import { onLoaded } from './loaded.ts';

/** Modules of Node's library that export an agent for all. */
const MODULES: ReadonlySet<string> = new Set(['_http_agent', 'https']);
const UNDICI = 'internal/deps/undici/undici';
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
    if (id === UNDICI) this.#make.set(id, dispatchersAgain());
    if (MODULES.has(id)) this.#make.set(id, again(exports.globalAgent));
  }

  renew(): void {
    // A copy of undici of the program's own makes one where it finds none.
    if (!this.#make.has(UNDICI)) for (const key of dispatchers()) realm[key] = undefined;
    for (const [id, make] of this.#make) {
      if (id === UNDICI) make();
      else this.#inside.requireBuiltin(id).globalAgent = make();
    }
  }
}

/**
 * undici's: the one that fetch goes through, under one name or two; from undici 8 on the older name
 * has one that wraps it.
 */
function dispatchersAgain(): Make {
  const keys = dispatchers().sort(byName);
  const first = realm[keys[0] as symbol];
  const { constructor: Agent } = first;
  const wrappers = keys.map((key) => (realm[key] === first ? undefined : realm[key].constructor));
  return () => {
    const agent = new Agent();
    keys.forEach((key, i) => {
      const Wrapper = wrappers[i];
      realm[key] = Wrapper === undefined ? agent : new Wrapper(agent);
    });
  };
}

/** The names under which there is one. */
const dispatchers = (): symbol[] =>
  Reflect.ownKeys(globalThis)
    .filter(isDispatcher)
    .filter((key) => realm[key] !== undefined);

/** The newest first. */
const byName = (a: symbol, b: symbol): number =>
  String(a.description) < String(b.description) ? 1 : -1;

function again(agent: Internal): Make {
  const { constructor: Agent } = agent;
  // undici's keeps its options to itself, and Node gives it none.
  const options = agent.options === undefined ? undefined : { ...agent.options };
  return () => new Agent(options === undefined ? undefined : { ...options });
}
