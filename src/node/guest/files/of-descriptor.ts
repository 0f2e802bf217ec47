/**
 * Functions of Node's binding to C++ that work on a descriptor. What they are given instead of one,
 * Node refuses in its own words; it is no path.
 */
export const OF_DESCRIPTOR: ReadonlySet<string> = new Set([
  ...['close', 'fchmod', 'fchown', 'fdatasync', 'fstat', 'fsync', 'ftruncate', 'futimes', 'read'],
  ...['readBuffers', 'writeBuffer', 'writeBuffers', 'writeString'],
]);
