import type { Internal, Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';

/** Families of lib/dns.js: 4, 6, or 0 for both. */
export function replaceNames({ internalBinding }: Internals, loop: GuestLoop): void {
  const cares = internalBinding('cares_wrap');
  cares.getaddrinfo = (request: Internal, name: string, family: number): number => {
    const id = loop.request(loop.contexts.begin('GETADDRINFOREQWRAP', request), (event) => {
      const [, , errno, addresses] = event as ['found', number, number, string[]];
      const found = errno === 0 ? [...addresses] : undefined;
      request.oncomplete(errno === 0 ? null : errno, found);
    });
    loop.post(['lookup', id, name, family]);
    return 0;
  };
  replaceResolver(cares, loop);
}

/**
 * # dns.resolve finds nobody: there is no name server in the simulated network, only the names of
 * its hosts (dns.lookup).
 */
function replaceResolver(cares: Internal, loop: GuestLoop): void {
  const { prototype } = cares.ChannelWrap;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (!name.startsWith('query') && name !== 'getHostByAddr') continue;
    prototype[name] = (request: Internal): number => {
      const context = loop.contexts.begin('QUERYWRAP', request);
      loop.complete(`dns ${name}`, context, () => request.oncomplete('ENOTFOUND'));
      return 0;
    };
  }
}
