/**
 * What tsx compiles it writes into a cache, and sweeps that at a time of its own: in the middle of
 * a run, which would then have calls that are none of its program's. It decides so when it is
 * loaded, so it is loaded by `load`.
 */
export async function withoutCache(load: () => Promise<void>): Promise<void> {
  const { TSX_DISABLE_CACHE } = process.env;
  process.env['TSX_DISABLE_CACHE'] = '1';
  try {
    await load();
  } finally {
    if (TSX_DISABLE_CACHE === undefined) delete process.env['TSX_DISABLE_CACHE'];
    else process.env['TSX_DISABLE_CACHE'] = TSX_DISABLE_CACHE;
  }
}
