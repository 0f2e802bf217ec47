import { readFileSync } from 'node:fs';
import { UsageError } from '../../sys/errors.ts';
import { Connection, literal } from './connection.ts';
import { pinsSql } from './pins.ts';
import { OWNER_ROLE, type Source } from './source.ts';
import { message } from './wire.ts';

/** Is counted up by any change of the schema. */
const DDL_COUNT = 'pg_catalog.heddle_ddl';
/** It counts what a transaction takes back, too. */
const DDL_TRIGGER = `
CREATE SEQUENCE ${DDL_COUNT};
CREATE FUNCTION pg_catalog.heddle_ddl_noted() RETURNS event_trigger LANGUAGE plpgsql
  AS $$ BEGIN PERFORM nextval('${DDL_COUNT}'); END $$;
CREATE EVENT TRIGGER heddle_ddl ON ddl_command_end EXECUTE FUNCTION pg_catalog.heddle_ddl_noted()`;

/** Tables of the schema, with the columns that are not computed, in PostgreSQL's own spelling. */
const TABLES = `
SELECT c.oid::regclass, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attgenerated = ''
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
GROUP BY c.oid ORDER BY c.oid`;
const SEQUENCES = `
SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND n.nspname <> 'pg_catalog' ORDER BY c.oid`;
const MATERIALIZED = "SELECT 1 FROM pg_class WHERE relkind = 'm' LIMIT 1";

/** What a run begins with: a database from which others are copied, and what is in its tables. */
export class Template {
  readonly source: Source;
  readonly name: string;
  /** Brings a copy of it back to how it was: messages, and how many answers they have. */
  readonly reload: readonly Uint8Array[];
  readonly answerCount: number;
  /** What it holds can be put back by a copy alone. */
  readonly needsCopy: boolean;

  constructor(source: Source, name: string, schema: string | undefined) {
    this.source = source;
    this.name = name;
    if (!source.isSingle) source.control.query(`CREATE DATABASE ${name}`);
    const own = connectTo(source, name);
    own.query(pinsSql());
    if (schema !== undefined) source.load(own, name, schema, readSchema(schema));
    own.query(DDL_TRIGGER);
    own.query('ANALYZE');
    // A dump leaves its own search_path to its own session: names are whole in both.
    own.query("SET search_path = ''");
    const tables = own.query(TABLES) as [string, string | null][];
    this.needsCopy = own.query(MATERIALIZED).length > 0;
    const messages: Uint8Array[] = [];
    const ask = (sql: string): void => void messages.push(message('Q', sql));
    ask('BEGIN');
    if (tables.length > 0) ask(`TRUNCATE ${tables.map(([table]) => table).join(', ')}`);
    let answers = messages.length;
    for (const [table, columns] of tables) {
      const listed = columns === null ? '' : ` (${columns})`;
      const rows = own.copyOut(`COPY ${table}${listed} TO STDOUT`);
      if (rows.length === 0) continue;
      ask(`COPY ${table}${listed} FROM STDIN`);
      messages.push(message('d', rows), message('c'));
      answers++;
    }
    for (const [sequence] of own.query(SEQUENCES)) {
      const [[last, called] = []] = own.query(`SELECT last_value, is_called FROM ${sequence}`);
      ask(`SELECT setval(${literal(sequence as string)}, ${last}, ${called === 't'})`);
      answers++;
    }
    ask('COMMIT');
    this.reload = messages;
    this.answerCount = answers + 1;
    own.close();
  }
}

/** A connection of heddle's own to one of its databases; its changes set off no trigger. */
export function connectTo(source: Source, database: string): Connection {
  const pipe = source.connect();
  return new Connection(pipe, {
    user: OWNER_ROLE,
    database,
    options: `-c session_replication_role=replica -c heddle.now=epoch -c heddle.clock=epoch -c heddle.pid=0 -c heddle.database=${database}`,
  });
}

/** How often the schema of a database has been changed. */
export function ddlCount(connection: Connection): string {
  const [[last, called] = []] = connection.query(`SELECT last_value, is_called FROM ${DDL_COUNT}`);
  return `${last} ${called}`;
}

function readSchema(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`the schema cannot be read: ${(error as Error).message}`);
  }
}
