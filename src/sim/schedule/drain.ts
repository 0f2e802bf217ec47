/** Placeholder contract: see below. */
export function drainNow(): void {}
