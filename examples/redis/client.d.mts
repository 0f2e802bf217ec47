/** What of ioredis is used: it is installed by `npm run services` alone. */
export interface Client {
  get(key: string): Promise<string | null>;
  quit(): Promise<unknown>;
}
export function connect(host: string): Client;
