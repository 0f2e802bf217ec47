import type { Client } from './client.mjs';

export function acquire(
  client: Client,
  name: string,
  token: string,
  leaseMs: number,
): Promise<boolean>;
type Release = (client: Client, name: string, token: string) => Promise<unknown>;
export const checkThenDelete: Release;
export const compareAndDelete: Release;
