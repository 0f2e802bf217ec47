import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { postgres } from '../services/postgres/postgres.ts';
import { redis } from '../services/redis/redis.ts';
import type { HostService } from '../sim/schedule/host-service.ts';
import { UsageError } from '../sys/errors.ts';
import type { HostPlan } from './hosts.ts';

/** A file of this name is run as `./redis`. */
const SERVICE = /^(?:(redis)|(postgres)(?::(.+))?)$/s;

/** Whether a host has a real service where others have a program. */
export const isService = ({ program }: Pick<HostPlan, 'program'>): boolean => SERVICE.test(program);

/** The file that a host's program is in; of a service its schema, if it has one. */
export function fileOf({ program }: Pick<HostPlan, 'program'>): string | undefined {
  const found = SERVICE.exec(program);
  return found === null ? program : found[3];
}

/** The program of a plan, its file being somewhere else. */
export function withFile(program: string, moved: (path: string) => string): string {
  const file = fileOf({ program });
  if (file === undefined) return program;
  return program.slice(0, program.length - file.length) + moved(file);
}

/**
 * The service of a host: `postgres`, `postgres:./schema.sql` or `redis`. It listens before anybody
 * moves.
 *
 * @throws UsageError if it is not installed, has no such schema, or is told what only programs are
 */
export function serviceOf(plan: HostPlan): HostService {
  const { host, program, args = [], env, cwd, after } = plan;
  if (args.length > 0 || env !== undefined || cwd !== undefined || after !== undefined) {
    throw new UsageError(
      `${host} is ${program}, which takes no arguments, environment, folder or "after"; a program of this name is written ./${program}`,
    );
  }
  if (program === 'redis') return redis();
  const schema = fileOf(plan);
  return schema === undefined ? postgres() : postgres({ schema: pathToFileURL(resolve(schema)) });
}
