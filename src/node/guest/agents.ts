import { isDispatcher } from './dispatchers.ts';
import type { Internal } from './internals.ts';

/** Modules of Node's library that export an agent for all. */
export const AGENT_MODULES: ReadonlySet<string> = new Set(['_http_agent', 'https']);
/** The one in which `fetch` has its own. */
export const UNDICI = 'internal/deps/undici/undici';
const realm = globalThis as Internal;

/** What makes another one of an agent of http's or https's, as Node has made the first. */
export function agentAgain(agent: Internal): () => Internal {
  const { constructor: Agent } = agent;
  const options = { ...agent.options };
  return () => new Agent({ ...options });
}

/** The names under which there is one of undici's, the newest first. */
export const dispatchers = (): symbol[] =>
  Reflect.ownKeys(globalThis)
    .filter(isDispatcher)
    .filter((key) => realm[key] !== undefined)
    .sort((a, b) => (String(a.description) < String(b.description) ? 1 : -1));

/**
 * What makes others of undici's, to which Node gives no options: the one that fetch goes through,
 * under one name or two; from undici 8 on the older name has one that wraps it.
 */
export function dispatchersAgain(): () => Map<symbol, Internal> {
  const keys = dispatchers();
  const first = realm[keys[0] as symbol];
  const { constructor: Agent } = first;
  const wrappers = keys.map((key) => (realm[key] === first ? undefined : realm[key].constructor));
  return () => {
    const agent = new Agent();
    return new Map(
      keys.map((key, i) => {
        const Wrapper = wrappers[i];
        return [key, Wrapper === undefined ? agent : new Wrapper(agent)];
      }),
    );
  };
}
