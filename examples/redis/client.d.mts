/** What of ioredis is used: it is installed by `npm run services` alone. */
export interface Client {
  get(key: string): Promise<string | null>;
  set(key: string, value: number): Promise<unknown>;
  quit(): Promise<unknown>;
}
export function connect(host: string): Client;
