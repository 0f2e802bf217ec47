import type { Internals } from './internals.ts';

/** Where programs begin to load; the rest of {@link NETWORKED} comes with them, in the order that their circles need. */
const ENTRANCES = ['net', 'dgram', 'dns', 'tls', 'http', 'https', 'http2'] as const;

/** Modules of Node's library that keep what they found in a binding, or in one of the others. */
const NETWORKED = [
  ...ENTRANCES,
  ...['internal/net', 'internal/dgram', 'internal/js_stream_socket', 'dns/promises'],
  ...['internal/dns/utils', 'internal/dns/promises', 'internal/dns/callback_resolver'],
  ...['_tls_wrap', 'internal/tls/wrap', '_tls_common', 'internal/tls/common', '_http_common'],
  ...['_http_incoming', '_http_outgoing', '_http_server', '_http_client', '_http_agent'],
  ...['internal/http2/compat', 'internal/http2/core', 'internal/deps/undici/undici'],
] as const;

/** Where such a module was loaded already (a forked child's IPC channel loads net), it is evaluated anew. */
export function reloadNetwork({ BuiltinModule, requireBuiltin }: Internals): void {
  const loaded = NETWORKED.filter((id) => BuiltinModule.map.get(id)?.loaded === true);
  if (!loaded.includes('net')) return;
  for (const id of loaded) {
    const module = BuiltinModule.map.get(id);
    if (module === undefined) continue;
    module.loaded = false;
    module.loading = false;
    module.exports = {};
    module.module = undefined;
    module.exportKeys = undefined;
  }
  // undici keeps its agent where a second undici finds it.
  const realm = globalThis as unknown as Record<symbol, unknown>;
  for (const symbol of Object.getOwnPropertySymbols(globalThis)) {
    if (symbol.description?.startsWith('undici.globalDispatcher')) realm[symbol] = undefined;
  }
  for (const id of [...ENTRANCES, ...loaded]) if (loaded.includes(id)) requireBuiltin(id);
}
