import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../sys/errors.ts';
import { folderWith } from '../programs.ts';

/** Where Debian and its children keep what they do not put on PATH, by major version. */
const DEBIAN = '/usr/lib/postgresql';
const NEEDED = ['postgres', 'initdb', 'psql'] as const;

let found: string | undefined;

/**
 * The folder of PostgreSQL's own programs: of the first on PATH, or else of the newest that Debian
 * has installed; undefined if there are none.
 */
export function installedFolder(debian: string = DEBIAN): string | undefined {
  found ??= folderWith(NEEDED, versionsIn(debian));
  return found;
}

/** @throws UsageError that says what to install */
export function postgresFolder(debian: string = DEBIAN): string {
  const folder = installedFolder(debian);
  if (folder !== undefined) return folder;
  throw new UsageError(
    `postgres() needs PostgreSQL's own server (${NEEDED.join(', ')}), which is neither on PATH nor in ${DEBIAN}/*/bin. Install it: apt-get install postgresql, dnf install postgresql-server, brew install postgresql; no server need be started. One session at a time is had without it: npm install -D @electric-sql/pglite`,
  );
}

function versionsIn(debian: string): string[] {
  try {
    return readdirSync(debian)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(debian, version, 'bin'));
  } catch {
    return [];
  }
}
