import { fileURLToPath } from 'node:url';
import { kindOfPath } from '../../sim/explore/whole-file.ts';
import type { HostService } from '../../sim/schedule/host-service.ts';
import { outsideOfRuns } from '../../sim/schedule/runtime/realm-run.ts';
import { callerUrl } from '../../sim/schedule/user-frame.ts';
import { UsageError } from '../../sys/errors.ts';
import { requireFaults } from '../faults.ts';
import { serve } from '../serve.ts';
import { installedFolder, postgresFolder } from './binaries.ts';
import { type PostgresFault, PostgresFaults, WORDS } from './faults.ts';
import { pglitePath } from './lite.ts';
import { Server } from './server.ts';
import { connection } from './talk.ts';

/** What {@link postgres} is given. @since 0.2.0 */
export interface PostgresOptions {
  /**
   * A file of SQL that makes the tables and puts the rows into them, as pg_dump writes it or as it
   * is written by hand: with it every run begins. A path that counts from the calling file, or a
   * file's URL. Default: an empty database.
   */
  readonly schema?: string | URL;
  /**
   * `server`: PostgreSQL's own, which has to be installed. `pglite`: the package
   * `@electric-sql/pglite`, which has one session at a time. Default: the server where there is
   * one, or else PGlite.
   */
  readonly engine?: 'server' | 'pglite';
  /** On which it listens. Default: 5432. */
  readonly port?: number;
  /**
   * What may go wrong. Whether a fault strikes in a run at all is drawn once for it, and then for
   * each statement. Default: nothing.
   */
  readonly faults?: readonly PostgresFault[];
}

const PORT = 5432;

/**
 * PostgreSQL behind a simulated host:
 * `world.host('db').service(postgres({ schema: './schema.sql' }))`.
 * Programs reach it with the driver that they use anyway, as `db:5432`, with any user, password and
 * name of a database.
 *
 * It is the real server, of the PostgreSQL that is installed, started once for this process and
 * ended with it, on a Unix socket of its own. What a connection sends is handed to it in steps of
 * the schedule; while it works no virtual time passes. A wait for a lock is a wait in the run, and
 * time-outs and the detection of deadlocks are in virtual time.
 *
 * ```ts
 * const transfer = realm('no money is lost', async (world) => {
 *   world.host('db').service(postgres({ schema: './schema.sql' }));
 *   await fetch('http://shop:8080/buy'); // whose pool connects to db:5432
 * });
 * ```
 * @throws UsageError if PostgreSQL is not installed, with what to install, and for a schema
 *   or a fault that there is not
 * @since 0.2.0
 */
export function postgres(options: PostgresOptions = {}): HostService {
  const { schema, port = PORT, faults = [] } = options;
  requireFaults(faults, WORDS, 'PostgreSQL');
  const path = schema === undefined ? undefined : fileURLToPath(new URL(schema, callerUrl()));
  if (path !== undefined && outsideOfRuns(() => kindOfPath(path)) !== 'file') {
    throw new UsageError(`there is no schema ${path}`);
  }
  const pglite = outsideOfRuns(() => pgliteOf(options.engine));
  return {
    name: 'postgres',
    body: (world) =>
      serve(
        (host) =>
          new Server(world, { schema: path, pglite }, new PostgresFaults(world, host, faults)),
        port,
        connection,
      ),
  };
}

/** Where PGlite is, if it is to be used. */
function pgliteOf(engine: PostgresOptions['engine']): string | undefined {
  if (engine !== 'pglite' && (engine === 'server' || installedFolder() !== undefined)) {
    postgresFolder();
    return undefined;
  }
  const path = pglitePath(callerUrl()) ?? pglitePath(`${process.cwd()}/package.json`);
  if (path !== undefined) return path;
  if (engine === undefined) postgresFolder();
  throw new UsageError('PGlite is not installed: npm install -D @electric-sql/pglite');
}
