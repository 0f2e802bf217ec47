import type { Client } from './client.mjs';

type Take = (client: Client, name: string) => Promise<boolean>;
export const getThenSet: Take;
export const watched: Take;
