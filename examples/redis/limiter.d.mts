import type { Client } from './client.mjs';

export const LIMIT: number;
export const WINDOW_S: number;
type Limiter = (client: Client, who: string) => Promise<boolean>;
export const getThenIncrement: Limiter;
export const increment: Limiter;
