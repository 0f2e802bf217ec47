import type { Internals } from './internals.ts';

/** Modules of Node's library that keep what they found in a binding, in the order in which they need each other. */
const NETWORKED = [
  'internal/net',
  'net',
  'internal/dgram',
  'dgram',
  'internal/dns/utils',
  'internal/dns/promises',
  'internal/dns/callback_resolver',
  'dns',
  'dns/promises',
  'internal/js_stream_socket',
  '_tls_wrap',
  'internal/tls/wrap',
  'tls',
  '_http_common',
  '_http_incoming',
  '_http_outgoing',
  '_http_server',
  '_http_client',
  '_http_agent',
  'http',
  'https',
  'internal/http2/compat',
  'internal/http2/core',
  'http2',
  'internal/deps/undici/undici',
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
  for (const id of loaded) requireBuiltin(id);
}
