import Module from 'node:module';
import { closureOf } from '../closure.ts';
import type { Internal, Internals } from '../internals.ts';

/**
 * What Node has loaded of a program, and of the packages it uses: forgotten, so that the next one
 * evaluates all of it again. Gives what forgets all that was loaded since.
 */
export function noteModules({ requireBuiltin }: Internals): () => void {
  const { getOrInitializeCascadedLoader } = requireBuiltin('internal/modules/esm/loader');
  const { loadCache } = getOrInitializeCascadedLoader() as { loadCache: Map<string, unknown> };
  const { _cache: cache, _load: load } = Module as Internal;
  const known = new Set([...Map.prototype.keys.call(loadCache), ...Object.keys(cache)]);
  // Where `require` takes a short cut to a module that it knows (lib/internal/modules/cjs/loader).
  const { relativeResolveCache: shortCuts } = closureOf(load, ['relativeResolveCache']);
  return () => {
    for (const path of Object.keys(cache)) if (!known.has(path)) delete cache[path];
    for (const url of [...Map.prototype.keys.call(loadCache)]) {
      // One that asks for the type of a module too (Node 24) deletes no others.
      if (!known.has(url)) Map.prototype.delete.call(loadCache, url);
    }
    for (const key of Object.keys(shortCuts)) delete shortCuts[key];
  };
}
