import type { Internal } from '../guest/internals.ts';
import type { GuestLoop } from '../guest/loop.ts';
import type { Seam } from './seam.ts';

/** Modules of Node's library that export an agent for all. */
const AGENTS = ['_http_agent', 'https'] as const;
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

const done = new WeakSet<Seam>();

/**
 * Connections that are kept for later belong to a host, so each has an agent of its own where Node
 * has one for all: `http.globalAgent`, `https.globalAgent`, and what `fetch` goes through.
 */
export function agentsByHost(seam: Seam): void {
  if (done.has(seam)) return;
  done.add(seam);
  const { requireBuiltin } = seam.internals;
  for (const id of AGENTS) {
    const module = requireBuiltin(id);
    let shared: Internal = module.globalAgent;
    const by = byHost(seam, () => new shared.constructor({ ...shared.options }));
    Object.defineProperty(module, 'globalAgent', {
      get: () => by() ?? shared,
      set: (agent: Internal) => {
        shared = agent;
      },
      configurable: true,
      enumerable: true,
    });
  }
  requireBuiltin('internal/deps/undici/undici');
  const realm = globalThis as Internal;
  const shared = realm[DISPATCHER];
  const by = byHost(seam, () => new shared.constructor());
  realm[DISPATCHER] = new Proxy(shared, {
    get: (target, key) => {
      const object = by() ?? target;
      const value = Reflect.get(object, key, object);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
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
