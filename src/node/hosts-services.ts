import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { postgres } from '../services/postgres/postgres.ts';
import { redis } from '../services/redis/redis.ts';
import { kindOfPath } from '../sim/explore/whole-file.ts';
import type { HttpHandler, HttpOptions } from '../sim/schedule/third-party.ts';
import type { HostHandle } from '../sim/schedule/world.ts';
import { UsageError } from '../sys/errors.ts';
import type { HostPlan } from './hosts.ts';

/** A file of this name is run as `./redis`. */
const SERVICE = /^(?:redis|postgres(?::(?<schema>.+))?|http:(?<party>.+))$/s;

/** Whether a host has a real service where others have a program. */
export const isService = ({ program }: Pick<HostPlan, 'program'>): boolean => SERVICE.test(program);

/** The file that a host's program is in; of a service its schema or module. */
export function fileOf({ program }: Pick<HostPlan, 'program'>): string | undefined {
  const found = SERVICE.exec(program);
  return found === null ? program : (found.groups?.['schema'] ?? found.groups?.['party']);
}

/** The program of a plan, its file being somewhere else. */
export function withFile(program: string, moved: (path: string) => string): string {
  const file = fileOf({ program });
  if (file === undefined) return program;
  return program.slice(0, program.length - file.length) + moved(file);
}

/**
 * Puts its service onto a host: `postgres`, `postgres:./schema.sql`, `redis` or `http:./party.mjs`.
 * It listens before anybody moves.
 *
 * @throws UsageError if it is not installed, has no such file, or is told what only programs are
 */
export function serviceOf(plan: HostPlan): (on: HostHandle) => void {
  const { host, program, args = [], env, cwd, after } = plan;
  if (args.length > 0 || env !== undefined || cwd !== undefined || after !== undefined) {
    throw new UsageError(
      `${host} is ${program}, which takes no arguments, environment, folder or "after"; a program of this name is written ./${program}`,
    );
  }
  const file = fileOf(plan);
  if (program.startsWith('http:')) return partyIn(file as string);
  const schema = file === undefined ? {} : { schema: pathToFileURL(resolve(file)) };
  const service = program === 'redis' ? redis() : postgres(schema);
  return (on) => on.service(service);
}

/** What the module of a third party exports: what makes its handler, again for each run. */
interface Party extends HttpOptions {
  readonly default?: () => HttpHandler;
}

function partyIn(file: string): (on: HostHandle) => void {
  if (kindOfPath(file) !== 'file') throw new UsageError(`there is no third party ${file}`);
  const path = resolve(file);
  const { default: make, ...options } = createRequire(path)(path) as Party;
  if (typeof make !== 'function') {
    throw new UsageError(
      `${file} has to export by default a function that gives what answers: export default () => (request) => Response.json({})`,
    );
  }
  return (on) => void on.http(make(), options);
}
