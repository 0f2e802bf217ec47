import { isDispatcher } from './dispatchers.ts';
import type { BuiltinModule, Internals } from './internals.ts';

/**
 * Where programs begin to load; the rest of {@link NETWORKED} comes with them, in the order that
 * their circles need.
 */
const ENTRANCES = [
  'net',
  'dgram',
  'dns',
  'tls',
  'http',
  'https',
  'http2',
  'child_process',
] as const;

/** Modules of Node's library that keep what they found in a binding, or in one of the others. */
const NETWORKED = [
  ...ENTRANCES,
  ...['internal/net', 'internal/dgram', 'internal/js_stream_socket', 'dns/promises'],
  ...['internal/dns/utils', 'internal/dns/promises', 'internal/dns/callback_resolver'],
  ...['_tls_wrap', 'internal/tls/wrap', '_tls_common', 'internal/tls/common', '_http_common'],
  ...['_http_incoming', '_http_outgoing', '_http_server', '_http_client', '_http_agent'],
  ...['internal/http2/compat', 'internal/http2/core', 'internal/deps/undici/undici'],
  'internal/child_process',
] as const;

/** It makes the global `crypto`. */
const WEB_CRYPTO = 'internal/crypto/webcrypto';

/**
 * C++ makes a class for each, once (CreateNativeKeyObjectClass, CreateX509CertificateClass), so
 * they cannot be evaluated again.
 */
const ONCE: readonly string[] = ['internal/crypto/keys', 'internal/crypto/x509'];

/** Who has these has random bytes, and keeps them. */
const isCrypto = (id: string): boolean =>
  id === 'crypto' || (id.startsWith('internal/crypto/') && !ONCE.includes(id));

/**
 * Where such a module was loaded already (a forked child's IPC channel loads net, a test runner all
 * of them), it is evaluated again. Who has imported it as an ES module sees the new one.
 */
export function reloadNetwork({ BuiltinModule, requireBuiltin }: Internals): void {
  const loaded = [...BuiltinModule.map.keys()].filter(
    (id) =>
      BuiltinModule.map.get(id)?.loaded === true &&
      (isCrypto(id) || (NETWORKED as readonly string[]).includes(id)),
  );
  const facades: (() => void)[] = [];
  for (const id of loaded) {
    const builtin = BuiltinModule.map.get(id) as BuiltinModule;
    const { module: facade, exportKeys } = builtin;
    builtin.loaded = false;
    builtin.loading = false;
    builtin.exports = {};
    builtin.module = undefined;
    builtin.exportKeys = undefined;
    if (facade === undefined) continue;
    facades.push(() => {
      Object.assign(builtin, { module: facade, exportKeys });
      builtin.syncExports();
      facade.setExport('default', builtin.exports);
    });
  }
  // undici keeps its agent where a second undici finds it.
  const realm = globalThis as unknown as Record<symbol, unknown>;
  if (loaded.includes('internal/deps/undici/undici')) {
    for (const symbol of Object.getOwnPropertySymbols(globalThis)) {
      if (isDispatcher(symbol)) realm[symbol] = undefined;
    }
  }
  for (const id of [...ENTRANCES, ...loaded]) if (loaded.includes(id)) requireBuiltin(id);
  for (const renew of facades) renew();
  if (loaded.includes(WEB_CRYPTO)) {
    // Whoever has looked at it has made it a plain property.
    const get = (): unknown => requireBuiltin(WEB_CRYPTO).crypto;
    Object.defineProperty(globalThis, 'crypto', { get, configurable: true, enumerable: true });
  }
}
