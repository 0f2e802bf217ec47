/**
 * Trace models as columns in which each text stands once: a run of thousands of steps then fits
 * into a page.
 */
import type { TraceModel } from './model.ts';

/** One field of many records: numbers and null as they are, texts as places in a list. */
type Column =
  | readonly (number | boolean | null)[]
  | { readonly texts: readonly string[]; readonly at: readonly number[] };

interface Table {
  readonly length: number;
  readonly columns: Readonly<Record<string, Column>>;
}

const TABLES = [
  'lanes',
  'steps',
  'spans',
  'arrows',
  'decisions',
  'alternatives',
  'exchanges',
] as const;
type TableName = (typeof TABLES)[number];

export type PackedTrace = Omit<TraceModel, TableName> & Readonly<Record<TableName, Table>>;

export function packTrace(model: TraceModel): PackedTrace {
  const tables = TABLES.map((name) => [name, packTable(model[name])] as const);
  return { ...model, ...(Object.fromEntries(tables) as Record<TableName, Table>) };
}

export function unpackTrace(packed: PackedTrace): TraceModel {
  const tables = TABLES.map((name) => [name, unpackTable(packed[name])] as const);
  return { ...packed, ...Object.fromEntries(tables) } as unknown as TraceModel;
}

function packTable(records: readonly object[]): Table {
  const columns: Record<string, Column> = {};
  for (const name of Object.keys(records[0] ?? {})) {
    columns[name] = packColumn(records.map((record) => (record as Record<string, unknown>)[name]));
  }
  return { length: records.length, columns };
}

function packColumn(values: readonly unknown[]): Column {
  if (!values.some((value) => typeof value === 'string')) {
    return values as (number | boolean | null)[];
  }
  const places = new Map<string, number>();
  const at = values.map((value) => {
    // A text or nothing: nothing has no place.
    if (value === null) return -1;
    const text = value as string;
    const place = places.get(text) ?? places.size;
    places.set(text, place);
    return place;
  });
  return { texts: [...places.keys()], at };
}

function unpackTable({ length, columns }: Table): Record<string, unknown>[] {
  const records = Array.from({ length }, (): Record<string, unknown> => ({}));
  for (const [name, column] of Object.entries(columns)) {
    if ('texts' in column) {
      const { texts, at } = column;
      records.forEach((record, i) => {
        record[name] = texts[at[i] as number] ?? null;
      });
    } else {
      records.forEach((record, i) => {
        record[name] = column[i];
      });
    }
  }
  return records;
}
