import type { Internal, Internals } from './internals.ts';
import type { Present } from './present.ts';

/**
 * Whoever trusts Node's authorities trusts the run's own as well, and nobody outside of the run
 * does: as NODE_EXTRA_CA_CERTS, but for one program alone.
 */
export function replaceRoots({ internalBinding }: Internals, present: Present): void {
  const { prototype } = internalBinding('crypto').SecureContext;
  const { addRootCerts } = prototype;
  prototype.addRootCerts = function (this: Internal): void {
    addRootCerts.call(this);
    const authority = present.now?.config.authority ?? null;
    if (authority !== null) this.addCACert(authority);
  };
}
