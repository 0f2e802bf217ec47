import {
  AGENT_MODULES,
  agentAgain,
  dispatchers,
  dispatchersAgain,
  UNDICI,
} from '../guest/agents.ts';
import type { Internal } from '../guest/internals.ts';
import type { GuestLoop } from '../guest/loop.ts';
import type { Seam } from './seam.ts';

const done = new WeakSet<Seam>();

/**
 * Connections that are kept for later belong to a host, so each has an agent of its own where Node
 * has one for all: `http.globalAgent`, `https.globalAgent`, and what `fetch` goes through.
 */
export function agentsByHost(seam: Seam): void {
  if (done.has(seam)) return;
  done.add(seam);
  const { requireBuiltin } = seam.internals;
  for (const id of AGENT_MODULES) {
    const module = requireBuiltin(id);
    let shared: Internal = module.globalAgent;
    const by = byHost(seam, () => agentAgain(shared)());
    Object.defineProperty(module, 'globalAgent', {
      get: () => by() ?? shared,
      set: (agent: Internal) => {
        shared = agent;
      },
      configurable: true,
      enumerable: true,
    });
  }
  requireBuiltin(UNDICI);
  const realm = globalThis as Internal;
  const by = byHost(seam, dispatchersAgain());
  for (const name of dispatchers()) {
    realm[name] = new Proxy(realm[name], {
      get: (target, key) => {
        const object = by()?.get(name) ?? target;
        const value = Reflect.get(object, key, object);
        return typeof value === 'function' ? value.bind(object) : value;
      },
    });
  }
}

/** One of them for each host but the first of a run, which has the one that Node made. */
function byHost<T>({ present }: Seam, make: () => T): () => T | undefined {
  const made = new WeakMap<GuestLoop, T>();
  return () => {
    const loop = present.now;
    if (loop === undefined || loop === present.main) return undefined;
    let own = made.get(loop);
    if (own === undefined) {
      own = make();
      made.set(loop, own);
    }
    return own;
  };
}
