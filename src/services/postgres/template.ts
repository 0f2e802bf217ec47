import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../sys/errors.ts';
import { runTool } from '../real.ts';
import { postgresFolder } from './binaries.ts';
import { type Cluster, OWNER_ROLE, ownUser } from './cluster.ts';
import { Connection, literal } from './connection.ts';
import { pinsSql } from './pins.ts';
import { pinned } from './sql.ts';
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
  readonly cluster: Cluster;
  readonly name: string;
  /** Brings a copy of it back to how it was: messages, and how many answers they have. */
  readonly reload: readonly Uint8Array[];
  readonly answerCount: number;
  /** What it holds can be put back by a copy alone. */
  readonly needsCopy: boolean;

  constructor(cluster: Cluster, name: string, schema: string | undefined) {
    this.cluster = cluster;
    this.name = name;
    cluster.control.query(`CREATE DATABASE ${name}`);
    const own = connectTo(cluster, name);
    own.query(pinsSql());
    if (schema !== undefined) load(cluster, name, schema);
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
export function connectTo(cluster: Cluster, database: string): Connection {
  const pipe = cluster.connect();
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

/** By psql, for which pg_dump writes: commands with backslashes and rows of COPY included. */
function load(cluster: Cluster, database: string, schema: string): void {
  const settings = ['now', 'clock'].map((name) => `-c heddle.${name}=2024-01-01T00:00:00Z`);
  const env = {
    PATH: process.env['PATH'] ?? '',
    PGOPTIONS: `${settings.join(' ')} -c heddle.pid=0 -c heddle.database=${database}`,
  };
  const where = ['-h', cluster.folder, '-U', OWNER_ROLE, '-d', database];
  const how = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=terse', '-f', '-'];
  const input = pinned(readSchema(schema));
  const as = { cwd: cluster.folder, env, ...ownUser() };
  try {
    runTool(join(postgresFolder(), 'psql'), [...where, ...how], { ...as, input });
  } catch (error) {
    const why = (error as Error).message.split('psql:<stdin>:').at(-1);
    throw new UsageError(`${schema}:${why}`);
  }
}

function readSchema(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`the schema cannot be read: ${(error as Error).message}`);
  }
}
