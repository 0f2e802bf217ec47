import type { Pipe } from '../pipe.ts';
import type { Connection } from './connection.ts';

/** The superuser by which heddle itself connects. */
export const OWNER_ROLE = 'postgres';

/** An engine that sessions come from. */
export interface Source {
  /** It has one session, and one database. */
  readonly isSingle: boolean;
  /** By which heddle asks and tells. */
  readonly control: Connection;
  /** To be called outside of any run. */
  connect(): Pipe;
  /**
   * Carries out a schema: `sql`, which is in the file `path`.
   *
   * @param own a connection to the database
   */
  load(own: Connection, database: string, path: string, sql: string): void;
}
