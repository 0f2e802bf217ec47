export interface Client {
  query(text: string): Promise<{ rows: Record<string, unknown>[] }>;
  end(): Promise<void>;
}
export function connect(host: string): Promise<Client>;
type Transfer = (client: Client, from: number, to: number, amount: number) => Promise<void>;
export const naive: Transfer;
export const locking: Transfer;
export const ordered: Transfer;
export const serializable: Transfer;
