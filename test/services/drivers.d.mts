// What of the drivers is used: they are installed by `npm run services` alone.
// biome-ignore lint/suspicious/noExplicitAny: rows have no types
type Rows = any[];
export interface Client {
  query(text: string, values?: readonly unknown[]): Promise<{ rows: Rows }>;
  end(): Promise<void>;
  on(event: string, listener: (given: { payload: string; code?: string }) => void): void;
}
export function connected(more?: Readonly<Record<string, unknown>>): Promise<Client>;
export interface Sql {
  (text: TemplateStringsArray, ...values: readonly unknown[]): Promise<Rows>;
  end(): Promise<void>;
}
export function connectedBySql(): Sql;
