import type { Internal, Internals } from './internals.ts';
import type { Present } from './present.ts';

/** Families of lib/dns.js: 4, 6, or 0 for both. */
export function replaceNames({ internalBinding }: Internals, present: Present): void {
  const cares = internalBinding('cares_wrap');
  const { getaddrinfo } = cares;
  cares.getaddrinfo = (request: Internal, name: string, family: number, ...rest: Internal[]) => {
    const loop = present.now;
    if (loop === undefined) return getaddrinfo.call(cares, request, name, family, ...rest);
    const id = loop.request(loop.contexts.begin('GETADDRINFOREQWRAP', request), (event) => {
      const [, , errno, addresses] = event as ['found', number, number, string[]];
      const found = errno === 0 ? [...addresses] : undefined;
      request.oncomplete(errno === 0 ? null : errno, found);
    });
    loop.post(['lookup', id, name, family]);
    return 0;
  };
  replaceResolver(cares, present);
}

/**
 * # dns.resolve finds nobody: there is no name server in the simulated network, only the names of
 * its hosts (dns.lookup).
 */
function replaceResolver(cares: Internal, present: Present): void {
  const { prototype } = cares.ChannelWrap;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (!name.startsWith('query') && name !== 'getHostByAddr') continue;
    const real = prototype[name];
    prototype[name] = function (this: Internal, request: Internal, ...rest: Internal[]): number {
      const loop = present.now;
      if (loop === undefined) return real.call(this, request, ...rest);
      const context = loop.contexts.begin('QUERYWRAP', request);
      loop.complete(`dns ${name}`, context, () => request.oncomplete('ENOTFOUND'));
      return 0;
    };
  }
}
